"""How far the labelling is, counted by the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Connection, Table, func, select

from .label_store import LabelStore
from .plain_errors import plain_errors
from .schema import READINGS, SLICE_LABELS, SLICE_STATUS, SLICE_TIMES
from .slice_status import SIGNED_OFF
from .snapshot import snapshot

_LABELS = ("cac", "car")


@dataclass
class ReadingProgress:
    """How far one reader is with one scan in one round.

    Parameters
    ----------
    series, reader, round
        Which reading.
    labelled
        Slices with calcium or region labels.
    statuses
        Number of slices by status; untouched ones are not counted.
    seconds
        Time spent, in seconds.
    """

    series: str
    reader: str
    round: int
    labelled: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True)
class StoreProgress:
    """How far all readers are.

    Parameters
    ----------
    readings
        One per series, reader and round.
    labelled, signed_off
        Slices that at least one reader has labelled, or signed off, by series.
    """

    readings: list[ReadingProgress]
    labelled: dict[str, int]
    signed_off: dict[str, int]


def progress_of(store: LabelStore) -> StoreProgress:
    """Count labelled and signed-off slices and the time spent."""
    labels, status, times = SLICE_LABELS.c, SLICE_STATUS.c, SLICE_TIMES.c
    with plain_errors(store.place), snapshot(store.engine) as connection:
        table = READINGS.c
        readings = {
            row.id: ReadingProgress(row.series, row.reader, row.round)
            for row in connection.execute(
                select(table.id, table.series, table.reader, table.round).order_by(table.id)
            )
        }
        for id_, count in connection.execute(
            select(labels.reading_id, func.count(labels.slice_index.distinct()))
            .where(labels.layer.in_(_LABELS))
            .group_by(labels.reading_id)
        ):
            readings[id_].labelled = count
        # In the order of an index, which then is all that is read.
        for id_, name, count in connection.execute(
            select(status.reading_id, status.status, func.count()).group_by(status.status, status.reading_id)
        ):
            readings[id_].statuses[name] = count
        for id_, seconds in connection.execute(
            select(times.reading_id, func.sum(times.seconds)).group_by(times.reading_id)
        ):
            readings[id_].seconds = float(seconds)
        labelled = {each.series: each.labelled for each in readings.values()}
        signed_off = {each.series: each.statuses.get(SIGNED_OFF, 0) for each in readings.values()}
        # What several have read counts once.
        labelled.update(_of_series_read_twice(connection, SLICE_LABELS, labels.layer.in_(_LABELS)))
        signed_off.update(_of_series_read_twice(connection, SLICE_STATUS, status.status == SIGNED_OFF))
    return StoreProgress(list(readings.values()), labelled, signed_off)


def signed_off_slices(store: LabelStore, series: Sequence[str]) -> dict[str, set[int]]:
    """Return the slices of some series that at least one reader has signed off, by series."""
    status = SLICE_STATUS.c
    query = (
        select(READINGS.c.series, status.slice_index)
        .join_from(READINGS, SLICE_STATUS)
        .where(status.status == SIGNED_OFF, READINGS.c.series.in_(series))
    )
    found: dict[str, set[int]] = {}
    with plain_errors(store.place), store.engine.connect() as connection:
        for one, slice_index in connection.execute(query):
            found.setdefault(one, set()).add(slice_index)
    return found


def _of_series_read_twice(
    connection: Connection, table: Table, condition: ColumnElement[bool]
) -> dict[str, int]:
    """Count the slices with a row in a table, by series, of all series with several readings."""
    series = READINGS.c.series
    twice = select(series).group_by(series).having(func.count() > 1)
    of_slices = select(series, table.c.slice_index).join_from(READINGS, table).where(condition)
    counts = dict.fromkeys(connection.scalars(twice), 0)
    if not counts:
        return {}
    for one, _ in connection.execute(of_slices.where(series.in_(twice)).distinct()):
        counts[one] += 1
    return counts
