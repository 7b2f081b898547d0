"""Labels of a project exported for training elsewhere, and read back."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from cac_runner import run_cac
from CACAnnotationLib.export.exported_scans import ExportChoice, exported_scans
from CACAnnotationLib.export.formats import export_project
from CACAnnotationLib.export.nnunet_dataset import CALCIUM, REGIONS
from CACAnnotationLib.importing.importing import import_labels
from CACAnnotationLib.project.adding import AddingOptions, add_images
from CACAnnotationLib.project.project import Project
from CACAnnotationLib.session.calcium import Exclusion
from CACAnnotationLib.session.proposal import ProposedLabels
from CACAnnotationLib.session.session import AnnotationSession
from CACAnnotationLib.store.reading_kinds import ADJUDICATION, OWN
from CACAnnotationLib.store.settled_labels import ReadingChoice
from CACAnnotationLib.training.labelled_scans import labelled_scans
from CACScoringLib.errors import CACError
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.labels.label_map import read_label_map, write_label_map
from CACScoringLib.scans.image_file import read_image_volume
from CACScoringLib.schemes import label_scheme
from session_samples import LONG, SMALL, ijk, small_scan

SIGNED_OFF = (2, 3)
ALL = ExportChoice()


def labelled_project(folder: Path, *, with_lm: bool = False) -> Project:
    """Two scans: the first labelled by Anna in part, with regions in one slice; the second untouched."""
    project = Project.create(folder / "project", with_lm=with_lm)
    scan = small_scan()
    for name, change in (("Miller, John", 0), ("other", 1)):
        hu = scan.values.copy()
        hu[0, 0, 0] += change
        sitk.WriteImage(scan.geometry.to_image(hu), str(folder / f"{name}.nrrd"))
    outcomes = [each.outcome for each in add_images(project, sorted(folder.glob("*.nrrd")), AddingOptions())]
    assert outcomes == ["added", "added"]
    label(project, "Anna")
    return project


def label(project: Project, reader: str, round_number: int = 1, artery: str = "LAD") -> AnnotationSession:
    session = AnnotationSession.open(project, project.scans[0], reader, round=round_number)
    session.calcium.click(ijk(LONG[0]), artery)
    session.calcium.click(ijk(SMALL[0]), "RCA")
    session.calcium.exclude(ijk(SMALL[0]), Exclusion.STENT)
    session.regions.scribble(2, [(6, 8), (9, 8)], 0.5, artery)
    session.regions.contour(2, [(2, 2), (20, 2), (20, 16), (2, 16), (2, 2)])
    for slice_index in SIGNED_OFF:
        session.slices.sign_off(slice_index, rest_is_other=True)
    session.close()
    return session


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return labelled_project(tmp_path_factory.mktemp("labelled"))


def layers(project: Project) -> dict[str, np.ndarray]:
    entry = project.scans[0]
    return dict(project.store.reading(entry.series, entry.shape, "Anna", 1).layers)


def test_scans_without_labels_are_left_out_and_names_are_pseudonyms(project: Project) -> None:
    (scan,) = exported_scans(project, ALL)
    assert scan.name == f"{project.scans[0].patient}-0001"
    assert "Miller" not in scan.name
    (identified,) = exported_scans(project, ExportChoice(identified=True))
    assert "Miller" in identified.name
    assert np.flatnonzero(scan.signed_off).tolist() == list(SIGNED_OFF)


def test_nrrd_files_are_what_training_reads(project: Project, tmp_path: Path) -> None:
    (written,) = export_project(project, "nrrd", tmp_path / "out", ALL)
    assert written.labelled == {"cac": 2, "car": 1}
    with labelled_scans(tmp_path / "out") as found:
        (labelled,) = found
        _, car, cac = labelled.read()
        np.testing.assert_array_equal(cac, layers(project)["cac"])
        np.testing.assert_array_equal(car, layers(project)["car"])
    np.testing.assert_array_equal(
        read_image_volume(tmp_path / "out" / f"{written.name}.mhd").values,
        project.read_scan(project.scans[0]).values,
    )
    assert f"{written.name},{project.scans[0].patient}" in (tmp_path / "out/patients.csv").read_text()


def test_nnunet_labels_are_consecutive_and_what_nobody_saw_is_ignored(
    project: Project, tmp_path: Path
) -> None:
    (written,) = export_project(project, "nnunet", tmp_path / "out", ALL)

    def of(dataset: str) -> tuple[dict, np.ndarray]:
        document = json.loads((tmp_path / "out" / dataset / "dataset.json").read_text())
        label = tmp_path / "out" / dataset / "labelsTr" / f"{written.name}{document['file_ending']}"
        return document, sitk.GetArrayFromImage(sitk.ReadImage(str(label)))

    document, labels = of(CALCIUM)
    assert document["labels"] == {"background": 0, "OTHER": 1, "LAD": 2, "LCX": 3, "RCA": 4, "ignore": 5}
    assert document["numTraining"] == 1
    cac = layers(project)["cac"]
    np.testing.assert_array_equal(labels[list(SIGNED_OFF)], cac[list(SIGNED_OFF)])
    assert (labels[[0, 1, 4, 5]] == 5).all()

    document, labels = of(REGIONS)
    assert document["labels"] == {"background": 0, "LAD": 1, "LCX": 2, "RCA": 3, "ignore": 4}
    car = layers(project)["car"]
    assert (labels[car == 0] == 4).all()
    assert (labels[car == 1] == 0).all()
    assert (labels[car == 2] == 1).all()
    image = tmp_path / "out" / CALCIUM / "imagesTr" / f"{written.name}_0000.nii.gz"
    assert sitk.ReadImage(str(image)).GetSize() == labels.shape[::-1]


def test_left_main_has_a_place_of_its_own_where_it_is_kept_apart(tmp_path: Path) -> None:
    project = labelled_project(tmp_path, with_lm=True)
    list(export_project(project, "nnunet", tmp_path / "out", ALL))
    for dataset, last in ((CALCIUM, 6), (REGIONS, 5)):
        names = json.loads((tmp_path / "out" / dataset / "dataset.json").read_text())["labels"]
        assert names["ignore"] == last
        assert names["LM"] == last - 1


def test_monai_datalist_names_files_that_are_there(project: Project, tmp_path: Path) -> None:
    list(export_project(project, "monai", tmp_path / "out", ALL))
    document = json.loads((tmp_path / "out/datalist.json").read_text())
    (entry,) = document["training"]
    assert document["numTraining"] == 1
    assert entry["signed_off"] == list(SIGNED_OFF)
    assert entry["with_regions"] == [2]
    label = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "out" / entry["label"])))
    np.testing.assert_array_equal(label, layers(project)["cac"])
    assert (tmp_path / "out" / entry["image"]).is_file()
    assert document["labels"]["2"] == "LAD"


def test_csv_has_scores_with_their_state_and_leaves_out_what_does_not_count(
    project: Project, tmp_path: Path
) -> None:
    list(export_project(project, "csv", tmp_path / "out", ALL))
    with (tmp_path / "out/scores.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert row["review"] == "not reviewed, 2 of 6 slices"
    assert row["reader"] == "Anna"
    assert row["series_uid"] == ""
    session = AnnotationSession.open(project, project.scans[0], "Anna")
    assert float(row["total_agatston"]) == pytest.approx(session.scores.total.agatston)
    assert float(row["RCA_agatston"]) == 0, "a stent does not count"
    with (tmp_path / "out/lesions.csv").open() as file:
        lesions = list(csv.DictReader(file))
    assert [each["artery"] for each in lesions] == ["LAD"]


@pytest.fixture(scope="module")
def dicom_project(phantom_cohort: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A DICOM series of a phantom, two of its lesions labelled, one accepted from a proposal."""
    folder = tmp_path_factory.mktemp("dicom")
    scan = phantom_cohort / "scan-0001"
    project = Project.create(folder / "project")
    list(add_images(project, [scan / "dicom"], AddingOptions()))
    session = AnnotationSession.open(project, project.scans[0], "Anna")
    truth = {
        name: read_label_map(scan / f"{name}.nrrd", session.desk.scan.geometry) for name in ("cac", "car")
    }
    places = np.argwhere(truth["cac"] > 1)
    session.calcium.click(ijk(tuple(places[0])), "LAD")
    session.proposals.show(ProposedLabels("demo", truth["cac"], truth["car"]))
    session.proposals.accept(int(places[-1][0]))
    return project


