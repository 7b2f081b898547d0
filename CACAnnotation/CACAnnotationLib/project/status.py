"""How far a project is, as a document."""

from __future__ import annotations

from typing import Any

from ..queueing.summary import queue_document
from ..store.parts import parts_of_patients
from ..store.progress import progress_of
from ..store.slice_status import FLAGGED, SIGNED_OFF, SKIPPED
from .project import Project


def project_status(project: Project) -> dict[str, Any]:
    """Return a JSON-able document: scans with their readings, rounds of the queue, and totals.

    Of a scan, ``labelled`` and ``signed_off`` count slices that at least one reader has labelled or signed
    off; of a reading, those of that reader in that round; ``part`` is null before patients are divided. Times
    are in seconds.
    """
    progress, parts = progress_of(project.store), parts_of_patients(project.store)
    scans: list[dict[str, Any]] = [
        {
            "id": scan.id,
            "name": scan.name,
            "patient": scan.patient,
            "part": parts.get(scan.patient),
            "series": scan.series,
            "slices": scan.slices,
            "rows": scan.shape[1],
            "columns": scan.shape[2],
            "spacing_mm": list(scan.spacing_mm),
            "available": project.scan_path(scan).exists(),
            "labelled": progress.labelled.get(scan.series, 0),
            "signed_off": progress.signed_off.get(scan.series, 0),
            "readings": [],
        }
        for scan in project.scans
    ]
    by_series = {scan["series"]: scan for scan in scans}
    readers: dict[str, dict[str, Any]] = {}
    for reading in progress.readings:
        counts = {
            "labelled": reading.labelled,
            "signed_off": reading.statuses.get(SIGNED_OFF, 0),
            "skipped": reading.statuses.get(SKIPPED, 0),
            "flagged": reading.statuses.get(FLAGGED, 0),
            "seconds": round(reading.seconds, 1),
        }
        if reading.series in by_series:
            by_series[reading.series]["readings"].append(
                {"reader": reading.reader, "round": reading.round, **counts}
            )
        total = readers.setdefault(reading.reader, dict.fromkeys(counts, 0))
        for key, value in counts.items():
            total[key] += value
    return {
        "project": project.folder.name,
        "created": project.created.isoformat(),
        "with_lm": project.with_lm,
        "scans": scans,
        "queue": queue_document(project.store),
        "readers": [{"reader": name, **counts} for name, counts in sorted(readers.items())],
        "total": {
            "scans": len(scans),
            "patients": len({scan["patient"] for scan in scans}),
            "slices": sum(scan["slices"] for scan in scans),
            "labelled": sum(scan["labelled"] for scan in scans),
            "signed_off": sum(scan["signed_off"] for scan in scans),
            "seconds": round(sum(reading.seconds for reading in progress.readings), 1),
        },
    }
