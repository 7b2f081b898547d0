"""CAC Annotation in a real window: opening scans, labelling lesions, undo, keys and the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from annotation_desk import (
    FAINT,
    IJK_TO_RAS,
    LAD,
    LCX,
    LONG,
    NOWHERE,
    OTHER,
    RCA,
    SMALL,
    SPECK,
    AnnotationDesk,
    observers,
)
from scene_nodes import moved_by, rotated

if TYPE_CHECKING:
    pass


def _slicer():  # type: ignore[no-untyped-def]
    import slicer

    return slicer


def test_nothing_can_be_opened_without_a_name_and_a_project(empty: AnnotationDesk) -> None:
    empty.ui.sourceTabs.currentIndex = 1
    assert not empty.ui.readVolumeButton.enabled
    assert not empty.ui.undoButton.enabled
    empty.dialogs.answer(str(empty.folder))
    empty.hands.click(empty.ui.newProjectButton)
    volume = empty.volume()
    empty.read(volume)
    assert empty.scan is None
    assert "name" in empty.message
    empty.hands.type(empty.ui.readerEdit, "Anna", enter=True)
    empty.hands.click(empty.ui.readVolumeButton)
    assert empty.scan.session.desk.reading.reader == "Anna"


def test_candidates_are_lit_until_they_have_a_label(desk: AnnotationDesk) -> None:
    desk.go(LONG)
    red, green, blue = desk.pixel(LONG)
    assert min(red, blue) > green + 40
    desk.click(LONG)
    red, green, blue = desk.pixel(LONG)
    assert red > green + 100
    assert red > blue + 100
    assert desk.pixel(NOWHERE)[0] == desk.pixel(NOWHERE)[1]
    desk.key("h")
    red, green, blue = desk.pixel(SMALL)
    assert red == green == blue
    desk.key("h")
    for _ in range(4):
        desk.key("]")
    assert desk.ui.candidateOpacitySlider.value == 100


def test_small_candidates_are_hidden_and_clicked_all_the_same(desk: AnnotationDesk) -> None:
    desk.go(SPECK)
    lit = desk.pixel(LONG)
    assert desk.pixel(SPECK)[0] > desk.pixel(SPECK)[1] + 20
    desk.ui.smallestSlider.value = 15
    red, green, blue = desk.pixel(SPECK)
    assert red == green == blue
    assert desk.pixel(LONG) == lit
    desk.click(SPECK)
    assert desk.label(SPECK) == LAD


def test_keys_choose_the_label_and_clicks_give_it(desk: AnnotationDesk) -> None:
    for key, place, label in (("2", LONG, LAD), ("3", SMALL, LCX), ("4", FAINT, RCA)):
        desk.key(key)
        desk.click(place)
        assert desk.label(place) == label
    assert desk.label((22, 22, 4)) == LAD
    np.testing.assert_array_equal(desk.shown(), desk.scan.session.desk.layers["cac"])
    agatston = desk.scan.session.scores.total.agatston
    assert desk.score == f"Agatston {agatston:.1f}: not reviewed, 0 of 12 slices"
    desk.key("1")
    desk.click(LONG)
    assert desk.label(LONG) == OTHER
    desk.key("5")
    assert desk.scan.session.active == "OTHER", "the project keeps no left main apart"
    assert not desk.ui.label5Button.visible
    desk.hands.click(desk.ui.label4Button)
    assert desk.scan.session.active == "RCA"


def test_modifiers_take_the_slice_alone_or_clear(desk: AnnotationDesk) -> None:
    desk.click(LONG, held="ctrl")
    assert [desk.label((22, 22, k)) for k in (4, 5, 6)] == [0, LAD, 0]
    desk.click(LONG, held="alt")
    assert desk.label(LONG) == 0
    assert desk.scan.session.desk.layers["cac"].sum() == 0


def test_a_click_beside_a_lesion_takes_it_and_one_into_nothing_says_so(desk: AnnotationDesk) -> None:
    desk.click((19.3, 22, 5))
    assert desk.label(LONG) == LAD
    desk.click(NOWHERE)
    assert desk.message == "No candidate here: nothing of 130 HU or more within 1.5 mm"
    desk.click(LONG)
    assert desk.message == "This lesion is LAD already"
    assert len(desk.scan.session.desk.reading.done) == 1


@pytest.mark.parametrize("view", ["Green", "Yellow"])
def test_clicks_work_in_all_views(desk: AnnotationDesk, view: str) -> None:
    desk.click(LONG, view=view)
    assert [desk.label((22, 22, k)) for k in (4, 5, 6)] == [LAD] * 3


def test_brush_labels_candidate_voxels_only(desk: AnnotationDesk) -> None:
    desk.key("b")
    desk.ui.brushSlider.value = 4
    desk.drag([(20, 18, 5), (20, 27, 5)])
    cac = desk.scan.session.desk.layers["cac"]
    assert (cac[5, 20:25, 20] == LAD).all()
    assert cac[5, 22, 24] == 0
    assert not cac[5, :20].any()
    assert not cac[[4, 6]].any()
    desk.drag([(20, 18, 5), (20, 27, 5)], held="alt")
    assert not desk.scan.session.desk.layers["cac"].any()


def test_lasso_labels_what_lies_inside(desk: AnnotationDesk) -> None:
    desk.key("l")
    desk.drag([(15, 15, 5), (50, 15, 5), (50, 38, 5), (15, 38, 5)])
    assert (desk.label(LONG), desk.label(SMALL), desk.label(FAINT)) == (LAD, LAD, 0)
    assert desk.message == "2 lesions LAD: 1008 mm³ in the slices 5 to 7"


def test_stent_and_metal_are_kept_out_of_the_score(desk: AnnotationDesk) -> None:
    desk.click(LONG)
    desk.click(SMALL)
    whole = desk.scan.session.scores.total.agatston
    desk.hands.click(desk.ui.stentToolButton)
    desk.click(LONG)
    assert desk.message == "Kept out of the score: stent"
    assert 0 < desk.scan.session.scores.total.agatston < whole
    desk.click(LONG)
    assert desk.scan.session.scores.total.agatston == whole


def test_rest_of_slice_and_scan_is_other(desk: AnnotationDesk) -> None:
    desk.click(LONG)
    desk.key("o")
    assert (desk.label(LONG), desk.label(SMALL)) == (LAD, OTHER)
    assert desk.label((30, 54, 0)) == 0
    desk.hands.click(desk.ui.restOfScanButton)
    assert desk.label((30, 54, 0)) == OTHER


def test_undo_and_redo_of_everything(desk: AnnotationDesk) -> None:
    states = [desk.shown()]
    for place in (LONG, SMALL, FAINT):
        desk.click(place)
        states.append(desk.shown())
    for state in reversed(states[:-1]):
        desk.key("z", held="ctrl")
        np.testing.assert_array_equal(desk.shown(), state)
    assert not desk.ui.undoButton.enabled
    for state in states[1:]:
        desk.key("y", held="ctrl")
        np.testing.assert_array_equal(desk.shown(), state)
    desk.hands.click(desk.ui.undoButton)
    np.testing.assert_array_equal(desk.shown(), states[2])
    assert "label lesion" in desk.message


def test_threshold_is_lowered_with_a_warning(desk: AnnotationDesk) -> None:
    before = len(desk.scan.session.desk.candidates)
    assert desk.ui.thresholdWarningLabel.text == ""
    desk.ui.candidateSection.collapsed = False
    desk.hands.type(desk.ui.thresholdSpinBox, "200", enter=True)
    assert len(desk.scan.session.desk.candidates) == before - 1
    assert "130" in desk.ui.thresholdWarningLabel.text
    desk.click(FAINT)
    assert "200 HU" in desk.message


def test_queue_walks_and_signs_off(desk: AnnotationDesk) -> None:
    first = desk.scan.slice_index
    desk.key("n")
    assert desk.scan.slice_index == first + 1
    desk.key("p")
    assert desk.scan.slice_index == first
    desk.hands.click(desk.ui.signOffButton)
    assert "have no label" in desk.message
    desk.ui.restIsOtherCheckBox.checked = True
    desk.hands.click(desk.ui.signOffButton)
    assert desk.scan.session.slices.status(first).status == "signed off"
    assert desk.scan.slice_index == first + 1
    assert desk.ui.scanProgressLabel.text.startswith("Scan: 1 of 12 slices signed off")
    assert "Round" not in desk.ui.projectProgressLabel.text, "the queue has none"
    assert "Project: 1 of 12 slices" in desk.ui.projectProgressLabel.text
    assert "not reviewed, 1 of 12" in desk.score
    desk.key("k")
    assert desk.scan.session.slices.status(first + 1).status == "skipped"
    desk.key("f")
    assert "note" in desk.message
    here = desk.scan.slice_index
    desk.hands.type(desk.ui.noteEdit, "breathing", enter=False)
    desk.hands.click(desk.ui.flagButton)
    assert desk.scan.session.slices.status(here).note == "breathing"
    assert "breathing" in desk.ui.sliceLabel.text
    desk.key("z", held="ctrl")
    assert desk.scan.session.slices.status(here).note == ""


def test_a_zero_is_one_only_when_all_is_signed_off(desk: AnnotationDesk) -> None:
    assert desk.score == "No score yet: not reviewed, 0 of 12 slices"
    desk.ui.restIsOtherCheckBox.checked = True
    for _ in range(12):
        desk.hands.click(desk.ui.signOffButton)
    assert desk.score == "Agatston 0: reviewed, 12 of 12 slices"
    assert desk.message == "All slices are signed off"


def test_return_in_a_field_signs_nothing_off(desk: AnnotationDesk) -> None:
    desk.ui.restIsOtherCheckBox.checked = True
    desk.hands.type(desk.ui.noteEdit, "2b", enter=True)
    assert desk.ui.noteEdit.text == "2b"
    assert not desk.scan.session.desk.reading.done
    assert desk.scan.session.active == "LAD"


def test_keys_and_mouse_work_only_while_the_module_is_shown(desk: AnnotationDesk) -> None:
    desk.widget.exit()
    desk.key("3")
    desk.click(LONG)
    assert desk.scan.session.active == "LAD"
    assert desk.label(LONG) == 0
    desk.widget.enter()
    desk.key("3")
    desk.click(LONG)
    assert desk.label(LONG) == LCX


def test_windows_and_zoom(desk: AnnotationDesk) -> None:
    display = desk.scan.volume_node.GetDisplayNode()
    desk.ui.viewSection.collapsed = False
    desk.hands.click(desk.ui.calciumButton)
    assert (display.GetWindow(), display.GetLevel()) == (800, 200)
    desk.key("w")
    assert (display.GetWindow(), display.GetLevel()) == (1500, 300)
    assert desk.ui.boneButton.checked
    desk.key("w")
    assert (display.GetWindow(), display.GetLevel()) == (350, 40)


def test_lesions_in_three_dimensions(desk: AnnotationDesk) -> None:
    desk.click(LONG)
    desk.ui.viewSection.collapsed = False
    desk.hands.click(desk.ui.threeDButton)
    segmentation = desk.scan.nodes.calcium.shared.node.GetSegmentation()

    def points(name: str) -> int:
        surface = segmentation.GetSegment(name).GetRepresentation("Closed surface")
        return surface.GetNumberOfPoints() if surface else 0

    assert points("LAD") > 0
    desk.key("3")
    desk.click(SMALL)
    desk.hands.wait_for(lambda: points("LCX") > 0, 5)


def test_keys_are_told(desk: AnnotationDesk) -> None:
    desk.hands.click(desk.ui.keysButton)
    assert "undo, without end" in desk.dialogs.texts()[-1]


@pytest.mark.parametrize("ijk_to_ras", [rotated(), rotated(-1), np.diag([0.4, -0.5, -3.0, 1.0])])
@pytest.mark.parametrize("transform", [None, moved_by(15, -40, 7, degrees=20)])
def test_clicks_and_strokes_on_oblique_and_moved_volumes(
    empty: AnnotationDesk, ijk_to_ras: np.ndarray, transform: np.ndarray | None
) -> None:
    empty.begin()
    volume = empty.volume(ijk_to_ras)
    if transform is not None:
        node = _slicer().mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
        node.SetMatrixTransformToParent(_slicer().util.vtkMatrixFromArray(transform))
        volume.SetAndObserveTransformNodeID(node.GetID())
    empty.read(volume)
    if transform is None:
        # the transform comes later
        node = _slicer().mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
        node.SetMatrixTransformToParent(_slicer().util.vtkMatrixFromArray(moved_by(3, 5, -2)))
        volume.SetAndObserveTransformNodeID(node.GetID())
    empty.click(LONG)
    assert [empty.label((22, 22, k)) for k in (4, 5, 6)] == [LAD] * 3
    np.testing.assert_array_equal(empty.shown(), empty.scan.session.desk.layers["cac"])
    empty.key("s")
    empty.drag([(30, 20, 5), (30, 28, 5)])
    assert empty.label((30, 24, 5), "car") == LAD, empty.message
    np.testing.assert_array_equal(empty.shown("regions"), empty.scan.session.desk.layers["car"])


def test_reload_leaves_nothing_behind(desk: AnnotationDesk) -> None:
    slicer = _slicer()
    desk.click(LONG)
    view = slicer.app.layoutManager().sliceWidget("Red").sliceView()
    things = [slicer.mrmlScene, desk.scan.volume_node, view.interactor()]
    counts = [observers(each) for each in things]
    nodes = slicer.mrmlScene.GetNumberOfNodes()
    for _ in range(2):
        desk.widget = desk.stand_in.reload_module("CACAnnotation")
        desk.hands.settle(100)
        assert desk.label(LONG) == LAD, "the scan is open again, where it was"
        assert [observers(each) for each in things] == counts
        assert slicer.mrmlScene.GetNumberOfNodes() == nodes
    desk.click(SMALL)
    assert len(desk.scan.session.desk.reading.done) == 2


def test_self_test_passes(empty: AnnotationDesk) -> None:
    _slicer().selfTests["CACAnnotation"]()


def test_volume_is_opened_again_with_its_labels(desk: AnnotationDesk) -> None:
    desk.click(LONG)
    desk.ui.scanSection.collapsed = False
    desk.ui.sourceTabs.currentIndex = 0
    desk.hands.click(desk.ui.closeScanButton)
    assert desk.scan is None
    desk.hands.click_cell(desk.ui.scanTable, 0, 0, double=True)
    assert desk.label(LONG) == LAD
    assert desk.scan.volume_node.GetName() == "CT"
    np.testing.assert_allclose(desk.scan.placement.ijk_to_world, IJK_TO_RAS)


def test_time_counts_while_the_module_is_shown(desk: AnnotationDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = desk.scan.session.slices.clock
    seconds = [100.0]
    monkeypatch.setattr(clock, "_now", lambda: seconds[0])
    clock.active()
    here = desk.scan.slice_index

    def spent() -> float:
        clock.keep_seconds()
        return desk.scan.session.slices.status(here).seconds

    before = spent()
    for passed, counts in ((20, 20), (70, 0), (50, 50)):
        seconds[0] += passed
        desk.click((22, 22, here))
        assert spent() == pytest.approx(before + counts)
        before += counts
    desk.widget.exit()
    seconds[0] += 30
    desk.widget.enter()
    seconds[0] += 5
    assert spent() == pytest.approx(before + 5)
