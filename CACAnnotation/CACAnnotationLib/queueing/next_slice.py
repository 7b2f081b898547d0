"""Which slice of the queue a reader is to read next; found through indices, however long the queue is."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, case, false, or_, select, true

from ..store.schema import QUEUE
from .queued_slice import (
    DONE,
    FIRST,
    FLAGGED,
    INTER,
    INTRA,
    LEASED,
    SETTLE,
    WAITING,
    QueuedSlice,
    queued_slice,
)

_entry = QUEUE.c
_first = QUEUE.alias("first_reading")
first_reader = (
    select(_first.c.reader)
    .where(
        _first.c.round == _entry.round,
        _first.c.series == _entry.series,
        _first.c.slice_index == _entry.slice_index,
        _first.c.kind == FIRST,
        _first.c.status == DONE,
    )
    .scalar_subquery()
)
"""Who has given the first reading of an entry's slice; NULL as long as it is not done."""


class Asked(NamedTuple):
    """What a reader asks for.

    Parameters
    ----------
    reader
        Who asks.
    now
        When, in UTC without a zone.
    open_series
        Series of the scan that is open.
    adjudicates
        Whether the reader also settles where two readings differ.
    only_round
        Round to take it from; None for any.
    skipped
        Number of the entry that was skipped a moment ago.
    """

    reader: str
    now: datetime
    open_series: str | None = None
    adjudicates: bool = False
    only_round: int | None = None
    skipped: int | None = None

    def order(self, entry: QueuedSlice) -> tuple[Any, ...]:
        """Return what sorts entries in the order in which this reader gets them."""
        return (
            entry.round,
            entry.kind != FIRST,
            entry.skips,
            entry.id == self.skipped,
            entry.series != self.open_series,
            entry.place,
            entry.id,
        )


def next_slice(connection: Connection, asked: Asked) -> QueuedSlice | None:
    """Return what comes next: the reader's own, else the first of what is free; None where nothing is."""
    mine = and_(_entry.status == LEASED, _entry.reader == asked.reader, _may_read(asked))
    found = _read(connection, _in_order(mine, asked).limit(1))
    if found:
        return found[0]
    waiting = and_(_entry.status == WAITING, _entry.kind == FIRST, _of_round(asked))
    by_rank = select(QUEUE).where(waiting).order_by(_entry.round, _entry.skips, _entry.place)
    # Two by rank, as the first may be the one that was just skipped.
    found += _read(connection, by_rank.limit(2))
    # Of one scan, all entries: asked for those that wait, a database may go through the whole queue.
    of_scan = _read(connection, select(QUEUE).where(_entry.series == asked.open_series, _of_round(asked)))
    found += [each for each in of_scan if each.status == WAITING and each.kind == FIRST]
    left = and_(_entry.status.in_((LEASED, FLAGGED)), _entry.kind == FIRST, _left_by_others(asked))
    if found:
        left = and_(left, _entry.round <= min(entry.round for entry in found))
    found += _read(connection, _in_order(left, asked).limit(1))
    again = and_(
        _entry.status.in_((WAITING, LEASED, FLAGGED)),
        _entry.kind.in_((INTRA, INTER, SETTLE)),
        _may_read(asked),
    )
    if found:
        again = and_(again, _entry.round < min(entry.round for entry in found))
    free = or_(_entry.status == WAITING, _left_by_others(asked))
    found += _read(connection, _in_order(and_(again, free), asked).limit(1))
    return min(found, key=asked.order, default=None)


def _read(connection: Connection, query: Select[Any]) -> list[QueuedSlice]:
    return [queued_slice(row) for row in connection.execute(query)]


def _in_order(where: ColumnElement[bool], asked: Asked) -> Select[Any]:
    """Entries of the rounds that are asked for, sorted by the database as :meth:`Asked.order` does."""
    return (
        select(QUEUE)
        .where(where, _of_round(asked))
        .order_by(
            _entry.round,
            case((_entry.kind == FIRST, 0), else_=1),
            _entry.skips,
            case((_entry.id == asked.skipped, 1), else_=0),
            case((_entry.series == asked.open_series, 0), else_=1),
            _entry.place,
            _entry.id,
        )
    )


def _of_round(asked: Asked) -> ColumnElement[bool]:
    return true() if asked.only_round is None else _entry.round == asked.only_round


def _may_read(asked: Asked) -> ColumnElement[bool]:
    """Entries of a kind that this reader may read."""
    return or_(
        _entry.kind == FIRST,
        and_(_entry.kind == INTRA, first_reader == asked.reader),
        and_(_entry.kind == INTER, first_reader != asked.reader),
        and_(_entry.kind == SETTLE, true() if asked.adjudicates else false()),
    )


def _left_by_others(asked: Asked) -> ColumnElement[bool]:
    """Entries whose lease has ended, or that another reader has flagged."""
    return or_(
        and_(_entry.status == LEASED, _entry.lease_ends < asked.now),
        and_(_entry.status == FLAGGED, _entry.reader != asked.reader),
    )
