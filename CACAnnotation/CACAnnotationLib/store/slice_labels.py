"""Labels of a single slice, without the rest of its scan."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from .actions import LAYERS
from .label_store import LabelStore
from .packing import unpack_slice
from .plain_errors import plain_errors
from .schema import READINGS, SLICE_LABELS


def slice_labels(
    store: LabelStore, series: str, reader: str, round: int, slice_index: int
) -> dict[str, NDArray[np.uint8]] | None:
    """Return the layers ``[row, column]`` of a slice; None where the reader has no such reading."""
    readings, labels = READINGS.c, SLICE_LABELS.c
    with plain_errors(store.place), store.engine.connect() as connection:
        reading = connection.execute(
            select(READINGS).where(
                readings.series == series, readings.reader == reader, readings.round == round
            )
        ).first()
        if reading is None:
            return None
        layers = {layer: np.zeros((reading.rows, reading.columns), np.uint8) for layer in LAYERS}
        for layer, blob in connection.execute(
            select(labels.layer, labels.labels).where(
                labels.reading_id == reading.id, labels.slice_index == slice_index
            )
        ):
            unpack_slice(blob, layers[layer])
    return layers
