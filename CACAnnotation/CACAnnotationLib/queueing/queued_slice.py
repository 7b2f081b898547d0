"""A slice in the queue."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from ..store.reading_kinds import ADJUDICATION, OWN, SECOND

FIRST, INTRA, INTER, SETTLE = "first", "intra", "inter", "adjudication"
"""Why a slice is read: for the first time, blind once more by the same or by another reader, or to settle
where two readings differ."""
WAITING, LEASED, DONE, FLAGGED = "waiting", "leased", "done", "flagged"
STATUSES = (WAITING, LEASED, DONE, FLAGGED)

READING_OF = {FIRST: OWN, INTER: OWN, INTRA: SECOND, SETTLE: ADJUDICATION}
"""Into which of a reader's readings labels go."""


class QueuedSlice(NamedTuple):
    """A slice in the queue.

    Parameters
    ----------
    id
        Number of the entry.
    round, place
        Round of the queue, and rank in it from 1.
    series, slice_index
        Which slice.
    score, reason
        What it was ranked by, and why it was chosen, in words.
    kind
        ``"first"``, ``"intra"``, ``"inter"`` or ``"adjudication"``.
    status
        ``"waiting"``, ``"leased"``, ``"done"`` or ``"flagged"``.
    reader
        Whose it is: who has taken it, signed it off or flagged it; None while it waits.
    lease_ends
        When somebody else may take it, in UTC; None unless it is leased.
    skips
        How often it was skipped; what was skipped comes last.
    note
        Why it is flagged.
    """

    id: int
    round: int
    place: int
    series: str
    slice_index: int
    score: float
    reason: str
    kind: str
    status: str
    reader: str | None
    lease_ends: datetime | None
    skips: int
    note: str

    @property
    def reading(self) -> int:
        """Into which of the reader's readings labels go: :mod:`~CACAnnotationLib.store.reading_kinds`."""
        return READING_OF[self.kind]


def queued_slice(row: Any) -> QueuedSlice:
    """Make an entry of a row of the table."""
    return QueuedSlice(*(getattr(row, name) for name in QueuedSlice._fields))