def test_dicom_segmentations_say_voxel_for_voxel_what_the_labels_say(
    dicom_project: Project, tmp_path: Path
) -> None:
    highdicom = pytest.importorskip("highdicom")
    (written,) = export_project(dicom_project, "dicom-seg", tmp_path / "out", ALL)
    entry = dicom_project.scans[0]
    folder = dicom_project.scan_path(entry)
    stored = dicom_project.store.reading(entry.series, entry.shape, "Anna", 1).layers
    geometry = dicom_project.read_scan(entry).geometry
    assert len(written.files) == 2
    for kind, file in zip(("cac", "car"), written.files, strict=True):
        segmentation = highdicom.seg.segread(tmp_path / "out" / file)
        assert str(segmentation.PatientID) == entry.patient
        assert str(segmentation.PatientBirthDate or "") == ""
        names = {
            each: segmentation.get_segment_description(each).segment_label
            for each in segmentation.segment_numbers
        }
        found = np.zeros_like(stored[kind])
        for path in folder.iterdir():
            image = pydicom.dcmread(path, stop_before_pixels=True)
            place = geometry.ijk_of_lps(np.array(image.ImagePositionPatient, float))
            frame = segmentation.get_pixels_by_source_instance(
                [image.SOPInstanceUID],
                combine_segments=True,
                ignore_spatial_locations=True,
                assert_missing_frames_are_empty=True,
            )[0]
            for number, name in names.items():
                found[round(float(place[2]))][frame == number] = label_scheme()[name].value
        np.testing.assert_array_equal(found, stored[kind])


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="needs dciodvfy of Debian's dicom3tools")
def test_dciodvfy_finds_no_error_in_segmentations(dicom_project: Project, tmp_path: Path) -> None:
    pytest.importorskip("highdicom")
    (written,) = export_project(dicom_project, "dicom-seg", tmp_path / "out", ALL)
    for file in written.files:
        command = ["dciodvfy", str(tmp_path / "out" / file)]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        lines = (found.stdout + found.stderr).splitlines()
        assert [line for line in lines if line.startswith("Err")] == []
        assert any("Segmentation" in line for line in lines)


