"""A reader's way through the queue of a project."""

from __future__ import annotations

from ..project.project import Project
from ..queueing.differences import two_readings
from ..queueing.labelling_queue import LabellingQueue
from ..queueing.queued_slice import SETTLE, QueuedSlice
from ..queueing.settling import begin_settling
from ..queueing.summary import nothing_left
from .open_scan import OpenScan
from .workplace import Workplace


class QueueWalk:
    """Which slice of the queue is in the reader's hands.

    Parameters
    ----------
    place
        Opens the scans; it has a project.
    project, reader
        Whose queue, and who reads.
    """

    def __init__(self, place: Workplace, project: Project, reader: str) -> None:
        self._place, self._project = place, project
        self._queue = LabellingQueue(project.store, reader)
        self.entry: QueuedSlice | None = None
        """The slice in hand; None before the first, and where nothing is left."""
        self.adjudicates = False
        """Whether the reader also gets slices whose two readings differ."""

    @property
    def reader(self) -> str:
        """Name of the reader."""
        return self._queue.reader

    def next(self) -> OpenScan | None:
        """Take the next slice and show it, in its scan; None where nothing is left, see :meth:`nothing_left`.

        Raises
        ------
        CACError
            If the scan cannot be read, or the store cannot be used; the slice stays the reader's.
        """
        place = self._place
        open_series = place.open_scan.entry.series if place.open_scan is not None else None
        self.entry = entry = self._queue.take(open_series, adjudicates=self.adjudicates)
        if entry is None:
            return None
        scan = place.open_scan
        if scan is None or scan.entry.series != entry.series or not self._is_open(scan, entry):
            registered = next(each for each in self._project.scans if each.series == entry.series)
            scan = place.open_entry(registered, self.reader, entry.reading)
        if entry.kind == SETTLE:
            readings = two_readings(self._project.store, entry)
            if readings is not None:
                begin_settling(scan.session, entry.slice_index, readings)
        scan.go_to_slice(entry.slice_index)
        return scan

    def skip(self) -> OpenScan | None:
        """Put the slice in hand off, and take the next one."""
        scan = self._place.open_scan
        if scan is not None and self.entry is not None:
            scan.session.slices.skip(self.entry.slice_index)
        return self.next()

    def stop(self) -> None:
        """Give back what is in hand."""
        self.entry = None
        self._queue.give_back()

    def nothing_left(self) -> str:
        """Say why there is no next slice."""
        return nothing_left(self._project.store)

    def _is_open(self, scan: OpenScan, entry: QueuedSlice) -> bool:
        reading = scan.session.desk.reading
        return (reading.reader, reading.round) == (self.reader, entry.reading)
