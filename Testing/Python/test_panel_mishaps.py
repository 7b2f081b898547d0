"""Readers of CAC Annotation who are careless, impatient or unlucky: what they see, and what is kept."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from annotation_desk import LAD, LCX, LONG, SMALL, AnnotationDesk, chest
from PySide6.QtCore import QEvent, Qt
from SlicerStandIn.proxies import unwrap

LEFT = Qt.MouseButton.LeftButton


class Mouse:
    """The mouse over the axial view, one event at a time."""

    def __init__(self, desk: AnnotationDesk) -> None:
        self._desk, self._view = desk, desk.stand_in.slice_view("Red")

    def press(self, ijk: tuple[float, float, float], held: str = "") -> None:
        self._event(QEvent.Type.MouseButtonPress, ijk, held)

    def move(self, ijk: tuple[float, float, float], held: str = "") -> None:
        self._event(QEvent.Type.MouseMove, ijk, held)

    def release(self, ijk: tuple[float, float, float], held: str = "") -> None:
        self._event(QEvent.Type.MouseButtonRelease, ijk, held)
        self._desk.hands.settle()

    def _event(self, kind: QEvent.Type, ijk: tuple[float, float, float], held: str) -> None:
        hands = self._desk.hands
        place = hands.place_of(self._view, self._desk.world(ijk))
        hands._mouse(kind, *hands._in_window(unwrap(self._view), place), LEFT, held)


def lines_shown(desk: AnnotationDesk) -> int:
    """Number of views that show a stroke under way."""
    return sum(line._actor.GetVisibility() for _pointer, line in desk.scan._pointers)


def done(desk: AnnotationDesk) -> list[str]:
    return [action.kind for action in desk.scan.session.desk.reading.done]


def test_stroke_ends_with_the_tool_it_was_begun_with(desk: AnnotationDesk) -> None:
    mouse = Mouse(desk)
    desk.go(LONG)
    desk.key("l")
    mouse.press((15, 15, 5))
    for corner in ((50, 15, 5), (50, 38, 5), (15, 38, 5)):
        mouse.move(corner)
    desk.key("b")
    mouse.release((15, 38, 5))
    assert done(desk) == ["label by lasso"]
    assert (desk.label(LONG), desk.label(SMALL)) == (LAD, LAD)
    mouse.press((20, 18, 5), "alt")
    mouse.move((20, 27, 5), "alt")
    desk.key("c")
    mouse.release((20, 27, 5), "alt")
    assert desk.label((20, 22, 5)) == 0
    assert desk.label((24, 22, 5)) == LAD, "the brush cleared what it went over, and no more"


@pytest.mark.parametrize("tool", ["l", "b", "s", "d"])
def test_stroke_under_which_the_view_moved_labels_nothing(desk: AnnotationDesk, tool: str) -> None:
    mouse = Mouse(desk)
    desk.go(LONG)
    desk.key(tool)
    mouse.press((15, 15, 5))
    mouse.move((50, 15, 5))
    desk.key("n")
    mouse.move((50, 38, 5))
    mouse.release((15, 38, 5))
    assert not done(desk)
    assert "the view moved" in desk.message.lower()


def test_stroke_whose_release_went_elsewhere_leaves_no_line(desk: AnnotationDesk) -> None:
    mouse = Mouse(desk)
    desk.go(LONG)
    desk.key("b")
    mouse.press((20, 18, 5))
    mouse.move((20, 27, 5))
    assert lines_shown(desk) == 1
    mouse.press((41, 30, 5), "shift")
    assert lines_shown(desk) == 0
    mouse.release((41, 30, 5), "shift")
    assert not done(desk)


def test_another_readers_name_ends_the_reading(desk: AnnotationDesk) -> None:
    desk.click(LONG)
    assert "Anna" in desk.ui.savedLabel.text
    desk.ui.scanSection.collapsed = False
    desk.hands.type(desk.ui.readerEdit, "Bob", enter=True)
    assert desk.scan is None, "what Bob clicks now is not to be stored as Anna's"
    assert "Anna" in desk.message
    desk.hands.click(desk.ui.readVolumeButton)
    desk.hands.settle(100)
    assert "Bob" in desk.ui.savedLabel.text
    desk.go(LONG)
    red, green, blue = desk.pixel(LONG)
    assert min(red, blue) > green + 40, "Bob sees a candidate, not what Anna made of it"


def test_labels_of_one_scan_do_not_lie_over_another(empty: AnnotationDesk) -> None:
    empty.begin()
    first, second = empty.volume(), empty.volume(name="other", hu=np.full_like(chest(), 40))
    empty.read(first)
    empty.click(LONG)
    empty.read(second)
    empty.go(LONG)
    red, green, blue = empty.pixel(LONG)
    assert red == green == blue
    empty.read(first)
    empty.go(LONG)
    assert empty.pixel(LONG)[0] > empty.pixel(LONG)[1] + 100


def test_labels_are_not_said_to_be_stored_in_a_file_that_is_gone(desk: AnnotationDesk) -> None:
    desk.click(LONG)
    kept = desk.folder.with_name("kept")
    shutil.copytree(desk.folder, kept)
    shutil.rmtree(desk.folder)
    desk.key("3")
    desk.click(SMALL)
    assert desk.label(SMALL) == 0
    assert "labels.sqlite is gone" in desk.message
    desk.folder.mkdir()
    desk.click(SMALL)
    assert "labels.sqlite is gone" in desk.message
    assert not list(desk.folder.iterdir()), "no empty file stands where the labels are to be put back"
    desk.folder.rmdir()
    kept.rename(desk.folder)
    desk.click(SMALL)
    assert desk.label(SMALL) == LCX


def test_a_warping_transform_is_a_sentence_and_ends_well(desk: AnnotationDesk) -> None:
    import slicer
    import vtk

    bent = vtk.vtkThinPlateSplineTransform()
    source, target = vtk.vtkPoints(), vtk.vtkPoints()
    for place in ((0, 0, 0), (50, 0, 0), (0, 50, 0), (0, 0, 50)):
        source.InsertNextPoint(place)
        target.InsertNextPoint(place[0] * 1.1, place[1], place[2] + place[0] * place[1] / 100)
    target.SetPoint(0, 5, 5, 5)
    bent.SetSourceLandmarks(source)
    bent.SetTargetLandmarks(target)
    bent.SetBasisToR()
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTransformNode")
    node.SetAndObserveTransformToParent(bent)
    volume = desk.scan.volume_node
    volume.SetAndObserveTransformNodeID(node.GetID())
    assert "warps" in desk.message
    desk.hands.wheel(desk.stand_in.slice_view("Red"), 1)
    desk.widget.exit()
    desk.widget.enter()
    desk.key("n")
    assert "warps" in desk.message
    volume.SetAndObserveTransformNodeID(None)
    desk.click(LONG)
    assert desk.label(LONG) == LAD
    desk.key("n")
    assert desk.scan.slice_index == LONG[2] + 1


@pytest.mark.parametrize("which", ["candidates", "drawing", "display"])
def test_what_shows_a_reading_is_deleted(desk: AnnotationDesk, which: str) -> None:
    import slicer

    desk.click(LONG)
    nodes = desk.scan.nodes
    calcium = nodes.calcium.shared.node
    slicer.mrmlScene.RemoveNode(
        {"candidates": nodes.candidates.node, "drawing": nodes.drawing.node}.get(
            which, calcium.GetDisplayNode()
        )
    )
    assert desk.scan is None
    assert "all labels are stored" in desk.message
    desk.hands.settle()
    assert not desk.ui.scanSection.collapsed, "where it is opened again"
    desk.read(desk.ui.volumeSelector.currentNode())
    assert desk.label(LONG) == LAD


def test_a_new_project_where_there_is_one_opens_it(desk: AnnotationDesk) -> None:
    desk.click(LONG)
    desk.ui.scanSection.collapsed = False
    desk.dialogs.answer(str(desk.folder))
    desk.hands.click(desk.ui.newProjectButton)
    assert "a project already" in desk.message
    desk.ui.sourceTabs.currentIndex = 0
    desk.hands.settle()
    desk.hands.click_cell(desk.ui.scanTable, 0, 0, double=True)
    assert desk.label(LONG) == LAD


def test_warnings_are_seen_while_the_scan_is_read(empty: AnnotationDesk) -> None:
    empty.begin()
    empty.read(empty.volume(hu=np.full_like(chest(), 300)))
    assert "calcium cannot be scored" in empty.ui.warningsLabel.text
    assert empty.ui.scanSection.collapsed
    assert unwrap(empty.ui.warningsLabel).isVisible()


def test_nothing_jumps_and_nothing_is_squeezed(empty: AnnotationDesk) -> None:
    empty.begin()
    empty.read(empty.volume(name="x" * 60))
    window = empty.stand_in.window
    assert "x" * 41 not in empty.ui.sliceLabel.text, "the panel would grow as wide as the name"
    button = unwrap(empty.ui.undoButton)
    places = {button.mapTo(window, button.rect().center()).y()}
    for place in (LONG, (30, 54, 5)):
        empty.click(place)
        empty.stand_in.render()
        places.add(button.mapTo(window, button.rect().center()).y())
    assert len(places) == 1


def test_bone_given_to_an_artery_is_questioned(desk: AnnotationDesk) -> None:
    bone = (30, 54, 5)
    desk.click(LONG)
    assert "bone" not in desk.message
    desk.click(bone)
    assert "bone" in desk.message
    desk.key("z", held="ctrl")
    desk.key("1")
    desk.click(bone)
    assert "bone" not in desk.message
    desk.key("2")
    desk.key("l")
    desk.drag([(4, 4, 5), (56, 4, 5), (56, 58, 5), (4, 58, 5)])
    assert "bone" in desk.message


def test_a_click_on_another_volume_labels_nothing_and_brings_the_scan_back(desk: AnnotationDesk) -> None:
    import slicer

    other = desk.volume(name="other", hu=chest()[:, ::-1].copy())
    slicer.util.setSliceViewerLayers(background=other)
    desk.click(LONG)
    assert desk.label(LONG) == 0
    assert "another volume" in desk.message
    red, green = (
        slicer.app.layoutManager().sliceWidget(name).sliceLogic().GetSliceCompositeNode()
        for name in ("Red", "Green")
    )
    assert red.GetBackgroundVolumeID() == desk.scan.volume_node.GetID()
    assert green.GetBackgroundVolumeID() == other.GetID(), "the other views are the reader's business"
    desk.click(LONG)
    assert desk.label(LONG) == LAD


@pytest.mark.parametrize("how", ["voxels", "segment"])
def test_what_the_segment_editor_did_is_taken_back_and_said(desk: AnnotationDesk, how: str) -> None:
    from vtk.util.numpy_support import vtk_to_numpy

    desk.click(LONG)
    desk.widget.exit()
    segmentation = desk.scan.nodes.calcium.shared.node.GetSegmentation()
    lad = segmentation.GetSegmentIdBySegmentName("LAD")
    if how == "voxels":
        image = segmentation.GetSegment(lad).GetRepresentation("Binary labelmap")
        vtk_to_numpy(image.GetPointData().GetScalars()).reshape(chest().shape)[5, 30:33, 41:44] = LAD
        image.Modified()
    else:
        segmentation.RemoveSegment(lad)
    assert (desk.shown() != desk.scan.session.desk.layers["cac"]).any()
    desk.widget.enter()
    np.testing.assert_array_equal(desk.shown(), desk.scan.session.desk.layers["cac"])
    assert "taken back" in desk.message
    desk.widget.exit()
    desk.ui.messageLabel.text = ""
    desk.widget.enter()
    assert desk.message == ""


def test_undo_goes_where_it_undoes(desk: AnnotationDesk) -> None:
    desk.click(LONG)
    desk.go((30, 54, 11))
    desk.key("z", held="ctrl")
    assert desk.scan.slice_index == 6, "the nearest slice of the lesion, 4 to 6"
    desk.go((30, 54, 0))
    desk.key("y", held="ctrl")
    assert desk.scan.slice_index == 4
    desk.go(LONG)
    desk.key("z", held="ctrl")
    assert desk.scan.slice_index == LONG[2], "nothing moves where it can be seen"


def test_what_was_said_of_a_scan_is_not_said_of_none(desk: AnnotationDesk) -> None:
    desk.click(LONG)
    desk.stand_in.close_scene()
    assert "scene was closed" in desk.message
    assert not desk.ui.scanSection.collapsed
    desk.ui.sourceTabs.currentIndex = 0
    desk.hands.settle()
    desk.hands.click_cell(desk.ui.scanTable, 0, 0, double=True)
    desk.click(SMALL)
    desk.ui.scanSection.collapsed = False
    desk.hands.click(desk.ui.closeScanButton)
    assert desk.message == "The scan is closed; all labels are stored"
