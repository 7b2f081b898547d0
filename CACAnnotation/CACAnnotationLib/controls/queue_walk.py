"""A reader's way through the queue of a project."""

from __future__ import annotations

import numpy as np
from CACScoringLib.errors import CACError

from ..project.project import Project
from ..queueing.differences import TwoReadings, two_readings
from ..queueing.labelling_queue import LabellingQueue
from ..queueing.queued_slice import SETTLE, QueuedSlice
from ..queueing.settling import begin_settling
from ..queueing.summary import nothing_left
from ..store.scan_register import registered_scan
from ..store.slice_status import FLAGGED, SKIPPED
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
    round
        Round of the queue to walk through; None for all, the oldest first.
    """

    def __init__(self, place: Workplace, project: Project, reader: str, round: int | None = None) -> None:
        self._place, self._project = place, project
        self._queue = LabellingQueue(project.store, reader)
        self._seen: list[QueuedSlice] = []
        self.round = round
        """Round that is walked through; None for all."""
        self.entry: QueuedSlice | None = None
        """The slice in hand; None before the first, and where nothing is left."""
        self.readings: TwoReadings | None = None
        """The two readings between which the slice in hand is to settle; None where it is another slice."""
        self.adjudicates = False
        """Whether the reader also gets slices whose two readings differ."""

    @property
    def reader(self) -> str:
        """Name of the reader."""
        return self._queue.reader

    @property
    def is_shown(self) -> bool:
        """Whether the slice in hand is the one that the axial view shows, in the reading that it is for."""
        scan = self._scan()
        return scan is not None and self.entry is not None and scan.slice_index == self.entry.slice_index

    def next(self) -> OpenScan | None:
        """Take the next slice and show it, in its scan; None where nothing is left, see :meth:`nothing_left`.

        Raises
        ------
        CACError
            If the scan cannot be read, or the store cannot be used; the slice stays the reader's.
        """
        return self._take(None)

    def back(self) -> OpenScan | None:
        """Show the slice that was in hand before this one; None where there was none.

        Raises
        ------
        CACError
            As of :meth:`next`.
        """
        ids = [each.id for each in self._seen]
        here = ids.index(self.entry.id) if self.entry is not None and self.entry.id in ids else len(ids)
        if here == 0:
            return None
        self.entry = self._seen[here - 1]
        return self.show()

    def show(self) -> OpenScan | None:
        """Show the slice in hand once more; None where there is none. Errors as of :meth:`next`."""
        entry, scan = self.entry, self._scan()
        if entry is None:
            return None
        if scan is None:
            registered = registered_scan(self._project.store, entry.series)
            if registered is None:
                raise CACError(f"the project has no scan {entry.series} any more: skip or flag its slice")
            scan = self._place.open_entry(registered, self.reader, entry.reading, passing=True)
        scan.go_to_slice(entry.slice_index)
        self.readings = two_readings(self._project.store, entry) if entry.kind == SETTLE else None
        if self.readings is not None:
            begin_settling(scan.session, entry.slice_index, self.readings)
            scan.go_to(_where(self.readings, entry.slice_index))
        return scan

    def take_up_shown(self) -> bool:
        """Take the slice that is shown in hand if it is this reader's, as one whose sign-off was undone is.

        Returns
        -------
        Whether the slice that is shown is in hand now.
        """
        if self.is_shown:
            return True
        scan = self._place.open_scan
        if scan is None:
            return False
        shown = (scan.entry.series, scan.session.desk.reading.round, scan.slice_index)
        for each in self._queue.leased():
            if (each.series, each.reading, each.slice_index) == shown:
                self.entry = each
                return True
        return False

    def sign_off(self, *, rest_is_other: bool = False) -> None:
        """Sign the slice in hand off, if it is shown.

        Raises
        ------
        CACError
            As of :meth:`~CACAnnotationLib.session.slices.SliceReview.sign_off`.
        """
        scan = self._scan()
        if scan is not None and self.entry is not None and self.is_shown:
            scan.session.slices.sign_off(self.entry.slice_index, rest_is_other=rest_is_other)

    def skip(self) -> OpenScan | None:
        """Put the slice in hand off, and take the next one."""
        entry, scan = self.entry, self._scan()
        if entry is not None and not (scan and scan.session.slices.skip(entry.slice_index)):
            # Its scan cannot be opened, or it was skipped before: the session has nothing to tell the queue.
            self._queue.slice_became(entry.series, entry.slice_index, entry.reading, SKIPPED, "")
        return self._take(None if entry is None else entry.id)

    def flag(self, note: str) -> OpenScan | None:
        """Leave the slice in hand to somebody else, say why, and take the next one."""
        entry, scan = self.entry, self._scan()
        if entry is not None and not (scan and scan.session.slices.flag(entry.slice_index, note)):
            self._queue.slice_became(entry.series, entry.slice_index, entry.reading, FLAGGED, note)
        return self.next()

    def stop(self) -> None:
        """Give back what is in hand."""
        self.entry = self.readings = None
        self._seen.clear()
        self._queue.give_back()

    def nothing_left(self) -> str:
        """Say why there is no next slice."""
        return nothing_left(self._project.store, self.round)

    def _take(self, skipped: int | None) -> OpenScan | None:
        place = self._place
        open_series = place.open_scan.entry.series if place.open_scan is not None else None
        self.readings = None
        self.entry = self._queue.take(
            open_series, adjudicates=self.adjudicates, only_round=self.round, skipped=skipped
        )
        if self.entry is None:
            return None
        if not self._seen or self._seen[-1].id != self.entry.id:
            self._seen.append(self.entry)
        return self.show()

    def _scan(self) -> OpenScan | None:
        """The scan of the slice in hand, if it is open in the reading that the slice is for."""
        scan, entry = self._place.open_scan, self.entry
        if scan is None or entry is None:
            return None
        reading = scan.session.desk.reading
        there = scan.entry.series, reading.reader, reading.round
        return scan if there == (entry.series, self.reader, entry.reading) else None


def _where(readings: TwoReadings, slice_index: int) -> tuple[int, int, int]:
    """Column, row and slice of the differing voxel that is nearest to the middle of all."""
    calcium = readings.calcium
    places = np.argwhere(calcium if calcium.any() else readings.regions)
    nearest = places[((places - places.mean(axis=0)) ** 2).sum(axis=1).argmin()]
    return int(nearest[1]), int(nearest[0]), slice_index
