"""The queue: whoever takes a slice has it for a while, and nobody else does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, or_, select, update

from ..store.label_store import LabelStore, reader_name
from ..store.plain_errors import plain_errors
from ..store.reading_rows import now_utc
from ..store.schema import QUEUE, READINGS, SLICE_STATUS
from ..store.slice_status import FLAGGED as SLICE_FLAGGED
from ..store.slice_status import SIGNED_OFF, SKIPPED
from .next_slice import Asked, first_reader, next_slice
from .queued_slice import DONE, FLAGGED, INTER, LEASED, READING_OF, WAITING, QueuedSlice, queued_slice

LEASE = timedelta(minutes=30)
_entry = QUEUE.c


class LabellingQueue:
    """The queue of a project as one reader uses it; many readers and processes may do so at a time.

    A slice that is taken is leased: the reader has it until it is signed off, skipped, flagged or given back,
    or until the lease ends. Errors of all methods are :class:`~CACScoringLib.errors.CACError`: the store
    cannot be read or written, and nothing has changed.

    Parameters
    ----------
    store
        Where the queue is.
    reader
        Name of the reader.
    now
        The time in UTC, without a zone.

    Examples
    --------
    >>> queue = LabellingQueue(project.store, "Anna")  # doctest: +SKIP
    >>> queue.take().reason  # doctest: +SKIP
    'drawn from the 20% most uncertain, variance 0.0413'
    """

    def __init__(self, store: LabelStore, reader: str, now: Callable[[], datetime] = now_utc) -> None:
        self.store, self._now = store, now
        self.reader = reader_name(reader)

    def take(
        self,
        open_series: str | None = None,
        *,
        adjudicates: bool = False,
        only_round: int | None = None,
        skipped: int | None = None,
    ) -> QueuedSlice | None:
        """Take the slice to be read next; None where nothing is left for this reader.

        What the reader has already comes first. Then, of the oldest round, slices that were never skipped, of
        these those of the open scan, so that no scan is opened twice, and of these the one ranked first.
        Second readings come once their round has nothing else left: a first reading should be forgotten.

        Parameters
        ----------
        open_series
            Series of the scan that is open.
        adjudicates
            Whether the reader also settles where two readings differ.
        only_round
            Round of the queue to take it from; None for any.
        skipped
            Number of the entry that was skipped a moment ago: it comes after those skipped as often.
        """
        with plain_errors(self.store.place):
            self._catch_up()
            while True:
                asked = Asked(self.reader, self._now(), open_series, adjudicates, only_round, skipped)
                with self.store.engine.connect() as connection:
                    entry = next_slice(connection, asked)
                if entry is None:
                    return None
                taken = self._lease(entry)
                # Otherwise somebody else was quicker.
                if taken is not None:
                    return taken

    def leased(self) -> list[QueuedSlice]:
        """Return what this reader has taken and not done."""
        with plain_errors(self.store.place), self.store.engine.connect() as connection:
            return [queued_slice(row) for row in connection.execute(select(QUEUE).where(self._mine()))]

    def extend(self) -> int:
        """Extend the leases of all that this reader has taken, as a reader at work does; returns how many."""
        return self._update(self._mine(), lease_ends=self._now() + LEASE)

    def give_back(self) -> int:
        """Give back all that this reader has taken and not done; returns how many slices."""
        return self._update(self._mine(), status=WAITING, reader=None, lease_ends=None)

    def slice_became(self, series: str, slice_index: int, reading: int, status: str, note: str) -> None:
        """Take in what became of a slice in this reader's own hands, whether it was taken from here or not.

        Parameters
        ----------
        series, slice_index
            Which slice.
        reading
            In which of the reader's readings, see :mod:`~CACAnnotationLib.store.reading_kinds`.
        status, note
            Its status now, as of :mod:`~CACAnnotationLib.store.slice_status`. One that is neither signed off
            nor flagged any more, because that was undone, is this reader's again.
        """
        kinds = [kind for kind, number in READING_OF.items() if number == reading]
        this = and_(_entry.series == series, _entry.slice_index == slice_index, _entry.kind.in_(kinds))
        with plain_errors(self.store.place), self.store.engine.connect() as connection:
            if connection.execute(select(_entry.id).where(this)).first() is None:
                return
        if status == SIGNED_OFF:
            done = {"status": DONE, "reader": self.reader, "lease_ends": None}
            allowed = self._update(and_(this, _entry.kind != INTER, self._free(flagged=True)), **done)
            if not allowed:
                others = and_(_entry.kind == INTER, first_reader != self.reader)
                self._update(and_(this, others, self._free(flagged=True)), **done)
        elif status == SKIPPED:
            back = {"status": WAITING, "reader": None, "lease_ends": None}
            self._update(and_(this, self._mine()), skips=_entry.skips + 1, **back)
        elif status == SLICE_FLAGGED:
            flag = {"status": FLAGGED, "reader": self.reader, "lease_ends": None, "note": note}
            self._update(and_(this, self._free()), **flag)
        else:
            mine = and_(_entry.status.in_((DONE, FLAGGED)), _entry.reader == self.reader)
            self._update(and_(this, mine), status=LEASED, lease_ends=self._now() + LEASE, note="")

    def _mine(self) -> ColumnElement[bool]:
        return and_(_entry.status == LEASED, _entry.reader == self.reader)

    def _free(self, *, flagged: bool = False) -> ColumnElement[bool]:
        """Entries that wait, are this reader's, or whose lease has ended; flagged ones too if asked for."""
        ended = and_(_entry.status == LEASED, _entry.lease_ends < self._now())
        free = or_(_entry.status == WAITING, self._mine(), ended)
        return or_(free, _entry.status == FLAGGED) if flagged else free

    def _lease(self, entry: QueuedSlice) -> QueuedSlice | None:
        """Lease an entry if it still is as it was read; None if not."""
        ends = self._now() + LEASE
        as_read = (
            _entry.status == entry.status,
            _entry.reader.is_not_distinct_from(entry.reader),
            _entry.lease_ends.is_not_distinct_from(entry.lease_ends),
        )
        this = and_(_entry.id == entry.id, *as_read)
        if not self._update(this, status=LEASED, reader=self.reader, lease_ends=ends):
            return None
        return entry._replace(status=LEASED, reader=self.reader, lease_ends=ends)

    def _catch_up(self) -> None:
        """Take in what a reader signed off or flagged and was ended before the queue heard of it."""
        for status, of_slice in ((DONE, SIGNED_OFF), (FLAGGED, SLICE_FLAGGED)):
            readings, slices = READINGS.c, SLICE_STATUS.c
            note = select(slices.note).where(
                readings.series == _entry.series,
                readings.reader == _entry.reader,
                readings.round == case(READING_OF, value=_entry.kind),
                slices.reading_id == readings.id,
                slices.slice_index == _entry.slice_index,
                slices.status == of_slice,
            )
            late = and_(_entry.status == LEASED, note.exists())
            with self.store.engine.connect() as connection:
                if connection.execute(select(_entry.id).where(late).limit(1)).first() is None:
                    continue
            self._update(late, status=status, lease_ends=None, note=note.scalar_subquery())

    def _update(self, where: ColumnElement[bool], **values: Any) -> int:
        with plain_errors(self.store.place), self.store.engine.begin() as connection:
            return connection.execute(update(QUEUE).where(where).values(values)).rowcount
