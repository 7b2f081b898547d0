"""Where scans of CAC Annotation come from, and where labels are when scenes come and go."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest
from annotation_desk import IJK_TO_RAS, LAD, LCX, LONG, SMALL, AnnotationDesk, chest
from CACScoringLib.geometry import VolumeGeometry
from saved_scenes import save_bundle


@pytest.fixture(scope="module")
def dicom(phantom_cohort: Path) -> Path:
    """A DICOM series of a synthetic scan."""
    return phantom_cohort / "scan-0001" / "dicom"


def add_scans(desk: AnnotationDesk, folder: Path) -> None:
    desk.ui.scanSection.collapsed = False
    desk.ui.sourceTabs.currentIndex = 0
    desk.dialogs.answer(str(folder))
    desk.hands.click(desk.ui.addScansButton)


def test_a_dicom_series_of_the_project(empty: AnnotationDesk, dicom: Path) -> None:
    empty.begin()
    add_scans(empty, dicom)
    assert empty.message == "1 scans added"
    assert empty.ui.scanTable.rowCount == 1
    empty.hands.click_cell(empty.ui.scanTable, 0, 0, double=True)
    scan = empty.scan
    assert scan.session.desk.scan.acquisition.series_uid
    assert scan.volume_node.GetDisplayNode().GetWindow() == 350
    assert empty.ui.scanSection.collapsed, "the panel makes room for the work"
    add_scans(empty, dicom)
    assert empty.message == "0 scans added"


def test_a_series_of_the_dicom_database(empty: AnnotationDesk, dicom: Path) -> None:
    import slicer

    empty.begin()
    empty.ui.sourceTabs.currentIndex = 2
    empty.hands.click(empty.ui.refreshDicomButton)
    assert "no CT series" in empty.message
    empty.stand_in.app.dicomDatabase().add_folder(dicom)
    empty.hands.click(empty.ui.refreshDicomButton)
    assert empty.ui.dicomTable.rowCount == 1
    empty.hands.click_cell(empty.ui.dicomTable, 0, 0)
    empty.hands.click(empty.ui.openDicomButton)
    uid = slicer.dicomDatabase.seriesForStudy(
        slicer.dicomDatabase.studiesForPatient(slicer.dicomDatabase.patients()[0])[0]
    )[0]
    assert empty.scan.entry.series == uid
    assert empty.ui.scanTable.rowCount == 1


def test_a_volume_from_a_file_is_referred_to_and_not_copied(empty: AnnotationDesk, tmp_path: Path) -> None:
    import SimpleITK as sitk

    file = tmp_path / "scan.nrrd"
    geometry = VolumeGeometry.of_ijk_to_ras(IJK_TO_RAS, chest().shape[::-1])
    sitk.WriteImage(geometry.to_image(chest()), str(file))
    volume = empty.volume()
    volume.AddDefaultStorageNode()
    volume.GetStorageNode().SetFileName(str(file))
    empty.begin()
    empty.read(volume)
    project = empty.widget.panel._context.place.project
    assert project.scan_path(empty.scan.entry) == file
    assert not (empty.folder / "scans").exists()


def test_a_volume_that_is_not_its_file_any_more_is_kept_as_it_is(
    empty: AnnotationDesk, tmp_path: Path
) -> None:
    import SimpleITK as sitk

    file = tmp_path / "scan.nrrd"
    geometry = VolumeGeometry.of_ijk_to_ras(IJK_TO_RAS, chest().shape[::-1])
    sitk.WriteImage(geometry.to_image(chest()), str(file))
    hu = chest()
    hu[5, 10:12, 10:12] = 600
    volume = empty.volume(hu=hu)
    volume.AddDefaultStorageNode()
    volume.GetStorageNode().SetFileName(str(file))
    empty.begin()
    empty.read(volume)
    project = empty.widget.panel._context.place.project
    assert project.scan_path(empty.scan.entry) != file
    np.testing.assert_array_equal(project.read_scan(empty.scan.entry).values, hu)


def test_two_scans_in_one_scene(empty: AnnotationDesk) -> None:
    empty.begin()
    first = empty.volume()
    other = chest()
    other[5, 44:47, 29:32] = 900
    second = empty.volume(name="other", hu=other)
    empty.read(first)
    empty.click(LONG)
    empty.read(second)
    assert empty.label(LONG) == 0
    empty.key("3")
    empty.click(SMALL)
    empty.read(first)
    assert (empty.label(LONG), empty.label(SMALL)) == (LAD, 0)
    assert not empty.ui.redoButton.enabled
    empty.key("z", held="ctrl")
    assert empty.label(LONG) == 0
    empty.read(second)
    assert empty.label(SMALL) == LCX


def test_readers_do_not_see_each_other(desk: AnnotationDesk) -> None:
    volume = desk.scan.volume_node
    desk.click(LONG)
    desk.ui.scanSection.collapsed = False
    desk.hands.type(desk.ui.readerEdit, "Ben", enter=True)
    desk.read(volume)
    assert desk.label(LONG) == 0
    assert desk.scan.session.desk.reading.reader == "Ben"


def test_scene_may_close_at_any_time(desk: AnnotationDesk) -> None:
    desk.key("s")
    view = desk.stand_in.slice_view("Red")
    desk.go(LONG)
    path = [desk.world(each) for each in ((22, 30, 5), (30, 30, 5))]
    desk.hands.drag_ras(view, path, release=False)
    desk.stand_in.close_scene()
    assert desk.scan is None
    assert desk.ui.sliceLabel.text == "No scan is open"
    desk.key("z", held="ctrl")
    desk.hands.click_ras(view, [0, 0, 0])
    desk.read(desk.volume())
    desk.key("c")
    desk.click(LONG)
    assert desk.label(LONG) == LAD


def test_volume_may_be_deleted_at_any_time(desk: AnnotationDesk) -> None:
    import slicer

    desk.click(LONG)
    slicer.mrmlScene.RemoveNode(desk.scan.volume_node)
    desk.hands.settle(100)
    assert desk.scan is None
    desk.read(desk.volume())
    assert desk.label(LONG) == LAD


def test_saved_scene_goes_on_where_it_was(desk: AnnotationDesk, tmp_path: Path) -> None:
    import slicer

    desk.click(LONG)
    desk.ui.smallestSlider.value = 2
    bundle = save_bundle(slicer.mrmlScene, tmp_path)
    desk.stand_in.close_scene()
    assert slicer.mrmlScene.ReadFromMRB(bundle)
    desk.hands.settle(200)
    assert desk.label(LONG) == LAD
    assert desk.scan.nodes.candidates.smallest_mm3 == 2
    desk.key("3")
    desk.click(SMALL)
    np.testing.assert_array_equal(desk.shown(), desk.scan.session.desk.layers["cac"])
    segmentations = slicer.mrmlScene.GetNodesByClass("vtkMRMLSegmentationNode")
    segmentations.UnRegister(None)
    names = sorted(
        segmentations.GetItemAsObject(n).GetName() for n in range(segmentations.GetNumberOfItems())
    )
    assert len(names) == len({name.rstrip("_0123456789") for name in names}), names
    desk.key("z", held="ctrl")
    desk.key("z", held="ctrl")
    assert desk.label(LONG) == 0


def test_what_cannot_be_opened_is_said_and_nothing_is_lost(desk: AnnotationDesk, tmp_path: Path) -> None:
    desk.click(LONG)
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "a.dcm").write_bytes(b"no image")
    add_scans(desk, broken)
    assert desk.dialogs.texts("error")
    desk.dialogs.answer(str(tmp_path / "no project"))
    desk.hands.click(desk.ui.openProjectButton)
    assert "project" in desk.dialogs.texts("error")[-1]
    assert desk.label(LONG) == LAD, "what was open stays open"


def test_store_that_fails_is_a_sentence_and_the_label_is_not_shown(desk: AnnotationDesk) -> None:
    desk.click(LONG)
    other = sqlite3.connect(desk.folder / "labels.sqlite")
    other.execute("BEGIN EXCLUSIVE")
    desk.key("3")
    desk.click(SMALL)
    assert desk.label(SMALL) == 0
    assert "labels.sqlite" in desk.message
    np.testing.assert_array_equal(desk.shown(), desk.scan.session.desk.layers["cac"])
    other.close()
    desk.click(SMALL)
    assert desk.label(SMALL) == LCX


def test_packages_are_asked_for_before_anything_is_labelled(empty: AnnotationDesk) -> None:
    empty.stand_in.packages.missing.add("sqlalchemy")
    empty.dialogs.answer(str(empty.folder), False)
    empty.hands.type(empty.ui.readerEdit, "Anna", enter=True)
    empty.hands.click(empty.ui.newProjectButton)
    empty.stand_in.packages.missing.clear()
    assert "sqlalchemy" in empty.dialogs.texts("question")[0].lower()
    assert not empty.folder.exists()
    assert empty.widget.panel._context.place is None


def test_contrast_and_other_warnings_stand_in_the_panel(empty: AnnotationDesk) -> None:
    hu = chest()
    empty.begin()
    empty.read(empty.volume(np.diag([-2.0, -2.0, 9.0, 1.0]), hu=hu))
    warnings = [each.message for each in empty.scan.session.desk.scan.warnings]
    assert warnings
    for warning in warnings:
        assert warning[1:] in empty.ui.warningsLabel.text
