"""Settling a slice in a session: what both readers agree on is there, the rest is left to be decided."""

from __future__ import annotations

import numpy as np

from ..session.imported import take_labels
from ..session.session import AnnotationSession
from ..store.slice_status import UNTOUCHED
from .differences import TwoReadings


def begin_settling(session: AnnotationSession, slice_index: int, readings: TwoReadings) -> bool:
    """Give a slice that nobody has touched in this session the labels that both readers gave, as one action.

    Returns
    -------
    False if it was touched before.

    Raises
    ------
    CACError
        If that could not be stored.
    """
    if session.slices.status(slice_index).status != UNTOUCHED:
        return False
    shape = session.desk.scan.geometry.shape
    maps = {layer: np.zeros(shape, np.uint8) for layer in ("cac", "car")}
    for layer, labels in maps.items():
        labels[slice_index] = readings.agreed(layer)
    readers = " and ".join(dict.fromkeys(each.reader or "" for each in readings.entries))
    take_labels(session, maps["cac"], maps["car"], f"agreed on by {readers}")
    return True
