"""Whether a store is whole: its file, and its labels against the events that made them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from CACScoringLib.errors import CACError
from numpy.typing import NDArray
from sqlalchemy import Connection, select, text

from . import reading_rows as rows
from .actions import LAYERS
from .history import UNDO
from .label_store import LabelStore
from .packing import unpack_slice
from .plain_errors import plain_errors
from .schema import READINGS
from .snapshot import snapshot

Layers = dict[str, NDArray[np.uint8]]


def problems_of(store: LabelStore) -> Iterator[str]:
    """Look for what is wrong with a store, while readers go on; each problem is a sentence.

    Nothing is changed. The database checks its own file where it can. Then the events of each reading are
    played from the first on, and what comes out is compared with the labels as they are kept.
    """
    with plain_errors(store.place), snapshot(store.engine) as connection:
        if store.engine.dialect.name == "sqlite":
            yield from _problems_of_file(connection)
        for reading in list(connection.execute(select(READINGS).order_by(READINGS.c.id))):
            name = f"scan {reading.series}, {reading.reader}, round {reading.round}"
            try:
                yield from (f"{name}: {each}" for each in _problems_of_reading(connection, reading))
            except CACError as error:
                yield f"{name}: {error}"


def _problems_of_file(connection: Connection) -> Iterator[str]:
    for (said,) in connection.execute(text("PRAGMA integrity_check")):
        if said != "ok":
            yield f"the file is damaged: {said}"
    for table, row, *_ in connection.execute(text("PRAGMA foreign_key_check")):
        yield f"row {row} of {table} belongs to nothing"


def _problems_of_reading(connection: Connection, reading: Any) -> Iterator[str]:
    shape = (reading.slices, reading.rows, reading.columns)
    played = {layer: np.zeros(shape, np.uint8) for layer in LAYERS}
    steps = rows.read_steps(connection, reading.id, reading.events)
    if [number for number, _, _ in steps] != list(range(1, reading.events + 1)):
        yield f"{reading.events} events are counted, and {len(steps)} are there"
    for number, step, of_event in steps:
        event = rows.read_event(connection, reading.id, of_event or number)
        for change in event.changes:
            each = change.reversed() if step == UNDO else change
            labels = played[each.layer].reshape(-1)
            if not np.array_equal(labels[each.voxels], each.before):
                yield f"event {number} changes {each.layer} from what it was not"
            labels[each.voxels] = each.after
    yield from _differences(connection, reading.id, played)


def _differences(connection: Connection, reading_id: int, played: Layers) -> Iterator[str]:
    """Slices whose labels are not what events made; ``played`` is used up."""
    for layer, index, blob in rows.read_slices(connection, reading_id):
        kept = np.zeros(played[layer].shape[1:], np.uint8)
        unpack_slice(blob, kept)
        if not np.array_equal(kept, played[layer][index]):
            yield f"{layer} of slice {index + 1} is not what its events made"
        played[layer][index] = 0
    for layer, labels in played.items():
        for missing in np.flatnonzero(labels.any(axis=(1, 2))):
            yield f"{layer} of slice {missing + 1} is missing"