def test_measurement_reports_hold_the_scores_of_each_artery(dicom_project: Project, tmp_path: Path) -> None:
    pytest.importorskip("highdicom")
    (written,) = export_project(dicom_project, "dicom-sr", tmp_path / "out", ALL)
    report = pydicom.dcmread(tmp_path / "out" / written.files[0])
    session = AnnotationSession.open(dicom_project, dicom_project.scans[0], "Anna")
    assert report.CompletionFlag == "PARTIAL", "no slice is signed off"
    assert str(report.PatientID) == dicom_project.scans[0].patient
    expected = {name: each.agatston for name, each in session.scores.arteries.items() if name != "LM"}
    expected["Total"] = session.scores.total.agatston
    assert dict(_groups(report)) == pytest.approx(expected, rel=1e-4)


def _groups(report: pydicom.Dataset) -> list[tuple[str, float]]:
    """Name and calcium score of each group of measurements."""
    measurements = next(
        item for item in report.ContentSequence if item.ConceptNameCodeSequence[0].CodeValue == "126010"
    )
    groups = []
    for group in measurements.ContentSequence:
        by_code = {item.ConceptNameCodeSequence[0].CodeValue: item for item in group.ContentSequence}
        score = by_code["112058"].MeasuredValueSequence[0].NumericValue
        groups.append((by_code["112039"].TextValue, float(score)))
    return groups


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="needs dciodvfy of Debian's dicom3tools")
def test_dciodvfy_finds_no_error_in_reports(dicom_project: Project, tmp_path: Path) -> None:
    pytest.importorskip("highdicom")
    (written,) = export_project(dicom_project, "dicom-sr", tmp_path / "out", ALL)
    command = ["dciodvfy", str(tmp_path / "out" / written.files[0])]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = (found.stdout + found.stderr).splitlines()
    assert [line for line in lines if line.startswith("Err")] == []
    assert any("EnhancedSR" in line for line in lines)


def test_an_image_file_has_no_dicom_segmentation(project: Project, tmp_path: Path) -> None:
    with pytest.raises(CACError, match="is no folder of axial DICOM images"):
        list(export_project(project, "dicom-seg", tmp_path / "out", ALL))


