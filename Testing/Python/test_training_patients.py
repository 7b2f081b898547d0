"""Which scans are of one patient: DICOM files say so, patients.csv says so, or each is alone."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")

from CACAnnotationLib.training.patients import PatientTable
from CACAnnotationLib.training.split import split_by_patient
from CACScoringLib.errors import CACError
from CACScoringLib.labels.label_map import write_label_map
from CACScoringLib.scans.sources import ScanSource
from dicom_samples import ct_series, sample_geometry, sample_hu, write_series
from training_samples import read_cache, write_cohort


def table(folder: Path, *rows: str) -> PatientTable:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "patients.csv").write_text("\n".join(("scan,patient", *rows)) + "\n")
    return PatientTable(folder)


def image(root: Path, path: str) -> ScanSource:
    return ScanSource(path, (root / path).parent, root, image=root / path)


def test_a_table_names_scans_by_path_by_name_and_by_folder(tmp_path: Path) -> None:
    read = table(
        tmp_path, "a/ct.nrrd,Ann", "b,Bob", "b/late,Ann", "C-1,Cat", "d/one.nii.gz,Cat", "e\\ct.mha,Eve"
    )
    same = {
        "Ann": ["a/ct.nrrd", "b/late/ct.nrrd"],
        "Bob": ["b/ct.nrrd", "b/early/deep/ct.nrrd"],
        "Cat": ["C-1.mhd", "d/one.nii.gz"],
        "Eve": ["e/ct.mha"],
    }

    patients = {
        name: {read.patient_of(image(tmp_path, path)) for path in paths} for name, paths in same.items()
    }

    assert all(len(found) == 1 for found in patients.values())
    assert len(set.union(*patients.values())) == 4
    assert not any(name in key for name in same for keys in patients.values() for key in keys)


def test_scans_of_one_patient_stay_together_and_changes_of_the_table_count(tmp_path: Path) -> None:
    data = write_cohort(tmp_path / "data", 8, without_calcium=0)
    alone = read_cache(data, tmp_path / "cache")
    assert len({scan.patient for scan in alone.scans}) == 8
    table(data, *(f"scan-{number},person {number % 3}" for number in range(8)))

    cache = read_cache(data, tmp_path / "cache")

    for seed in range(5):
        sides = [{scan for scan, _ in side} for side in split_by_patient(cache, 0.34, seed)]
        assert all(
            len({number % 3 for number in side}) == fewest for side, fewest in zip(sides, (2, 1), strict=True)
        )
    assert [scan.fingerprint for scan in cache.scans] == [scan.fingerprint for scan in alone.scans]
    assert "person" not in (tmp_path / "cache" / "index.json").read_text()


def test_dicom_files_need_no_table_and_a_table_has_precedence(tmp_path: Path) -> None:
    for number, patient in enumerate(["same", "same", "other"]):
        folder = tmp_path / "data" / f"study-{number}"
        hu = sample_hu(seed=number)
        write_series(ct_series(hu, patient_id=patient), folder / "series")
        write_label_map(folder / "cac.nrrd", (hu > 130).astype("uint8"), sample_geometry(hu), "cac")

    known = read_cache(tmp_path / "data", tmp_path / "cache").scans
    table(tmp_path / "data", "study-0,A", "study-2,A")
    changed = read_cache(tmp_path / "data", tmp_path / "cache").scans

    assert known[0].patient == known[1].patient != known[2].patient
    assert changed[0].patient == changed[2].patient != changed[1].patient
    assert changed[1].patient == known[1].patient


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"a,b\n1,2\n", "must have columns scan and patient, separated by commas"),
        (b"scan;patient\nscan-0;A\n", "must have columns scan and patient, separated by commas"),
        (b"", "must have columns scan and patient"),
        (
            b"scan,patient\nscan-0,A\n",
            "names no patient for scan-1/ct.nrrd: add a row with its path, or that of",
        ),
        (b"scan,patient\nscan-0,A\nscan-0/,B\n", "line 3: scan-0/ has another patient further up"),
        (b"scan,patient\nscan-0,\n", "line 2: the cell of patient is empty"),
        (b"scan,patient\nscan-0\n", "line 2: the cell of patient is empty"),
        (b"patient,scan\nA,\n", "line 2: the cell of scan is empty"),
        (b"\xff\xfe\x00s", "is not comma-separated text in UTF-8; export it as CSV"),
        (b'scan,patient\n"scan-0,A\n', "is not comma-separated text in UTF-8; export it as CSV"),
    ],
)
def test_a_table_that_is_wrong_is_named_before_anything_is_read(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    data = write_cohort(tmp_path / "data", 2)
    (data / "patients.csv").write_bytes(content)

    with pytest.raises(CACError) as caught:
        read_cache(data, tmp_path / "cache")

    assert sentence in str(caught.value)
    assert str(caught.value).startswith(str(data / "patients.csv"))
    assert not (tmp_path / "cache").exists()


def test_a_table_as_spreadsheets_write_it_is_read(tmp_path: Path) -> None:
    data = write_cohort(tmp_path / "data", 3)
    lines = "Patient ,Scan,age\r\nA,scan-0,50\r\n,,\r\nB, scan-1/ct.nrrd ,60\r\nA,scan-2,50\r\n"
    (data / "patients.csv").write_bytes(b"\xef\xbb\xbf" + lines.encode())

    patients = [scan.patient for scan in read_cache(data, tmp_path / "cache").scans]

    assert patients[0] == patients[2] != patients[1]
