"""The labels of a scan that count: each slice as one reader has left it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from .actions import LAYERS
from .label_store import LabelStore
from .packing import unpack_slice
from .plain_errors import plain_errors
from .reading_kinds import PRECEDENCE
from .reading_rows import read_slices
from .schema import READINGS, SLICE_LABELS, SLICE_STATUS
from .slice_status import SIGNED_OFF


class ReadingChoice(NamedTuple):
    """Whose labels count: everybody's, or those of one reader, or of one kind of reading alone."""

    reader: str | None = None
    round: int | None = None


EVERYBODY = ReadingChoice()


@dataclass(frozen=True, eq=False)
class SettledLabels:
    """Labels of a scan, taken slice by slice from the reading that counts there.

    Where several have read a slice, one that signed it off counts before one that did not, then the
    adjudication before a reader's own reading and that before a second one, then whoever began first.

    Parameters
    ----------
    layers
        As of a reading, ``[slice, row, column]``.
    signed_off
        Which slices are signed off, ``[slice]``.
    readers
        Whose labels these are, each name once.
    rounds
        Of which kinds of reading they are, ascending.
    """

    layers: dict[str, NDArray[np.uint8]]
    signed_off: NDArray[np.bool_]
    readers: tuple[str, ...]
    rounds: tuple[int, ...]


def settled_labels(
    store: LabelStore, series: str, shape: tuple[int, int, int], choice: ReadingChoice = EVERYBODY
) -> SettledLabels | None:
    """Return the labels of a scan that count; None where nobody has begun to label it.

    Parameters
    ----------
    store, series
        Where labels are kept, and of which scan.
    shape
        Slices, rows and columns of the scan.
    choice
        Whose labels may count.

    Raises
    ------
    CACError
        If the store cannot be read.
    """
    layers = {layer: np.zeros(shape, np.uint8) for layer in LAYERS}
    signed_off = np.zeros(shape[0], bool)
    taken: dict[int, _Reading] = {}
    with plain_errors(store.place), store.engine.connect() as connection:
        readings = _readings(connection, series, choice)
        for reading in readings:
            for index in reading.signed_off:
                if not signed_off[index]:
                    signed_off[index], taken[index] = True, reading
        for reading in readings:
            for index in reading.labelled:
                taken.setdefault(index, reading)
        for reading in readings:
            for layer, index, blob in read_slices(connection, reading.id):
                if taken.get(index) is reading:
                    unpack_slice(blob, layers[layer][index])
    if not taken:
        return None
    used = {reading.id: reading for _, reading in sorted(taken.items())}.values()
    return SettledLabels(
        layers,
        signed_off,
        tuple(dict.fromkeys(each.reader for each in used)),
        tuple(sorted({each.round for each in used})),
    )


class _Reading(NamedTuple):
    id: int
    reader: str
    round: int
    signed_off: Sequence[int]
    labelled: Sequence[int]


def _readings(connection: Connection, series: str, choice: ReadingChoice) -> list[_Reading]:
    """Readings of a scan that may count, the one that counts first in front."""
    table, status, labels = READINGS.c, SLICE_STATUS.c, SLICE_LABELS.c
    found = []
    for row in connection.execute(select(READINGS).where(table.series == series).order_by(table.id)).all():
        if choice.reader in (None, row.reader) and choice.round in (None, row.round):
            signed_off = connection.scalars(
                select(status.slice_index).where(status.reading_id == row.id, status.status == SIGNED_OFF)
            )
            labelled = connection.scalars(
                select(labels.slice_index)
                .where(labels.reading_id == row.id, labels.layer.in_(("cac", "car")))
                .distinct()
            )
            found.append(_Reading(row.id, row.reader, row.round, signed_off.all(), labelled.all()))
    return sorted(found, key=lambda each: [each.round != kind for kind in PRECEDENCE])
