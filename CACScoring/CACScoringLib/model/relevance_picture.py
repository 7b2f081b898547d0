"""The picture of a relevance map: what the reader sees, and beside it what the network went by."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from ..disclaimer import DISCLAIMER
from ..geometry import VolumeGeometry
from ..report.content import slice_name
from ..report.picture_drawing import draw_slice, pictures_heading
from ..report.pictures import SlicePicture
from ..report.sheet import INK, MM_PER_INCH, MUTED, PAPER, drawing_settings, font_families
from ..report.slice_view import SliceView
from ..scans.ct_scan import CTScan
from ..schemes import label_scheme
from .relevance import BASELINE_HU, Relevance
from .relevance_shares import NEAR_MM, distance_mm, relevance_shares
from .relevance_slice import lesion_picture, main_slice

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import ListedColormap
    from matplotlib.figure import Figure

SMOOTHING_MM = 1.5
"""Standard deviation; single pixels of relevance are noise to the eye."""
FOR, AGAINST = "#ffb000", "#35c5ff"
"""Told apart by readers of any colour vision, and unlike the arteries' colours."""
MOST_OPAQUE = 0.65
"""The slice stays visible even where relevance is highest."""
PANEL_MM, GAP_MM, EDGE_MM, HEAD_MM, FOOT_MM, BAR_MM = 88.0, 3.0, 4.0, 15.5, 26.0, 21.0
DOTS_PER_INCH = 200


