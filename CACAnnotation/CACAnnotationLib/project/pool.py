"""The pool: slices that are to be labelled."""

from __future__ import annotations

from collections.abc import Iterator

from ..queueing.rounds import queued_slices
from ..store.parts import TRAINING, parts_of_patients
from ..store.progress import signed_off_slices
from ..store.scan_register import ScanEntry, scans_in_batches
from .project import Project


def pool_of(project: Project, part: str = TRAINING) -> Iterator[tuple[ScanEntry, list[int]]]:
    """Scans of a part's patients, each with its slices that are neither signed off by anybody nor queued.

    Scans without any such slice are left out. Memory does not grow with the number of scans.

    Parameters
    ----------
    project
        The project.
    part
        One of :data:`~CACAnnotationLib.store.parts.PARTS`.
    """
    parts = parts_of_patients(project.store)
    for batch in scans_in_batches(project.store):
        wanted = [entry for entry in batch if parts.get(entry.patient, TRAINING) == part]
        series = [entry.series for entry in wanted]
        done, queued = signed_off_slices(project.store, series), queued_slices(project.store, series)
        for entry in wanted:
            out = done.get(entry.series, set()) | queued.get(entry.series, set())
            slices = [index for index in range(entry.slices) if index not in out]
            if slices:
                yield entry, slices
