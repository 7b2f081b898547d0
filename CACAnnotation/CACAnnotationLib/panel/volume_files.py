"""What volumes of the scene were loaded from, and what Slicer's DICOM database holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import slicer
from slicer.i18n import tr as _

CT_SERIES_COLUMNS = (_("Patient"), _("Study"), _("Series"))
_MODALITY, _SERIES_DESCRIPTION, _STUDY_DATE = "0008,0060", "0008,103E", "0008,0020"
_UIDS = "DICOM.instanceUIDs"


class DatabaseSeries(NamedTuple):
    """A CT series of the database, as its row says it, and its UID."""

    patient: str
    study: str
    description: str
    uid: str


def files_of_volume(volume: Any) -> list[Path]:
    """Return the files that a volume was loaded from, none where nobody knows."""
    database = _database()
    uids = (volume.GetAttribute(_UIDS) or "").split()
    if uids and database is not None:
        return [Path(file) for file in map(database.fileForInstance, uids) if file]
    storage = volume.GetStorageNode()
    file = storage.GetFileName() if storage is not None else None
    return [Path(file)] if file else []


def ct_series_of_database() -> list[DatabaseSeries]:
    """Return all CT series of the DICOM database, none where there is no database."""
    database = _database()
    if database is None:
        return []
    found = []
    for patient in database.patients():
        for study in database.studiesForPatient(patient):
            for series in database.seriesForStudy(study):
                files = database.filesForSeries(series, 1)
                if files and database.fileValue(files[0], _MODALITY) == "CT":
                    found.append(
                        DatabaseSeries(
                            database.nameForPatient(patient),
                            database.fileValue(files[0], _STUDY_DATE),
                            database.fileValue(files[0], _SERIES_DESCRIPTION),
                            series,
                        )
                    )
    return found


def files_of_series(uid: str) -> list[Path]:
    """Return the files of a series of the database."""
    return [Path(file) for file in slicer.dicomDatabase.filesForSeries(uid)]


def _database() -> Any | None:
    """The DICOM database if it is open; Slicer has none where its DICOM module is left out."""
    database = getattr(slicer, "dicomDatabase", None)
    return database if database is not None and database.isOpen else None
