"""Where two readings of a slice differ, and settling it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from CACScoringLib.schemes import OTHER, UNLABELLED, label_scheme
from numpy.typing import NDArray
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from ..store.label_store import LabelStore
from ..store.plain_errors import plain_errors
from ..store.schema import QUEUE
from ..store.slice_labels import slice_labels
from .queued_slice import DONE, FIRST, INTER, INTRA, SETTLE, WAITING, QueuedSlice, queued_slice

_entry = QUEUE.c


@dataclass(frozen=True, eq=False)
class TwoReadings:
    """What two readers made of a slice.

    Parameters
    ----------
    entries
        The first and the second reading in the queue.
    layers
        Labels of each, layers ``[row, column]``.
    """

    entries: tuple[QueuedSlice, QueuedSlice]
    layers: tuple[dict[str, NDArray[np.uint8]], dict[str, NDArray[np.uint8]]]

    @property
    def calcium(self) -> NDArray[np.bool_]:
        """Where calcium got different labels, ``[row, column]``."""
        first, second = (layers["cac"] for layers in self.layers)
        return np.asarray(first != second)

    @property
    def regions(self) -> NDArray[np.bool_]:
        """Where both drew an artery, and not the same one; that outlines differ a little is no difference."""
        other = label_scheme()[OTHER].value
        first, second = (layers["car"] for layers in self.layers)
        return np.asarray((first > other) & (second > other) & (first != second))

    @property
    def differ(self) -> bool:
        """Whether there is anything to settle."""
        return bool(self.calcium.any() or self.regions.any())

    def agreed(self, layer: str) -> NDArray[np.uint8]:
        """Labels of ``"cac"`` or ``"car"`` that both gave, ``[row, column]``; 0 elsewhere."""
        first, second = (layers[layer] for layers in self.layers)
        return np.where(first == second, first, np.uint8(UNLABELLED))


def two_readings(store: LabelStore, entry: QueuedSlice) -> TwoReadings | None:
    """Return both readings of a slice in the round of an entry; None before both are done."""
    with plain_errors(store.place), store.engine.connect() as connection:
        found = connection.execute(
            select(QUEUE)
            .where(
                _entry.round == entry.round,
                _entry.series == entry.series,
                _entry.slice_index == entry.slice_index,
                _entry.kind.in_((FIRST, INTRA, INTER)),
                _entry.status == DONE,
            )
            .order_by(_entry.id)
        )
        done = {each.kind: each for each in map(queued_slice, found)}
    second = done.get(INTRA) or done.get(INTER)
    if FIRST not in done or second is None:
        return None
    layers = []
    for each in (done[FIRST], second):
        labels = slice_labels(store, each.series, each.reader or "", each.reading, each.slice_index)
        if labels is None:
            return None
        layers.append(labels)
    return TwoReadings((done[FIRST], second), (layers[0], layers[1]))


def ask_to_settle(store: LabelStore, series: str, slice_index: int) -> bool:
    """Put a slice into the queue once more where its two readings differ; False where there is no need."""
    with plain_errors(store.place), store.engine.connect() as connection:
        row = connection.execute(
            select(QUEUE).where(
                _entry.series == series,
                _entry.slice_index == slice_index,
                _entry.kind.in_((INTRA, INTER)),
                _entry.status == DONE,
            )
        ).first()
    second = None if row is None else queued_slice(row)
    both = None if second is None else two_readings(store, second)
    if second is None or both is None or not both.differ:
        return False
    calcium, regions = int(both.calcium.sum()), int(both.regions.sum())
    settle = second._asdict() | {
        "score": float(calcium + regions),
        "reason": f"two readings differ: {calcium} voxels of calcium, {regions} of regions",
        "kind": SETTLE,
        "status": WAITING,
        "reader": None,
        "skips": 0,
        "note": "",
    }
    del settle["id"]
    with plain_errors(store.place):
        try:
            with store.engine.begin() as connection:
                connection.execute(insert(QUEUE), settle)
        except IntegrityError:
            return False
    return True
