"""Drawing regions in a session: strokes, the background that follows, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from CACAnnotationLib.session.interpolation import interpolated_regions
from CACAnnotationLib.session.origins import REGION_BY_READER, REGION_INTERPOLATED
from CACAnnotationLib.session.region_drawing import CONTOUR, brushed_pixels
from CACAnnotationLib.session.region_rules import RegionProblem, enclosed, region_problems
from CACAnnotationLib.session.session import AnnotationSession
from CACScoringLib.schemes import label_scheme
from scipy import ndimage
from session_samples import open_session
from skimage.draw import line
from skimage.morphology import disk

BOX = [(4, 4), (16, 4), (16, 15), (4, 15), (4, 4)]
"""A closed contour, as column and row."""
ARTERY = [(8, 8), (11, 8)]


@pytest.fixture
def session(tmp_path: Path) -> AnnotationSession:
    return open_session(tmp_path)


def regions(session: AnnotationSession, slice_index: int = 1) -> np.ndarray:
    return session.desk.layers["car"][slice_index]


def problems(session: AnnotationSession) -> dict[RegionProblem, int]:
    return {each.problem: int(each.pixels.sum()) for each in session.regions.problems(1)}


def test_scribble_and_contour_make_the_background_in_any_order(session: AnnotationSession) -> None:
    session.regions.scribble(1, ARTERY, 0.5, "LAD")
    assert set(np.unique(regions(session))) == {0, 2}
    session.regions.contour(1, BOX)
    first = regions(session).copy()
    assert problems(session) == {}

    session.regions.clear(1)
    assert not session.regions.has_regions(1)
    session.regions.contour(1, BOX)
    assert regions(session)[10, 10] == 0
    session.regions.scribble(1, ARTERY, 0.5, "LAD")

    np.testing.assert_array_equal(regions(session), first)
    assert first[0, 0] == first[19, 23] == first[4, 4] == 1
    assert first[8, 8] == first[8, 11] == 2
    assert first[6, 6] == first[14, 15] == 0
    labelled = first > 0
    assert (session.desk.layers["origin"][1][labelled] == REGION_BY_READER).all()
    assert not session.desk.layers["origin"][1][~labelled].any()
    assert not np.any(session.desk.layers["car"][[0, 2, 3, 4, 5]])


def test_an_open_contour_fills_nothing_and_is_shown(session: AnnotationSession) -> None:
    session.regions.scribble(1, ARTERY, 0.5, "RCA")
    session.regions.contour(1, BOX[:4])

    assert set(np.unique(regions(session))) == {0, 4}
    assert list(problems(session)) == [RegionProblem.OPEN_CONTOUR]
    session.regions.contour(1, [BOX[3], BOX[4]])
    assert problems(session) == {}
    assert regions(session)[0, 0] == 1
    session.undo()
    assert list(problems(session)) == [RegionProblem.OPEN_CONTOUR]
    assert set(np.unique(regions(session))) == {0, 4}


def test_strokes_that_touch_or_lie_outside_are_shown(session: AnnotationSession) -> None:
    session.regions.contour(1, BOX)
    session.regions.scribble(1, ARTERY, 0.5, "LAD")
    session.regions.scribble(1, [(12, 9)], 0.3, "LCX")
    assert problems(session) == {RegionProblem.TOUCHING: 2}
    session.regions.erase(1, [(12, 9)], 0.3)
    session.regions.scribble(1, [(20, 9), (20, 11)], 0.3, "LCX")
    assert problems(session) == {RegionProblem.OUTSIDE: 3}
    assert regions(session)[9, 20] == 3


def test_a_scribble_across_the_contour_does_not_open_it(session: AnnotationSession) -> None:
    session.regions.scribble(1, [(BOX[0][0] - 3, 9), (BOX[0][0] + 3, 9)], 0.5, "LAD")
    session.regions.contour(1, BOX)
    assert list(problems(session)) == [RegionProblem.OUTSIDE]
    assert regions(session)[0, 0] == 1
    ring = [(5, 5), (9, 5), (9, 9), (5, 9), (5, 5)]
    session.regions.scribble(3, ring, 0.3, "LAD")
    session.regions.contour(3, [(9, 5), (15, 5)])
    found = region_problems(session.desk.layers["strokes"][3], session.desk.scheme)
    assert [each.problem for each in found] == [RegionProblem.OPEN_CONTOUR]


def test_no_artery_makes_the_slice_other(session: AnnotationSession) -> None:
    session.regions.no_artery(1)
    assert (regions(session) == 1).all()
    session.regions.scribble(1, ARTERY, 0.5, "LAD")
    assert regions(session)[8, 8] == 2
    session.undo()
    session.undo()
    assert not regions(session).any()


def test_erasing_a_scribble_gives_the_ground_below_back(session: AnnotationSession) -> None:
    session.regions.contour(1, BOX)
    before = regions(session).copy()
    session.regions.scribble(1, ARTERY, 0.5, "LAD")
    session.regions.erase(1, ARTERY, 0.5)
    np.testing.assert_array_equal(regions(session), before)


def test_a_contour_leaves_scribbles_on_top(session: AnnotationSession) -> None:
    session.regions.scribble(1, [(4, 6), (4, 9)], 0.3, "LAD")
    session.regions.contour(1, BOX)
    assert session.desk.layers["strokes"][1, 7, 4] == 2
    assert session.desk.layers["strokes"][1, 12, 4] == CONTOUR


def test_interpolated_regions_are_proposed_and_marked(session: AnnotationSession) -> None:
    assert not session.proposals.interpolate(1, 5)
    for slice_index, column in ((1, 8), (5, 12)):
        session.regions.contour(slice_index, BOX)
        session.regions.scribble(slice_index, [(column, 9)], 2, "LAD")
    assert not session.proposals.interpolate(1, 2)

    assert session.proposals.interpolate(5, 1)
    assert not np.any(session.desk.layers["car"][2:5])
    _, proposed = session.proposals.pending(3)
    assert proposed[9, 10] == 2
    assert proposed[0, 0] == 1
    assert session.proposals.accept(3)
    np.testing.assert_array_equal(regions(session, 3), proposed)
    assert (session.desk.layers["origin"][3][proposed > 0] == REGION_INTERPOLATED).all()
    assert not session.proposals.pending(3)[1].any()
    assert session.proposals.pending(2)[1].any()


def test_strokes_correct_accepted_regions_pixel_by_pixel(session: AnnotationSession) -> None:
    for slice_index in (1, 3):
        session.regions.contour(slice_index, BOX)
        session.regions.scribble(slice_index, ARTERY, 1, "LAD")
    session.proposals.interpolate(1, 3)
    session.proposals.accept(2)
    before = regions(session, 2).copy()

    session.regions.scribble(2, [(8, 12)], 0.3, "RCA")
    session.regions.erase(2, [(8, 8)], 0.3)

    after, differs = regions(session, 2), regions(session, 2) != before
    assert np.argwhere(differs).tolist() == [[8, 8], [12, 8]]
    assert (after[8, 8], after[12, 8]) == (0, 4)
    origin = session.desk.layers["origin"][2]
    assert (origin[8, 8], origin[12, 8], origin[8, 9]) == (0, REGION_BY_READER, REGION_INTERPOLATED)


def test_between_two_circles_lies_the_circle_between() -> None:
    small, large = np.zeros((2, 31, 31), np.uint8)
    small[11:20, 11:20] = 3 * disk(4)
    large[5:26, 5:26] = 3 * disk(10)

    found = interpolated_regions(small, large, 1)[0]

    expected = np.zeros((31, 31), bool)
    expected[8:23, 8:23] = disk(7)
    assert np.count_nonzero((found == 3) != expected) <= 8


def test_an_artery_of_one_slice_alone_is_not_continued() -> None:
    first, last = np.ones((2, 9, 9), np.uint8)
    first[3:6, 3:6] = 2
    assert (
        interpolated_regions(first, last, 2).tolist()
        == np.where(first == 2, 0, 1)[None].repeat(2, axis=0).tolist()
    )


@pytest.mark.parametrize(("radius_mm", "pixel_mm"), [(2.0, (0.5, 0.5)), (3.0, (0.5, 1.0)), (0.1, (0.5, 0.5))])
def test_a_brush_is_round_in_millimetres(radius_mm: float, pixel_mm: tuple[float, float]) -> None:
    found = brushed_pixels([(20, 15)], radius_mm, pixel_mm, (30, 40))
    row, column = np.mgrid[:30, :40]
    away_mm = np.hypot((column - 20) * pixel_mm[0], (row - 15) * pixel_mm[1])
    expected = away_mm <= radius_mm
    np.testing.assert_array_equal(found, expected)
    assert found[15, 20]


@pytest.mark.parametrize("path", [[], [(np.nan, 3)], [(1, 2, 3)]])
def test_a_path_that_is_none_is_refused(session: AnnotationSession, path: list[object]) -> None:
    with pytest.raises(ValueError, match="places"):
        session.regions.scribble(1, path, 1, "LAD")
    assert not session.desk.reading.done


def test_a_path_beside_the_slice_changes_nothing(session: AnnotationSession) -> None:
    assert not session.regions.scribble(1, [(-30, 4), (-20, 8)], 1, "LAD")
    assert session.regions.scribble(1, [(-30, 4), (60, 4)], 0.5, "LAD")
    assert (regions(session)[4] == 2).all()


def test_a_brush_touches_what_each_of_its_places_covers() -> None:
    rng = np.random.default_rng(4)
    for _ in range(200):
        shape = tuple(rng.integers(1, 40, 2))
        path = rng.uniform(-30, 60, (rng.integers(1, 6), 2))
        radius_mm, pixel_mm = rng.uniform(0, 9), tuple(rng.uniform(0.3, 1.2, 2))
        plain = np.zeros(shape, bool)
        row, column = np.indices(shape)
        middles = np.floor(path[:, ::-1] + 0.5).astype(int)
        for start, end in zip(middles, middles[1:] if len(middles) > 1 else middles, strict=False):
            for at_row, at_column in zip(*line(*start, *end), strict=True):
                radii = [max(radius_mm / mm, 0.5) for mm in pixel_mm[::-1]]
                plain |= ((row - at_row) / radii[0]) ** 2 + ((column - at_column) / radii[1]) ** 2 <= 1
        assert np.array_equal(brushed_pixels(path, radius_mm, pixel_mm, shape), plain)


def test_what_a_contour_encloses_is_what_filling_the_whole_slice_says() -> None:
    rng = np.random.default_rng(5)
    nothing = np.zeros((9, 7), bool)
    assert not enclosed(nothing, nothing).any()
    for _ in range(200):
        contour = np.zeros(rng.integers(4, 40, 2), bool)
        inner = contour[rng.integers(2) :, rng.integers(3) :]
        inner[...] = rng.random(inner.shape) < rng.choice([0.1, 0.4, 0.6, 0.8])
        nothing = np.zeros_like(contour)
        assert np.array_equal(enclosed(contour, nothing), ndimage.binary_fill_holes(contour) & ~contour)


def test_strokes_of_two_arteries_touch_where_one_dilated_meets_the_other() -> None:
    rng = np.random.default_rng(6)
    scheme = label_scheme()
    for _ in range(100):
        strokes = np.where(rng.random((15, 18)) < 0.1, rng.integers(0, 7, (15, 18)), 0).astype(np.uint8)
        strokes[strokes == 6] = CONTOUR
        touching = np.zeros(strokes.shape, bool)
        for label in scheme.arteries:
            others = [each.value for each in scheme.arteries if each is not label]
            near = ndimage.binary_dilation(strokes == label.value, np.ones((3, 3), bool))
            touching |= near & np.isin(strokes, others)
        found = [each for each in region_problems(strokes, scheme) if each.problem is RegionProblem.TOUCHING]
        assert [each.pixels.tolist() for each in found] == ([touching.tolist()] if touching.any() else [])
