"""Which scans are of one patient: ``patients.csv`` in the data folder, for files that do not say so."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from CACScoringLib.errors import CACError, os_reason
from CACScoringLib.scans.image_file import IMAGE_SUFFIXES
from CACScoringLib.scans.sources import ScanSource

PATIENTS_NAME = "patients.csv"


class PatientTable:
    """Patients of the scans in a folder, by the columns ``scan`` and ``patient`` of its ``patients.csv``.

    A scan goes by its path below the folder, with or without the ending, or by that of a folder it lies in;
    where several rows fit, the longest path counts. Whatever stands under ``patient`` is hashed and goes
    nowhere else.

    Parameters
    ----------
    folder
        Folder of the scans; without ``patients.csv`` in it the table is empty.

    Raises
    ------
    CACError
        If the table is unreadable, lacks a column or a cell, or gives a scan two patients.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / PATIENTS_NAME
        self._patients: dict[str, str] = {}
        if self._path.is_file():
            for line, scan, patient in self._rows():
                key = PurePosixPath(scan.replace("\\", "/")).as_posix()
                if self._patients.setdefault(key, patient) != patient:
                    raise CACError(f"{self._path}, line {line}: {scan} has another patient further up")

    def patient_of(self, source: ScanSource) -> str:
        """Return what is the same for all scans of a patient.

        What the table says has precedence over a DICOM file's pseudonym. Where there is no table and the
        scan says nothing, it is taken for the only one of its patient and its name is returned.

        Raises
        ------
        CACError
            If there is a table and neither it nor the scan says who the patient is: one patient might then
            end up on both sides of the split.
        """
        for path in _names(source):
            if path in self._patients:
                return "C-" + hashlib.sha256(self._patients[path].encode()).hexdigest()[:12]
        key = source.series[0].acquisition.patient_key if source.series else None
        if key is None and self._patients:
            raise CACError(
                f"{self._path} names no patient for {source.name}: add a row with its path, "
                "or that of its folder"
            )
        return key or source.name

    def _rows(self) -> Iterator[tuple[int, str, str]]:
        """Line number, scan and patient of every row."""
        try:
            with self._path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.DictReader(file, strict=True)
                names = {name.strip().lower(): name for name in reader.fieldnames or ()}
                if not {"scan", "patient"} <= names.keys():
                    raise CACError(f"{self._path} must have columns scan and patient, separated by commas")
                for row in reader:
                    scan, patient = ((row[names[name]] or "").strip() for name in ("scan", "patient"))
                    if scan and patient:
                        yield reader.line_num, scan, patient
                    elif scan or patient:
                        lacking = "patient" if scan else "scan"
                        raise CACError(
                            f"{self._path}, line {reader.line_num}: the cell of {lacking} is empty"
                        )
        except OSError as error:
            raise CACError(f"cannot read {self._path}: {os_reason(error)}") from error
        except (UnicodeDecodeError, csv.Error) as error:
            raise CACError(f"{self._path} is not comma-separated text in UTF-8; export it as CSV") from error


def scan_stem(image: Path) -> str:
    """Name of an image file without its ending, however many parts that has."""
    for suffix in sorted(IMAGE_SUFFIXES, key=len, reverse=True):
        if image.name.lower().endswith(suffix):
            return image.name[: -len(suffix)]
    return image.name


def _names(source: ScanSource) -> Iterator[str]:
    """What a table may call a scan, longest first."""
    path = PurePosixPath((source.image or source.folder).relative_to(source.root).as_posix())
    yield path.as_posix()
    if source.image:
        yield path.with_name(scan_stem(source.image)).as_posix()
    yield from (parent.as_posix() for parent in path.parents if parent.name)
