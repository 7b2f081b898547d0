"""What readers see: slice views of Slicer core, looked at pixel by pixel.

A view is rendered only after it asked for that, as in Slicer: what does not make it ask is not seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from CACAnnotationLib.scene.placement import ScanPlacement
from CACAnnotationLib.scene.reading_nodes import (
    CALCIUM_OPACITY,
    OTHER_OPACITY,
    REGION_OPACITY,
    ReadingNodes,
)
from CACAnnotationLib.scene.shown_candidates import COLOUR
from CACAnnotationLib.scene.slice_views import SliceViews
from CACAnnotationLib.scene.windows import WINDOWS, HuWindow, set_window
from CACAnnotationLib.session.proposal import ProposedLabels
from CACScoringLib.scans.heart_extent import heart_extent
from CACScoringLib.scene.matrices import to_world
from CACScoringLib.scene.volumes import scan_of_volume_node
from CACScoringLib.schemes import OTHER, label_scheme
from numpy.typing import ArrayLike, NDArray
from off_screen import SliceDesk, skip_without_views
from scene_nodes import AXIAL, GRIDS, moved_by
from session_samples import open_session

SIZE = (48, 40, 6)
"""Columns, rows, slices."""
TISSUE, CALCIUM, FAT = 40, 300, -100
LESIONS = ((10, 10, 2), (30, 10, 2), (10, 28, 2), (30, 28, 2))
"""Column, row and slice of a voxel inside of each."""
PLAIN, IN_FAT = (20, 20, 2), (44, 20, 2)
WINDOW = WINDOWS[1]
BOX = [(4, 16), (40, 16), (40, 24), (4, 24), (4, 16)]
MAGENTA = np.array(COLOUR) * 255


def lesions() -> NDArray[np.int16]:
    """HU ``[slice, row, column]``: lesions of 5 x 5 x 2 voxels in tissue, fat in the last columns."""
    hu = np.full(SIZE[::-1], TISSUE, np.int16)
    hu[:, :, 42:] = FAT
    for column, row, k in LESIONS:
        hu[k : k + 2, row - 2 : row + 3, column - 2 : column + 3] = CALCIUM
    return hu


def chest() -> NDArray[np.int16]:
    """HU of a heart between two lungs, with a vertebra behind it."""
    hu = np.full((3, 64, 64), -1000, np.int16)
    hu[:, 8:56, 4:60] = TISSUE
    hu[:, 14:44, 8:22] = hu[:, 14:44, 42:56] = -800
    hu[:, 44:52, 28:36] = 500
    return hu


def grey(hu: float, window: HuWindow = WINDOW) -> float:
    return float(np.clip((hu - window.level) / window.width + 0.5, 0, 1) * 255)


def colour_of(name: str) -> NDArray[np.float64]:
    return np.array(label_scheme()[name].colour, float)


def mixed(colour: ArrayLike, opacity: float, under: float) -> NDArray[np.float64]:
    return opacity * np.asarray(colour, float) + (1 - opacity) * under


class Look:
    """A session shown in the views of a desk."""

    def __init__(
        self,
        desk: SliceDesk,
        folder: Path,
        hu: NDArray[np.int16],
        ijk_to_ras: NDArray[np.float64] = AXIAL,
        transform: NDArray[np.float64] | None = None,
    ) -> None:
        self.desk = desk
        self.volume = desk.volume(hu, ijk_to_ras)
        self.volume.CreateDefaultDisplayNodes()
        set_window(self.volume, WINDOW)
        if transform is not None:
            self.volume.SetAndObserveTransformNodeID(desk.transform(transform).GetID())
        self.scan = scan_of_volume_node(self.volume)
        self.session = open_session(folder, self.scan)
        self.placement = ScanPlacement(self.scan, self.volume, to_world(self.volume, "volume"))
        parts = desk.scene, desk.segmentations, desk.colours
        self.nodes = ReadingNodes(*parts, self.session, self.placement, "Anna")
        self.views = SliceViews(desk.core.app_logic)
        self.views.show(self.volume, self.nodes.candidates.node)
        self.views.set_candidate_opacity(1.0)

    def around(self, ijk: tuple[float, float, float], reach: int = 0, view: str = "Red") -> NDArray[np.int64]:
        """Colours within some pixels of a place, ``(n, 3)``; a view that does not show it goes there."""
        world = self.placement.world_of(ijk)
        if not self._in_view(world, view):
            self.views.jump(world)
            assert self._in_view(world, view)
        picture = self.desk.picture(view)
        x, y, _ = np.rint(self.desk.xy(world, view)).astype(int)
        part = picture[y - reach : y + reach + 1, x - reach : x + reach + 1]
        return part.reshape(-1, 3).astype(int)

    def _in_view(self, world: NDArray[np.float64], view: str) -> bool:
        x, y, off = self.desk.xy(world, view)
        width, height, _ = self.desk.node(view).GetDimensions()
        return bool(abs(off) < 0.51 and 0 <= x < width - 1 and 0 <= y < height - 1)

    def shows(self, ijk: tuple[float, float, float], colour: ArrayLike, view: str = "Red") -> bool:
        """Tell whether a place has a colour, give or take what rounding does."""
        return bool(np.abs(self.around(ijk, view=view)[0] - np.asarray(colour)).max() <= 4)

    def outlined(self, ijk: tuple[float, float, float], colour: ArrayLike) -> bool:
        """Tell whether a colour is found within a voxel of a place."""
        return bool((np.abs(self.around(ijk, 6) - np.asarray(colour)).max(axis=1) <= 4).any())


@pytest.fixture(scope="module")
def views() -> Iterator[SliceDesk]:
    skip_without_views()
    desk = SliceDesk(Red=(240, 240), Yellow=(120, 90), Green=(120, 90))
    yield desk
    desk.close()


@pytest.fixture
def desk(views: SliceDesk) -> Iterator[SliceDesk]:
    """The views with nothing in the scene but what they need."""
    before = {node.GetID() for node in _nodes(views)}
    yield views
    for node in reversed(_nodes(views)):
        if node.GetID() not in before and node.GetScene() is not None:
            views.scene.RemoveNode(node)


@pytest.fixture
def look(desk: SliceDesk, tmp_path: Path) -> Iterator[Look]:
    look = Look(desk, tmp_path, lesions())
    yield look
    look.nodes.stop()


@GRIDS
@pytest.mark.parametrize("transform", [None, moved_by(15, -40, 7, degrees=20)], ids=["", "moved"])
def test_candidates_are_lit_until_they_have_a_label(
    desk: SliceDesk, tmp_path: Path, ijk_to_ras: NDArray[np.float64], transform: NDArray[np.float64] | None
) -> None:
    look = Look(desk, tmp_path, lesions(), ijk_to_ras, transform)
    assert all(look.shows(lesion, MAGENTA) for lesion in LESIONS)
    assert look.shows(PLAIN, [grey(TISSUE)] * 3)
    assert look.shows(IN_FAT, [grey(FAT)] * 3)
    for lesion, name in zip(LESIONS, ("LAD", "LCX", "RCA", OTHER), strict=True):
        look.session.calcium.click(lesion, name)
        opacity = CALCIUM_OPACITY * (OTHER_OPACITY if name == OTHER else 1)
        assert look.shows(lesion, mixed(colour_of(name), opacity, grey(CALCIUM)))
        assert look.outlined((lesion[0] - 2.5, *lesion[1:]), colour_of(name))
    i, j, k = LESIONS[0]
    assert look.shows((i, j, k + 1), mixed(colour_of("LAD"), CALCIUM_OPACITY, grey(CALCIUM)))
    assert look.shows((i, j, k + 2), [grey(TISSUE)] * 3)
    look.session.undo()
    assert look.shows(LESIONS[3], MAGENTA)
    look.nodes.stop()


def test_candidates_are_hidden_as_the_reader_likes(look: Look) -> None:
    look.views.set_candidate_opacity(0.5)
    assert look.shows(LESIONS[0], mixed(MAGENTA, 0.5, grey(CALCIUM)))
    look.views.set_candidate_opacity(0.0)
    assert look.shows(LESIONS[0], [grey(CALCIUM)] * 3)
    look.views.set_candidate_opacity(1.0)
    assert look.shows(LESIONS[0], MAGENTA)
    look.nodes.candidates.smallest_mm3 = 1000.0
    assert look.shows(LESIONS[0], [grey(CALCIUM)] * 3)


def test_regions_let_the_scan_through_and_their_background_is_an_outline(look: Look) -> None:
    i, j, k = PLAIN
    look.session.regions.scribble(k, [(i - 8, j), (i + 8, j)], 1.2, "LAD")
    assert look.shows(PLAIN, mixed(colour_of("LAD"), REGION_OPACITY, grey(TISSUE)))
    assert look.outlined((i, j + 2.5, k), colour_of("LAD"))
    assert look.shows((i, j, k + 1), [grey(TISSUE)] * 3)
    look.session.regions.contour(k, BOX)
    assert look.shows((i, j - 10, k), [grey(TISSUE)] * 3)
    assert look.shows((45, 30, k), [grey(FAT)] * 3)
    look.session.undo()
    look.session.undo()
    assert look.shows(PLAIN, [grey(TISSUE)] * 3)


def test_a_contour_is_white_and_a_problem_pink(look: Look) -> None:
    pink = mixed((255, 0, 0.35 * 255), 0.5, grey(TISSUE))
    i, _, k = PLAIN
    on_contour = (i, BOX[0][1], k)
    look.nodes.drawing.show(k)
    look.session.regions.contour(k, BOX[:3])
    assert look.shows(on_contour, pink)
    look.session.regions.contour(k, BOX[2:])
    assert look.shows(on_contour, mixed([255] * 3, 0.5, grey(TISSUE)))
    assert look.outlined((i, BOX[0][1] - 0.5, k), [255] * 3)
    look.session.regions.scribble(k, [(i, 34), (i + 3, 34)], 0.4, "LCX")
    assert look.outlined((i, 34, k), (255, 0, 0.35 * 255))
    look.nodes.drawing.show(k + 1)
    assert look.shows((i, BOX[0][1], k + 1), [grey(TISSUE)] * 3)


def test_a_proposal_is_a_lighter_outline_until_it_is_taken(look: Look) -> None:
    look.views.set_candidate_opacity(0.0)
    calcium = np.where(lesions() == CALCIUM, np.uint8(label_scheme()["RCA"].value), np.uint8(0))
    look.session.proposals.show(ProposedLabels("demo", calcium, np.zeros_like(calcium)))
    i, j, k = LESIONS[0]
    edge = (i - 2.5, j, k)
    lighter = mixed(colour_of("RCA"), 0.45, 255)
    assert look.outlined(edge, lighter)
    assert look.shows(LESIONS[0], [grey(CALCIUM)] * 3)
    assert look.session.proposals.accept_lesion(LESIONS[0])
    assert look.outlined(edge, colour_of("RCA"))
    assert not look.outlined(edge, lighter)
    assert look.shows(LESIONS[0], mixed(colour_of("RCA"), CALCIUM_OPACITY, grey(CALCIUM)))
    look.session.proposals.dismiss()
    assert not look.outlined((LESIONS[1][0] - 2.5, *LESIONS[1][1:]), lighter)


def test_uncertainty_has_colours_and_a_legend(look: Look) -> None:
    variance = np.zeros(SIZE[::-1], np.float32)
    variance[:, 18:23, 16:25] = 0.25
    variance[:, 18:23, 28:33] = 0.25 * 0.35
    look.nodes.uncertainty.show(variance)
    look.views.lay_over(look.nodes.uncertainty.node, 1.0)
    assert look.shows(PLAIN, [255] * 3)
    seen = look.around((30, 20, 2))[0]
    assert np.abs(seen - np.array([0.1, 0.7, 0.7]) * 255).max() <= 12
    assert look.shows((36, 20, 2), [grey(TISSUE)] * 3)
    without = look.desk.picture()
    look.nodes.uncertainty.show_legend(True)
    assert (look.desk.picture() != without).any(axis=2).mean() > 0.005
    look.nodes.uncertainty.show_legend(False)
    np.testing.assert_array_equal(look.desk.picture(), without)
    look.views.lay_over(look.nodes.uncertainty.node, 0.5)
    assert look.shows(PLAIN, mixed([255] * 3, 0.5, grey(TISSUE)))
    look.views.lay_over(None, 0.5)
    assert look.shows(PLAIN, [grey(TISSUE)] * 3)


@pytest.mark.parametrize("window", WINDOWS, ids=[each.name for each in WINDOWS])
def test_windows_turn_hu_into_grey(look: Look, window: HuWindow) -> None:
    look.views.set_candidate_opacity(0.0)
    set_window(look.volume, window)
    for place, hu in ((PLAIN, TISSUE), (IN_FAT, FAT), (LESIONS[0], CALCIUM)):
        assert look.shows(place, [grey(hu, window)] * 3)


@pytest.mark.parametrize("transform", [None, moved_by(15, -40, 7, degrees=20)], ids=["", "moved"])
def test_zoom_shows_the_heart_alone(
    desk: SliceDesk, tmp_path: Path, transform: NDArray[np.float64] | None
) -> None:
    look = Look(desk, tmp_path, chest(), np.diag([-5.0, -5.0, 3.0, 1.0]), transform)
    rows, columns = heart_extent(look.scan)
    assert (rows, columns) != (slice(0, 64), slice(0, 64))
    look.views.zoom_to_heart(look.scan, look.placement)
    picture = desk.picture()
    inside = [
        desk.xy(look.placement.world_of((i, j, 1)))[:2]
        for i in (columns.start, columns.stop - 1)
        for j in (rows.start, rows.stop - 1)
    ]
    assert np.min(inside) >= 0
    assert np.max(inside) <= 240
    assert np.ptp(inside, axis=0).max() > 220
    middle = ((columns.start + columns.stop) / 2, (rows.start + rows.stop) / 2, 1)
    assert look.shows(middle, [grey(TISSUE)] * 3)
    assert (np.abs(picture.astype(int) - grey(-1000)).max(axis=2) > 4).mean() > 0.5
    look.nodes.stop()


@GRIDS
def test_a_jump_brings_a_lesion_into_all_views(
    desk: SliceDesk, tmp_path: Path, ijk_to_ras: NDArray[np.float64]
) -> None:
    look = Look(desk, tmp_path, lesions(), ijk_to_ras)
    for name in desk.views:
        node = desk.node(name)
        across, up, depth = node.GetFieldOfView()
        node.SetFieldOfView(across / 6, up / 6, depth)
    for lesion in LESIONS:
        assert all(look.shows(lesion, MAGENTA, name) for name in desk.views)
    look.nodes.stop()


def _nodes(desk: SliceDesk) -> list:
    nodes = desk.scene.GetNodes()
    return [nodes.GetItemAsObject(index) for index in range(nodes.GetNumberOfItems())]
