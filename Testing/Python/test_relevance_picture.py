"""Pictures of relevance: names, letters and scale bar stay in the picture and leave the lesion to be seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.model.proposed_lesions import proposed_lesion
from CACScoringLib.model.relevance import Relevance
from CACScoringLib.model.relevance_picture import DOTS_PER_INCH, relevance_picture
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.scoring.protocol import protocol_named
from matplotlib.figure import Figure


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    found: list[Figure] = []
    save = Figure.savefig

    def kept(figure: Figure, *given: Any, **named: Any) -> None:
        found.append(figure)
        save(figure, *given, **named)

    monkeypatch.setattr(Figure, "savefig", kept)
    return found


def _picture(size: int, row: int, column: int) -> bytes:
    """Draw a lesion of 4 x 4 pixels in muscle."""
    hu = np.full((3, size, size), 40, np.int16)
    cac = np.zeros(hu.shape, np.uint8)
    hu[1, row : row + 4, column : column + 4] = 400
    cac[hu > 130] = 2
    scan = CTScan(hu, VolumeGeometry(hu.shape[::-1], (0.4, 0.4, 3.0)))
    lesion = proposed_lesion(scan, cac, protocol_named("agatston"), 1)
    relevance = np.where(cac[1:2] > 0, 0.1, -0.001).astype(np.float32)
    nothing = np.zeros_like(relevance)
    return relevance_picture(Relevance(lesion, np.array([1]), relevance, nothing, -0.3, -3.0), scan)


@pytest.mark.parametrize("size", [64, 160])
@pytest.mark.parametrize("row", [0, 0.5, 1])
@pytest.mark.parametrize("column", [0, 0.5, 1])
def test_all_that_is_written_stays_in_its_panel_and_off_the_lesion(
    figures: list[Figure], size: int, row: float, column: float
) -> None:
    top, left = round(row * (size - 4)), round(column * (size - 4))
    assert _picture(size, top, left).startswith(b"\x89PNG")
    figures[0].set_dpi(DOTS_PER_INCH)
    written: list[str] = []
    for axes in figures[0].axes[:2]:
        panel = axes.get_window_extent()
        corners = axes.transData.transform([[0.4 * left, 0.4 * top + 1.6], [0.4 * left + 1.6, 0.4 * top]])
        (x0, y0), (x1, y1) = corners
        for text in axes.texts:
            place: Any = text.get_window_extent()
            written.append(text.get_text())
            assert panel.x0 - 1 <= place.x0 < place.x1 <= panel.x1 + 1, written
            assert panel.y0 - 1 <= place.y0 < place.y1 <= panel.y1 + 1, written
            assert place.x1 < x0 or place.x0 > x1 or place.y1 < y0 or place.y0 > y1, written
    assert written.count("LAD") == 1
    assert sum(text.endswith(" mm") for text in written) == 2


def test_colours_are_told_in_nats(figures: list[Figure]) -> None:
    _picture(64, 30, 30)
    said = [text.get_text() for text in figures[0].axes[2].texts]
    assert "nats per pixel" in said
    (most,) = (text for text in said if text.startswith("+"))
    assert 0 < float(most) < 0.1
    assert "\N{MINUS SIGN}" + most[1:] in said


def test_what_fills_the_picture_is_outlined_and_not_filled(figures: list[Figure]) -> None:
    for size in (64, 160):
        _picture(size, 30, 30)
    large, small = ([each.filled for each in figure.axes[0].collections] for figure in figures)
    assert not any(large)
    assert any(small)
