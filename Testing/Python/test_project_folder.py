"""The project folder: made once, opened safely, scans added once and found again."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

pytest.importorskip("sqlalchemy")

from cac_runner import run_cac
from CACAnnotationLib.project.project import Project
from CACAnnotationLib.store.actions import Action, slice_status_detail
from CACScoringLib.errors import CACError
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.labels.label_map import write_label_map
from CACScoringLib.phantom.dicom_export import write_ct_series
from CACScoringLib.scans.ct_scan import Acquisition
from store_samples import change
from volumes import blocks

SHAPE = (8, 64, 48)
GEOMETRY = VolumeGeometry(SHAPE[::-1], (0.5, 0.625, 3.0), (-16.0, -16.0, -12.0))
HU = blocks(SHAPE, (slice(2, 4), slice(10, 14), slice(10, 20), 250))
HU[:, 0] = -1000


def dicom(folder: Path, number: int = 1, **facts: object) -> Path:
    write_ct_series(
        folder,
        HU + np.int16(number),
        GEOMETRY,
        Acquisition(**facts),  # type: ignore[arg-type]
        patient_name="DOE^JANE",
        patient_id=f"ID-{number}",
    )
    return folder


def image(path: Path, add_hu: int = 0, *, compressed: bool = False) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(GEOMETRY.to_image(HU + np.int16(add_hu)), str(path), useCompression=compressed)
    return path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path / "study")


def add(project: Project, *arguments: object, code: int = 0) -> list[str]:
    """Add scans and return what is said, the sum last."""
    result = run_cac("project", "add", project.folder, *arguments, code=code)
    assert "DOE" not in result.output.upper().replace("DOES", "")
    assert "ID-1" not in result.output
    return [*result.stderr.splitlines(), *result.stdout.splitlines()]


def test_init_makes_a_project_once(tmp_path: Path) -> None:
    said = run_cac("project", "init", tmp_path / "a" / "b", "--lm").stdout
    assert "OTHER, LAD, LCX, RCA, LM" in said
    project = Project.open(tmp_path / "a" / "b")
    assert project.with_lm
    assert project.scans == []
    assert "already" in run_cac("project", "init", project.folder, code=2).stderr
    run_cac("project", "init", tmp_path / "plain")
    assert not Project.open(tmp_path / "plain").with_lm


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cac project init"),
        ("format = 2\n", "newer version"),
        ("format = \n", "no TOML file"),
        ("format = 1\n", "must say"),
    ],
)
def test_projects_that_cannot_be_opened(project: Project, text: str | None, said: str) -> None:
    file = project.folder / "project.toml"
    file.unlink()
    if text is not None:
        file.write_text(text)
    assert said in run_cac("project", "status", project.folder, code=2).stderr


def test_lost_labels_are_not_replaced_by_new_ones(project: Project) -> None:
    file = project.folder / "labels.sqlite"
    for lose in (lambda: file.write_bytes(b""), file.unlink):
        lose()
        assert "restore it from a backup" in run_cac("project", "status", project.folder, code=2).stderr
    assert not file.exists()


def test_a_folder_of_scans_by_reference(project: Project, tmp_path: Path) -> None:
    cohort = tmp_path / "cohort"
    dicom(cohort / "Doe_Jane" / "dicom", 1)
    dicom(cohort / "two", 2)
    image(cohort / "three" / "ct.nrrd")
    write_label_map(cohort / "three" / "cac.nrrd", np.zeros(SHAPE, np.uint8), GEOMETRY, "cac")
    broken = next((dicom(cohort / "four", 4)).iterdir())
    broken.write_bytes(broken.read_bytes()[:3000])

    said = add(project, cohort, tmp_path / "nowhere")

    assert said[-1] == "3 added, 2 failed"
    assert any(broken.name in line for line in said)
    assert any("nowhere" in line for line in said)
    scans = {scan.name: scan for scan in project.scans}
    first, second, third = (scans[name] for name in sorted(scans, key=lambda name: scans[name].id))
    assert {scan.shape for scan in scans.values()} == {SHAPE}
    assert first.spacing_mm == pytest.approx((0.5, 0.625, 3.0))
    assert len({scan.patient for scan in scans.values()}) == 3
    assert len({scan.series for scan in scans.values()}) == 3
    assert scans["three/ct.nrrd"].series_uid is None
    for scan in (first, second, third):
        assert project.scan_path(scan).exists()
        assert Path(scan.path).is_absolute(), "outside the project"
        assert project.read_scan(scan).values.shape == SHAPE
    assert (project.read_scan(scans["two"]).values == HU + 2).all()
    assert add(project, cohort, code=2)[-1] == "3 there already, 1 failed"


def test_the_same_series_never_twice(project: Project, tmp_path: Path) -> None:
    folder = dicom(tmp_path / "ct")
    add(project, folder)
    shutil.copytree(folder, tmp_path / "again")
    add(project, image(tmp_path / "ct.nrrd", 5))

    same = [
        tmp_path / "again",
        image(tmp_path / "packed.nrrd", 5, compressed=True),
        image(tmp_path / "ct.nii.gz", 5),
        image(tmp_path / "ct.mha", 5),
    ]

    said = add(project, folder, *same)
    assert said[-1] == "5 there already"
    assert len(project.scans) == 2
    assert add(project, image(tmp_path / "other.nrrd", 6))[-1] == "1 added"


def test_nothing_added_is_an_error(project: Project, tmp_path: Path) -> None:
    (tmp_path / "text.nrrd").write_text("no image")
    said = add(project, tmp_path / "text.nrrd", tmp_path / "nowhere", code=2)
    assert said[-1] == "2 failed"
    assert add(project, dicom(tmp_path / "ct"), "--series", "1.2.3", code=2)[0].endswith("no series 1.2.3")


def test_one_series_of_a_study_or_another(project: Project, tmp_path: Path) -> None:
    dicom(tmp_path / "study-1" / "a", 1, study_uid="1.2", series_uid="1.2.3", contrast_agent="Iomeprol")
    dicom(tmp_path / "study-1" / "b", 1, study_uid="1.2", series_uid="1.2.4")
    assert "1 more series, to be added with --series" in add(project, tmp_path / "study-1")[0]
    add(project, tmp_path / "study-1", "--series", "1.2.3")
    assert [scan.series for scan in project.scans] == ["1.2.4", "1.2.3"]
    assert len({scan.patient for scan in project.scans}) == 1
    assert [project.read_scan(scan).acquisition.series_uid for scan in project.scans] == ["1.2.4", "1.2.3"]


def test_copies_are_whole_and_move_with_the_project(project: Project, tmp_path: Path) -> None:
    dicom(tmp_path / "doe" / "ct")
    named = tmp_path / "doe" / "ct" / "DOE-JANE.dcm"
    (tmp_path / "doe" / "ct" / "0003.dcm").rename(named)
    image(tmp_path / "head.mhd", 5)
    add(project, "--copy", tmp_path / "doe", tmp_path / "head.mhd")
    shutil.rmtree(tmp_path / "doe")
    (tmp_path / "head.raw").unlink()

    moved = project.folder.rename(tmp_path / "moved")

    again = Project.open(moved)
    values = [again.read_scan(scan).values for scan in again.scans]
    assert [(each == HU + number).all() for each, number in zip(values, (1, 5), strict=True)] == [True, True]
    assert all(scan.path.startswith("scans/") for scan in again.scans)
    assert not any("doe" in str(path).lower() for path in (moved / "scans").rglob("*"))


def test_scans_inside_the_project_are_remembered_by_where_they_are_in_it(
    project: Project, tmp_path: Path
) -> None:
    add(project, dicom(project.folder / "data" / "ct"))
    assert project.scans[0].path == "data/ct"
    moved = Project.open(project.folder.rename(tmp_path / "moved"))
    assert (moved.read_scan(moved.scans[0]).values == HU + 1).all()


def test_archives(project: Project, tmp_path: Path) -> None:
    dicom(tmp_path / "in" / "ct")
    for number in (5, 6):
        image(tmp_path / "in" / f"{number}.nrrd", number)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for file in (tmp_path / "in").rglob("*.*"):
            archive.write(file, file.relative_to(tmp_path))
    shutil.rmtree(tmp_path / "in")
    assert add(project, tmp_path / "all.zip")[-1] == "3 added"
    values = {int(project.read_scan(scan).values[0, 1, 0]) - 40 for scan in project.scans}
    assert values == {1, 5, 6}


def test_a_scan_that_has_moved_is_said_and_found_again(project: Project, tmp_path: Path) -> None:
    add(project, dicom(tmp_path / "ct"), image(tmp_path / "ct.nrrd", 5))
    (tmp_path / "new").mkdir()
    for name in ("ct", "ct.nrrd"):
        (tmp_path / name).rename(tmp_path / "new" / name)
    for scan in project.scans:
        with pytest.raises(CACError, match="is not where it was"):
            project.read_scan(scan)
    assert "Not where they were" in run_cac("project", "status", project.folder).stdout
    assert add(project, tmp_path / "new")[-1] == "2 found again"
    assert all(project.read_scan(scan) for scan in project.scans)


def test_a_table_of_patients_counts(project: Project, tmp_path: Path) -> None:
    for number in range(3):
        image(tmp_path / "data" / f"{number}.nrrd", number)
    (tmp_path / "data" / "patients.csv").write_text("scan,patient\n0,Ann\n1.nrrd,Ann\n")
    said = add(project, tmp_path / "data")
    assert "names no patient for 2.nrrd" in said[0]
    assert len({scan.patient for scan in project.scans}) == 1
    assert "Ann" not in " ".join(said)


def test_status_counts_slices_readers_and_time(project: Project, tmp_path: Path) -> None:
    add(project, dicom(tmp_path / "ct"), image(tmp_path / "ct.nrrd"))
    first = project.scans[0]
    size = SHAPE[1] * SHAPE[2]
    for reader, slices, seconds in (("Anna", (2, 3), 65.0), ("Bo [x]", (3, 4, 5), 5.0)):
        reading = project.store.reading(first.series, first.shape, reader, 1)
        reading.record(
            Action("label", (change(reading.layers, "cac", [index * size for index in slices], 2),))
        )
        reading.record(Action("strokes", (change(reading.layers, "strokes", [7 * size], 2),)))
        reading.record(Action("sign off", (), {"slice_status": [slice_status_detail(3, "signed off")]}))
        reading.add_seconds(3, seconds)

    document = json.loads(run_cac("project", "status", project.folder, "--json").stdout)

    one, two = document["scans"]
    assert (one["slices"], one["labelled"], one["signed_off"]) == (8, 4, 1)
    assert [(each["reader"], each["labelled"], each["seconds"]) for each in one["readings"]] == [
        ("Anna", 2, 65.0),
        ("Bo [x]", 3, 5.0),
    ]
    assert (two["labelled"], two["readings"]) == (0, [])
    assert document["total"] == {
        "scans": 2, "patients": 2, "slices": 16, "labelled": 4, "signed_off": 1, "seconds": 70.0,
    }  # fmt: skip
    text = run_cac("project", "status", project.folder).stdout
    assert "Bo [x]: 3 slices labelled, 1 signed off" in text
    assert "1 min 05 s" in text
    assert "doe" not in text.lower()
