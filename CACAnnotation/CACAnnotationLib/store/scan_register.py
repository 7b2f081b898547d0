"""Scans of a project: each series once, with what is needed to list it and to find it again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from .label_store import LabelStore
from .plain_errors import plain_errors
from .reading_rows import now_utc
from .schema import SCANS


@dataclass(frozen=True)
class ScanEntry:
    """A scan as the project remembers it.

    Parameters
    ----------
    series
        What its labels go by: the DICOM series UID, or a fingerprint of voxels and geometry.
    series_uid
        DICOM series to read from ``path``; None for an image file.
    name
        What tables call it; never a patient's name out of a DICOM header.
    patient
        Pseudonym, the same for all scans of a patient.
    path
        Where it lies, as kept: relative to the project's folder when below it, else absolute.
    member
        The image file in an archive; None for anything else.
    allow_gaps
        Whether missing slices are filled in when it is read.
    shape
        Slices, rows and columns.
    spacing_mm
        Distance between columns, rows and slices, in mm.
    id
        Number of the scan in the project, 0 until it is registered.
    """

    series: str
    series_uid: str | None
    name: str
    patient: str
    path: str
    member: str | None
    allow_gaps: bool
    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    id: int = 0

    @property
    def slices(self) -> int:
        """Number of slices."""
        return self.shape[0]


def registered_scans(store: LabelStore) -> list[ScanEntry]:
    """Return all scans in the order in which they were added."""
    with plain_errors(store.place), store.engine.connect() as connection:
        return [_entry(row) for row in connection.execute(select(SCANS).order_by(SCANS.c.id))]


def scans_in_batches(store: LabelStore, size: int = 500) -> Iterator[list[ScanEntry]]:
    """All scans in the order in which they were added, so many at a time."""
    last = 0
    while True:
        query = select(SCANS).where(SCANS.c.id > last).order_by(SCANS.c.id).limit(size)
        with plain_errors(store.place), store.engine.connect() as connection:
            batch = [_entry(row) for row in connection.execute(query)]
        if not batch:
            return
        yield batch
        last = batch[-1].id


def registered_scan(store: LabelStore, series: str) -> ScanEntry | None:
    """Return the scan of a series, None if it was not added."""
    with plain_errors(store.place), store.engine.connect() as connection:
        row = connection.execute(select(SCANS).where(SCANS.c.series == series)).first()
    return None if row is None else _entry(row)


def register_scan(store: LabelStore, scan: ScanEntry) -> bool:
    """Add a scan; False if another process has added its series meanwhile."""
    slices, rows, columns = scan.shape
    x_mm, y_mm, z_mm = scan.spacing_mm
    values = {
        "series": scan.series,
        "series_uid": scan.series_uid,
        "name": scan.name,
        "patient": scan.patient,
        "path": scan.path,
        "member": scan.member,
        "allow_gaps": scan.allow_gaps,
        "slices": slices,
        "rows": rows,
        "columns": columns,
        "column_spacing_mm": x_mm,
        "row_spacing_mm": y_mm,
        "slice_increment_mm": z_mm,
        "added": now_utc(),
    }
    with plain_errors(store.place):
        try:
            with store.engine.begin() as connection:
                connection.execute(insert(SCANS).values(values))
        except IntegrityError:
            return False
    return True


def move_scan(store: LabelStore, series: str, path: str, member: str | None) -> None:
    """Remember another place for a scan."""
    with plain_errors(store.place), store.engine.begin() as connection:
        connection.execute(update(SCANS).where(SCANS.c.series == series).values(path=path, member=member))


def _entry(row: Any) -> ScanEntry:
    return ScanEntry(
        row.series,
        row.series_uid,
        row.name,
        row.patient,
        row.path,
        row.member,
        row.allow_gaps,
        (row.slices, row.rows, row.columns),
        (row.column_spacing_mm, row.row_spacing_mm, row.slice_increment_mm),
        row.id,
    )
