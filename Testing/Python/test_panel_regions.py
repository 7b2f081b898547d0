"""Artery regions drawn in the panel of CAC Annotation: strokes, what follows, what is wrong with them."""

from __future__ import annotations

import numpy as np
import pytest
from annotation_desk import LAD, LCX, OTHER, AnnotationDesk

ARTERY = [(22, 28, 5), (30, 28, 5), (38, 30, 5)]
ROUND = [(14, 14, 5), (46, 14, 5), (46, 48, 5), (14, 48, 5), (14, 14, 5)]


def car(desk: AnnotationDesk, slice_index: int = 5) -> np.ndarray:
    return desk.scan.session.desk.layers["car"][slice_index]


def drawn(desk: AnnotationDesk, name: str) -> int:
    """Pixels of a segment of what is drawn."""
    from vtk.util.numpy_support import vtk_to_numpy

    segment = desk.scan.nodes.drawing.node.GetSegmentation().GetSegment(name)
    scalars = segment.GetRepresentation("Binary labelmap").GetPointData().GetScalars()
    return int((vtk_to_numpy(scalars) == segment.GetLabelValue()).sum())


def test_scribble_and_contour_make_the_background(desk: AnnotationDesk) -> None:
    desk.key("s")
    desk.drag(ARTERY)
    assert car(desk)[28, 30] == LAD
    assert car(desk)[5, 5] == 0
    desk.key("d")
    desk.drag(ROUND)
    assert car(desk)[5, 5] == OTHER
    assert car(desk)[40, 30] == 0
    assert drawn(desk, "Contour") > 50
    assert drawn(desk, "Problem") == 0
    np.testing.assert_array_equal(desk.shown("regions"), desk.scan.session.desk.layers["car"])
    desk.key("z", held="ctrl")
    assert car(desk)[5, 5] == 0
    assert drawn(desk, "Contour") == 0


def test_scribble_is_as_wide_as_it_says(desk: AnnotationDesk) -> None:
    desk.ui.regionSection.collapsed = False
    desk.key("s")
    for size_mm, rows in ((4, 3), (12, 7)):
        desk.ui.scribbleSlider.value = size_mm
        desk.drag([(20, 28, 5), (40, 28, 5)])
        assert (car(desk)[:, 30] == LAD).sum() == rows
        desk.key("z", held="ctrl")


def test_an_open_contour_is_shown_and_told(desk: AnnotationDesk) -> None:
    desk.key("d")
    desk.drag(ROUND[:4])
    assert desk.message == "The contour does not close: nothing outside it is OTHER yet"
    assert drawn(desk, "Problem") > 40
    red, green, blue = desk.pixel((30, 14, 5))
    assert red > green + 60
    assert red > blue + 20
    desk.drag(ROUND[3:])
    assert desk.message == ""
    assert drawn(desk, "Problem") == 0


def test_arteries_that_touch_are_shown_and_told(desk: AnnotationDesk) -> None:
    desk.key("s")
    desk.drag(ARTERY)
    desk.key("3")
    desk.drag([(30, 32, 5), (30, 29, 5)])
    assert desk.message == "Strokes of two arteries touch"
    assert drawn(desk, "Problem") > 0
    assert (car(desk) == LCX).any()


def test_eraser_and_clearing(desk: AnnotationDesk) -> None:
    desk.key("s")
    desk.drag(ARTERY)
    desk.key("e")
    desk.drag(ARTERY[1:])
    assert car(desk)[28, 22] == LAD
    assert car(desk)[30, 38] == 0
    desk.key("s")
    desk.drag(ARTERY[:2], held="alt")
    assert not car(desk).any()
    desk.ui.regionSection.collapsed = False
    desk.hands.click(desk.ui.noArteryButton)
    assert (car(desk) == OTHER).all()
    desk.hands.click(desk.ui.clearRegionsButton)
    assert not car(desk).any()


@pytest.mark.parametrize("view", ["Green", "Yellow"])
def test_regions_are_drawn_in_the_axial_view_only(desk: AnnotationDesk, view: str) -> None:
    desk.key("s")
    desk.drag([(30, 28, 5), (31, 29, 5)], view=view)
    assert desk.message == "Regions are drawn in the axial view, along the scan's slices"
    assert not car(desk).any()


def test_a_stroke_is_seen_before_it_is_one(desk: AnnotationDesk) -> None:
    desk.key("s")
    desk.go((30, 28, 5))
    before = desk.pixel((30, 40, 5))
    view = desk.stand_in.slice_view("Red")
    path = [desk.world(each) for each in ((26, 40, 5), (34, 40, 5))]
    desk.hands.drag_ras(view, path, release=False)
    red, green, blue = desk.pixel((30, 40, 5))
    assert (red, green, blue) != before
    assert red > green + 100
    assert not desk.scan.session.desk.reading.done
    desk.hands.drag_ras(view, path)
    assert car(desk)[40, 30] == LAD


def test_interpolation_is_a_proposal(desk: AnnotationDesk) -> None:
    desk.key("s")
    for slice_index in (3, 7):
        desk.drag([(i, j, slice_index) for i, j, _ in ARTERY])
    desk.ui.regionSection.collapsed = False
    desk.ui.interpolateFirstSpinBox.value, desk.ui.interpolateLastSpinBox.value = 4, 4
    desk.hands.click(desk.ui.interpolateButton)
    assert "at least one slice" in desk.message
    desk.ui.interpolateLastSpinBox.value = 8
    desk.hands.click(desk.ui.interpolateButton)
    assert desk.scan.session.proposals.current is not None
    assert not car(desk, 5).any()
    assert desk.scan.nodes.proposal.maps[1].node.GetDisplayNode().GetVisibility()
    desk.ui.modelSection.collapsed = False
    desk.hands.click(desk.ui.acceptScanButton)
    for slice_index in (4, 5, 6):
        assert car(desk, slice_index)[28, 30] == LAD
    desk.key("z", held="ctrl")
    assert not car(desk, 5).any()