def test_labels_of_one_reader_alone_or_those_that_count(tmp_path: Path) -> None:
    project = labelled_project(tmp_path)
    label(project, "Ben", artery="LCX")
    (scan,) = exported_scans(project, ALL)
    assert (scan.reader, scan.round, scan.cac[LONG[0]]) == ("Anna", "1", 2), "who began first"
    label(project, "Ben", ADJUDICATION, "RCA")
    (scan,) = exported_scans(project, ALL)
    assert (scan.reader, scan.round, scan.cac[LONG[0]]) == ("Ben", "3", 4)
    (scan,) = exported_scans(project, ExportChoice(ReadingChoice("Ben", OWN)))
    assert (scan.round, scan.cac[LONG[0]]) == ("1", 3)


def test_what_cannot_be_exported_is_a_sentence(project: Project, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").touch()
    with pytest.raises(CACError, match="is not empty"):
        export_project(project, "nrrd", tmp_path / "full", ALL)
    with pytest.raises(CACError, match="format 'nifti' is not one of nrrd"):
        export_project(project, "nifti", tmp_path / "new", ALL)
    with pytest.raises(CACError, match="nothing is labelled by Nobody"):
        list(export_project(project, "nrrd", tmp_path / "nobody", ExportChoice(ReadingChoice("Nobody"))))


def test_command(project: Project, tmp_path: Path) -> None:
    result = run_cac("export", project.folder, "--format", "nrrd", "--out", tmp_path / "out")
    assert "labels of Anna; cac: 2 slices, car: 1 slices" in result.output
    assert "not a medical device" in result.output
    again = run_cac("export", project.folder, "--format", "nrrd", "--out", tmp_path / "out", code=2)
    assert "is not empty" in again.output


def test_what_was_exported_comes_back_under_another_name(project: Project, tmp_path: Path) -> None:
    run_cac("export", project.folder, "--format", "nrrd", "--out", tmp_path / "out")
    result = run_cac("import", project.folder, tmp_path / "out", "--reader", "Copy")
    assert "labels in" in result.output
    entry = project.scans[0]
    copy = project.store.reading(entry.series, entry.shape, "Copy", 1)
    for layer in ("cac", "car"):
        np.testing.assert_array_equal(copy.layers[layer], layers(project)[layer])
    session = AnnotationSession.open(project, entry, "Copy")
    assert not session.review.signed_off
    session.undo()
    assert not session.desk.layers["cac"].any()


def test_dicom_segmentations_come_back(dicom_project: Project, tmp_path: Path) -> None:
    pytest.importorskip("highdicom")
    list(export_project(dicom_project, "dicom-seg", tmp_path / "out", ALL))
    (imported,) = import_labels(dicom_project, tmp_path / "out", "Copy")
    assert imported.error == ""
    entry = dicom_project.scans[0]
    first, copy = (
        dicom_project.store.reading(entry.series, entry.shape, name, 1) for name in ("Anna", "Copy")
    )
    for layer in ("cac", "car"):
        np.testing.assert_array_equal(copy.layers[layer], first.layers[layer])


def test_labels_that_do_not_fit_are_named_and_bone_marrow_gets_none(tmp_path: Path) -> None:
    project = labelled_project(tmp_path)
    folder = tmp_path / "labels"
    folder.mkdir()
    with pytest.raises(CACError, match="holds labels of no scan"):
        list(import_labels(project, folder, "Copy"))
    shape = project.scans[0].shape
    everywhere = np.full(shape, 2, np.uint8)
    geometry = project.read_scan(project.scans[0]).geometry
    write_label_map(folder / "other-label-lesion.nrrd", everywhere, geometry, "cac")
    wrong = VolumeGeometry(geometry.size, (2.0, 2.0, 3.0))
    write_label_map(folder / "Miller, John-label.nrrd", everywhere, wrong, "car")
    outcomes = {each.scan.name: each for each in import_labels(project, folder, "Copy")}
    assert outcomes["Miller, John.nrrd"].error
    other = outcomes["other.nrrd"]
    assert other.left_out > 0
    entry = other.scan
    session = AnnotationSession.open(project, entry, "Copy")
    assert np.count_nonzero(session.desk.layers["cac"]) == session.desk.candidates.all_voxels.size
