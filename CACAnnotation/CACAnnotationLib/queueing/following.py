"""The queue hears what a session does with its slices."""

from __future__ import annotations

import time
from collections.abc import Callable

from CACScoringLib.errors import CACError

from ..session.changes import SessionChange, Topic
from ..session.session import AnnotationSession
from ..store.slice_status import SIGNED_OFF
from .differences import ask_to_settle
from .labelling_queue import LabellingQueue

_EXTEND_EVERY_S = 60.0


class QueueFollower:
    """Tells the queue what becomes of the slices of a session, by sign-off, skip, flag, undo or redo.

    A queue that cannot be written just now is in nobody's way: the labels are stored, and the queue is told
    with the next change, or by :meth:`catch_up`.

    Parameters
    ----------
    session
        The session, with a reading in the store that also holds the queue.
    queue
        The queue, of the session's reader.
    now
        A clock in seconds that never goes back.
    """

    def __init__(
        self,
        session: AnnotationSession,
        queue: LabellingQueue,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reading, self._queue, self._now = session.desk.reading, queue, now
        self._known = self._statuses()
        self._late: set[int] = set()
        self._extended = now()
        session.listen(self._on_change)

    def catch_up(self) -> None:
        """Tell what the queue could not be told before.

        Raises
        ------
        CACError
            If it still cannot be.
        """
        for slice_index in sorted(self._late):
            self._tell(slice_index)
            self._late.discard(slice_index)

    def _on_change(self, change: SessionChange) -> None:
        if change.topic is not Topic.LABELS:
            return
        statuses = self._statuses(change.slices)
        self._late |= {index for index, status in statuses.items() if self._known[index] != status}
        self._known |= statuses
        try:
            self.catch_up()
            if self._now() - self._extended > _EXTEND_EVERY_S:
                self._queue.extend()
                self._extended = self._now()
        except CACError:
            return

    def _tell(self, slice_index: int) -> None:
        reading, (status, note) = self._reading, self._known[slice_index]
        self._queue.slice_became(reading.series, slice_index, reading.round, status, note)
        if status == SIGNED_OFF:
            ask_to_settle(self._queue.store, reading.series, slice_index)

    def _statuses(self, slices: tuple[int, ...] | None = None) -> dict[int, tuple[str, str]]:
        """Status and note by slice index, of all slices unless some are named."""
        statuses = self._reading.slice_status
        indices = range(len(statuses)) if slices is None else slices
        return {index: (statuses[index].status, statuses[index].note) for index in indices}
