"""Effort of all readers of a project."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sqlalchemy import Connection, Row, select

from ..store.label_store import LabelStore
from ..store.plain_errors import plain_errors
from ..store.reading_rows import read_statuses
from ..store.schema import READINGS
from ..store.slice_status import SIGNED_OFF
from .accepted import AcceptedLabels
from .attribution import SliceWork
from .events import read_events
from .figures import Effort, ReaderEffort


def effort_of(store: LabelStore) -> list[ReaderEffort]:
    """Count clicks, strokes and seconds of every reader, and what became of proposals.

    One reading and one event of it are in memory at a time.

    Parameters
    ----------
    store
        Of a project; others may go on labelling.

    Returns
    -------
    By the readers' names.

    Raises
    ------
    CACError
        If the store cannot be read, or is damaged.
    """
    readers: dict[str, ReaderEffort] = {}
    for one in _of_readings(store):
        total = readers.setdefault(one.reader, ReaderEffort(one.reader))
        total.with_proposals.add(one.with_proposals)
        total.without_proposals.add(one.without_proposals)
        total.unfinished.add(one.unfinished)
        total.proposals.add(one.proposals)
    return [readers[name] for name in sorted(readers)]


def _of_readings(store: LabelStore) -> Iterator[ReaderEffort]:
    with plain_errors(store.place), store.engine.connect() as connection:
        for reading in connection.execute(select(READINGS).order_by(READINGS.c.id)).all():
            yield _of_reading(connection, reading)


def _of_reading(connection: Connection, reading: Row) -> ReaderEffort:
    shape = (reading.slices, reading.rows, reading.columns)
    work, accepted = SliceWork(shape), AcceptedLabels(shape)
    for read in read_events(connection, reading.id, reading.events):
        work.add(read)
        accepted.add(read)
    statuses = read_statuses(connection, reading.id)
    signed_off = np.zeros(reading.slices, bool)
    signed_off[[index for index, each in statuses.items() if each.status == SIGNED_OFF]] = True
    effort = ReaderEffort(reading.reader, proposals=accepted.met(signed_off))
    by_slice = work.by_slice()
    for index in sorted(by_slice.keys() | statuses.keys()):
        status = statuses.get(index)
        done = Effort(1, seconds=status.seconds if status else 0.0)
        done.add(by_slice.get(index, Effort()))
        if not signed_off[index]:
            effort.unfinished.add(done)
        elif index in accepted.slices:
            effort.with_proposals.add(done)
        else:
            effort.without_proposals.add(done)
    return effort
