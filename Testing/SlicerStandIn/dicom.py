"""``slicer.dicomDatabase``: a DICOM database that a test fills."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Property, QObject, Signal

from .proxies import implementation


@implementation
class ctkDICOMDatabase(QObject):
    """Patients, studies, series and files of folders that were added."""

    databaseChanged = Signal()
    opened = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._files: dict[str, Any] = {}

    def add_folder(self, folder: Path) -> None:
        """Index the DICOM files below a folder (what a user does in Slicer's DICOM module)."""
        import pydicom

        for path in sorted(each for each in Path(folder).rglob("*") if each.is_file()):
            try:
                self._files[str(path)] = pydicom.dcmread(path, stop_before_pixels=True)
            except pydicom.errors.InvalidDicomError:
                continue
        self.databaseChanged.emit()

    def _is_open(self) -> bool:
        return True

    isOpen = Property(bool, _is_open)

    def patients(self) -> list[str]:
        return self._distinct("PatientID")

    def studiesForPatient(self, patient: str) -> list[str]:
        return self._distinct("StudyInstanceUID", PatientID=patient)

    def seriesForStudy(self, study: str) -> list[str]:
        return self._distinct("SeriesInstanceUID", StudyInstanceUID=study)

    def filesForSeries(self, series: str, _hits: int = -1) -> list[str]:
        return [path for path, facts in self._files.items() if facts.get("SeriesInstanceUID") == series]

    def instancesForSeries(self, series: str) -> list[str]:
        return self._distinct("SOPInstanceUID", SeriesInstanceUID=series)

    def fileForInstance(self, instance: str) -> str:
        return next((path for path, facts in self._files.items() if facts.SOPInstanceUID == instance), "")

    def fileValue(self, path: str, tag: str) -> str:
        """Value of a tag written ``gggg,eeee``; empty where the file has none."""
        group, element = (int(each, 16) for each in tag.split(","))
        found = self._files[path].get((group, element)) if path in self._files else None
        return "" if found is None or found.value is None else str(found.value)

    def instanceValue(self, instance: str, tag: str) -> str:
        return self.fileValue(self.fileForInstance(instance), tag)

    def descriptionForSeries(self, series: str) -> str:
        return self._first("SeriesDescription", SeriesInstanceUID=series)

    def descriptionForStudy(self, study: str) -> str:
        return self._first("StudyDescription", StudyInstanceUID=study)

    def nameForPatient(self, patient: str) -> str:
        return self._first("PatientName", PatientID=patient)

    def studyForSeries(self, series: str) -> str:
        return self._first("StudyInstanceUID", SeriesInstanceUID=series)

    def patientForStudy(self, study: str) -> str:
        return self._first("PatientID", StudyInstanceUID=study)

    def _distinct(self, key: str, **where: str) -> list[str]:
        return list(dict.fromkeys(str(each.get(key, "")) for each in self._matching(where)))

    def _first(self, key: str, **where: str) -> str:
        return next((str(each.get(key, "")) for each in self._matching(where)), "")

    def _matching(self, where: dict[str, str]) -> list[Any]:
        facts = self._files.values()
        return [
            each for each in facts if all(str(each.get(key, "")) == value for key, value in where.items())
        ]
