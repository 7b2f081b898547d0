"""Slices of a store, listed page by page: by status, reader, scan and round of the queue."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, literal, select, true

from .label_store import LabelStore
from .plain_errors import plain_errors
from .schema import QUEUE, READINGS, SCANS, SLICE_STATUS, SLICE_TIMES
from .slice_status import UNTOUCHED
from .snapshot import snapshot

_scan, _reading, _status, _entry, _times = SCANS.c, READINGS.c, SLICE_STATUS.c, QUEUE.c, SLICE_TIMES.c
# A slice is read for the first time in one round only.
_is_first = _entry.kind == "first"
_in_queue = and_(_entry.series == _reading.series, _entry.slice_index == _status.slice_index, _is_first)
_queued = QUEUE.alias("queued").c


class SliceFilter(NamedTuple):
    """Which slices are listed; all unless something is asked for.

    Parameters
    ----------
    status
        One of :data:`~.slice_status.STATUSES`. Untouched is what nobody, or not this reader, has touched.
    reader
        Whose slices.
    scan
        Number of the scan in the project.
    round
        Round of the queue.
    """

    status: str | None = None
    reader: str | None = None
    scan: int | None = None
    round: int | None = None


class ListedSlice(NamedTuple):
    """A slice as one reader has left it, or untouched.

    Parameters
    ----------
    scan, name
        Number of the scan in the project, and what it is called.
    slice_index
        From 0.
    reader, reading
        Whose labels, and in which of this reader's readings, see :mod:`~.reading_kinds`; None where it is
        untouched.
    status, note
        Where this reader stands with it.
    seconds
        Time that this reader has spent on it, in seconds.
    round
        Round of the queue in which it is read for the first time; None where it is in none.
    """

    scan: int
    name: str
    slice_index: int
    reader: str | None
    reading: int | None
    status: str
    note: str
    seconds: float
    round: int | None


class SlicePage(NamedTuple):
    """Some slices of a listing, in the order of scans, slices and readers, and how many it has in all."""

    slices: list[ListedSlice]
    total: int


def list_slices(
    store: LabelStore, wanted: SliceFilter, limit: int | None = None, offset: int = 0
) -> SlicePage:
    """List slices, a page at a time.

    Slices are counted by scan first, which tells the scans of a page; only of these are slices read.

    Parameters
    ----------
    store
        The store.
    wanted
        Which slices.
    limit
        At most so many.
    offset
        How many of the listing are on pages before.

    Raises
    ------
    CACError
        If the store cannot be read.
    """
    with plain_errors(store.place), snapshot(store.engine) as connection:
        counts = _count_by_scan(connection, wanted)
        total = sum(counts.values())
        end = total if limit is None else min(offset + limit, total)
        ends = list(accumulate(counts.values()))
        scans = [
            scan
            for scan, scan_end, count in zip(counts, ends, counts.values(), strict=True)
            if count and scan_end > offset and scan_end - count < end
        ]
        if not scans:
            return SlicePage([], total)
        before = sum(count for scan, count in counts.items() if scan < scans[0])
        slices = sorted(
            _slices_of(connection, wanted, scans[0], scans[-1]),
            key=lambda each: (each.scan, each.slice_index, each.reader or "", each.reading or 0),
        )
        return SlicePage(slices[offset - before : end - before], total)


def _count_by_scan(connection: Connection, wanted: SliceFilter) -> dict[int, int]:
    """How many slices the listing has of each scan, in the order of scans."""
    all_slices = {
        series: (scan, slices)
        for series, scan, slices in connection.execute(
            select(_scan.series, _scan.id, _scan.slices).where(_of_scan(wanted)).order_by(_scan.id)
        )
    }
    if wanted.round is not None:
        in_round = _by_series(
            connection,
            select(_entry.series, func.count()).where(_of_round(wanted), _is_first).group_by(_entry.series),
        )
        all_slices = {series: (scan, in_round.get(series, 0)) for series, (scan, _) in all_slices.items()}
    with_touched, with_untouched = wanted.status != UNTOUCHED, wanted.status in (None, UNTOUCHED)
    # Several readers may have touched a slice: to count it once takes longer, and both at once no longer.
    columns = (
        func.count() if with_touched else literal(0),
        func.count(_status.slice_index.distinct()) if with_untouched else literal(0),
    )
    touched = {
        series: (rows, different)
        for series, rows, different in connection.execute(
            select(_reading.series, *columns)
            .select_from(READINGS.join(SLICE_STATUS))
            .where(_is_touched(wanted))
            .group_by(_reading.series)
        )
    }
    counts = {}
    for series, (scan, slices) in all_slices.items():
        rows, different = touched.get(series, (0, 0))
        counts[scan] = rows + (slices - different if with_untouched else 0)
    return counts


def _by_series(connection: Connection, query: Select[Any]) -> dict[str, int]:
    return {row[0]: row[1] for row in connection.execute(query)}


def _slices_of(connection: Connection, wanted: SliceFilter, first: int, last: int) -> Iterator[ListedSlice]:
    """Slices of the listing that are of scans ``first`` to ``last``, in any order."""
    scans = and_(_scan.id.between(first, last), _of_scan(wanted))
    seconds = (
        select(func.coalesce(func.sum(_times.seconds), 0.0))
        .where(_times.reading_id == _status.reading_id, _times.slice_index == _status.slice_index)
        .scalar_subquery()
    )
    read = SCANS.join(READINGS, _reading.series == _scan.series).join(SLICE_STATUS)
    touched = select(
        _scan.id, _scan.name, _status.slice_index, _reading.reader, _reading.round, _status.status,
        _status.note, seconds, _entry.round,
    ).select_from(read.outerjoin(QUEUE, _in_queue)).where(scans, _is_touched(wanted))  # fmt: skip
    if wanted.status != UNTOUCHED:
        yield from map(ListedSlice._make, connection.execute(touched))
    if wanted.status not in (None, UNTOUCHED):
        return
    known = {
        (scan, index)
        for scan, index in connection.execute(
            select(_scan.id, _status.slice_index).select_from(read).where(scans, _is_touched(wanted))
        )
    }
    queued = select(_scan.id, _entry.slice_index, _entry.round).join_from(
        SCANS, QUEUE, _entry.series == _scan.series
    )
    rounds = {
        (scan, index): number
        for scan, index, number in connection.execute(queued.where(scans, _is_first, _of_round(wanted)))
    }
    for scan, name, slices in connection.execute(select(_scan.id, _scan.name, _scan.slices).where(scans)):
        for place in ((scan, index) for index in range(slices)):
            if place not in known and (wanted.round is None or place in rounds):
                yield ListedSlice(scan, name, place[1], None, None, UNTOUCHED, "", 0.0, rounds.get(place))


def _is_touched(wanted: SliceFilter) -> ColumnElement[bool]:
    """Rows of statuses that count as touched, of the reader and the round that are asked for."""
    status = wanted.status if wanted.status != UNTOUCHED else None
    conditions = [_status.status != UNTOUCHED if status is None else _status.status == status]
    if wanted.reader is not None:
        conditions.append(_reading.reader == wanted.reader)
    if wanted.round is not None:
        queued = (_queued.series == _reading.series, _queued.slice_index == _status.slice_index)
        of_round = (_queued.kind == "first", _queued.round == wanted.round)
        # The scans of a round are few: named first, they keep the database from going through all others.
        conditions.append(_reading.series.in_(select(_queued.series).where(*of_round)))
        conditions.append(exists().where(*queued, *of_round))
    return and_(*conditions)


def _of_scan(wanted: SliceFilter) -> ColumnElement[bool]:
    return true() if wanted.scan is None else _scan.id == wanted.scan


def _of_round(wanted: SliceFilter) -> ColumnElement[bool]:
    return true() if wanted.round is None else _entry.round == wanted.round