def relevance_picture(relevance: Relevance, scan: CTScan) -> bytes:
    """Draw the slice that holds most of a lesion, as it is and with its relevance, as PNG.

    Parameters
    ----------
    relevance, scan
        The map, and its scan.
    """
    from matplotlib.figure import Figure

    lesion = relevance.lesion
    picture = lesion_picture(lesion, scan, PANEL_MM)
    height_mm = PANEL_MM * picture.window.height / picture.window.width
    page_mm = 2 * (PANEL_MM + EDGE_MM) + GAP_MM + BAR_MM, HEAD_MM + height_mm + FOOT_MM
    file = io.BytesIO()
    with drawing_settings():
        figure = Figure(figsize=(page_mm[0] / MM_PER_INCH, page_mm[1] / MM_PER_INCH), facecolor=PAPER)

        def axes_at(x_mm: float, width_mm: float, y_mm: float = FOOT_MM, high_mm: float = height_mm) -> Axes:
            width, height = page_mm
            return figure.add_axes((x_mm / width, y_mm / height, width_mm / width, high_mm / height))

        plain = axes_at(EDGE_MM, PANEL_MM)
        draw_slice(plain, picture)
        coloured = axes_at(EDGE_MM + PANEL_MM + GAP_MM, PANEL_MM)
        draw_slice(coloured, picture, plain=True)
        most = _draw_relevance(coloured, relevance, scan)
        bar = axes_at(page_mm[0] - EDGE_MM - BAR_MM / 2 - 3.5, 3.5, FOOT_MM + 10, height_mm - 20)
        _draw_bar(bar, lesion.label, most)
        _draw_text(figure, picture, relevance, scan, page_mm)
        figure.savefig(file, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    return file.getvalue()


def _draw_relevance(axes: Axes, relevance: Relevance, scan: CTScan) -> float:
    """Lay relevance over a slice, with the lesion's outline and the line around its surroundings.

    Returns the relevance of the strongest colour, nats per pixel.
    """
    geometry = scan.geometry
    view, index = SliceView.of_geometry(geometry), main_slice(relevance.lesion, geometry)
    pixel_mm = geometry.spacing_mm[1], geometry.spacing_mm[0]
    smooth = ndimage.gaussian_filter(
        relevance.both[relevance.slices == index][0], [SMOOTHING_MM / mm for mm in pixel_mm]
    )
    most = float(np.abs(smooth).max()) or 1.0
    limits = axes.get_xlim(), axes.get_ylim()
    axes.imshow(
        view.oriented(smooth / most),
        extent=(0, view.extent_mm[0], view.extent_mm[1], 0),
        cmap=_colours(),
        vmin=-1,
        vmax=1,
        interpolation="bilinear",
        aspect="auto",
    )
    away_mm = view.oriented(distance_mm(relevance.lesion, np.array([index]), geometry)[0])
    x, y = ((np.arange(size) + 0.5) * mm for size, mm in zip(view.size, view.spacing_mm, strict=True))
    axes.contour(x, y, away_mm, levels=[0.5 * min(pixel_mm)], colors=["white"], linewidths=0.6)
    axes.contour(x, y, away_mm, levels=[NEAR_MM], colors=["white"], linewidths=0.5, linestyles="dashed")
    axes.set(xlim=limits[0], ylim=limits[1])
    return most


def _draw_bar(axes: Axes, label: str, most: float) -> None:
    """Explain the colours, on the grey of soft tissue; the strongest stand for ``most`` nats per pixel."""
    axes.set_facecolor("#808080")
    strength = np.linspace(-1, 1, 257)[:, None]
    axes.imshow(
        strength, extent=(0, 1, -1, 1), cmap=_colours(), vmin=-1, vmax=1, aspect="auto", origin="lower"
    )
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    for y, text, down in ((1.04, f"for\n{label}", "bottom"), (-1.04, f"against\n{label}", "top")):
        axes.text(
            0.5,
            y,
            text,
            ha="center",
            va=down,
            fontsize=7.5,
            fontweight="bold",
            color=INK,
            family=font_families(),
        )
    numbers = {1: f"+{most:.2g}", 0: "0", -1: f"\N{MINUS SIGN}{most:.2g}"}
    for y, number in numbers.items():
        axes.text(1.35, y, number, ha="left", va="center", fontsize=6.5, color=INK, family=font_families())
    axes.text(
        -0.45,
        0,
        "nats per pixel",
        ha="right",
        va="center",
        rotation=90,
        fontsize=6.5,
        color=MUTED,
        family=font_families(),
    )


def _draw_text(
    figure: Figure,
    picture: SlicePicture,
    relevance: Relevance,
    scan: CTScan,
    page_mm: tuple[float, float],
) -> None:
    """Say above the panels what is shown, and below them what to take from it."""

    def line(from_top_mm: float, what: str, size: float, colour: str = INK, *, bold: bool = False) -> None:
        place = EDGE_MM / page_mm[0], 1 - from_top_mm / page_mm[1]
        weight = "bold" if bold else "normal"
        figure.text(*place, what, fontsize=size, color=colour, fontweight=weight, family=font_families())

    lesion, shares = relevance.lesion, relevance_shares(relevance, scan.geometry)
    index = main_slice(lesion, scan.geometry)
    name = f"{lesion.label}, {label_scheme()[lesion.label].title.lower()}"
    line(7.5, f"Lesion {lesion.id}: {name}", 12, bold=True)
    facts = [
        f"Proposed by a model with probability {relevance.probability:.2f}, not reviewed",
        _slices_text(relevance, index, scan.geometry),
        f"peak {scan.hu.reshape(-1)[lesion.voxels].max():.0f} HU",
    ]
    line(12.5, "; ".join(facts), 8, MUTED)
    top = page_mm[1] - FOOT_MM
    for number, sentence in enumerate(shares.sentences(lesion.label)):
        line(top + 5.5 + 4.2 * number, sentence, 8.5)
    window = pictures_heading([picture])[1]
    notes = [
        f"{window}. Dashed: {NEAR_MM:g} mm around the lesion. Relevance is smoothed by {SMOOTHING_MM:g} mm "
        "here.",
        f"Integrated gradients from a slice of nothing but soft tissue ({BASELINE_HU} HU). They show what "
        "the network went by, not whether it is right.",
        f"{DISCLAIMER}.",
    ]
    for number, note in enumerate(notes):
        line(top + 15.3 + 3.6 * number, note, 7, MUTED)


def _slices_text(relevance: Relevance, index: int, geometry: VolumeGeometry) -> str:
    """Name the slice shown and, where there are several, those that the lesion lies in."""
    first, last = relevance.slices[[0, -1]] + 1
    return slice_name(index, geometry) + (f", the lesion in {first} to {last}" if last > first else "")


def _colours() -> ListedColormap:
    """From against over nothing to for: weak relevance is faint, none is transparent."""
    from matplotlib.colors import ListedColormap, to_rgb

    strength = np.linspace(-1, 1, 257)
    opacity = MOST_OPAQUE * np.sqrt(np.abs(strength))
    return ListedColormap(
        [(*to_rgb(FOR if s > 0 else AGAINST), alpha) for s, alpha in zip(strength, opacity, strict=True)]
    )
