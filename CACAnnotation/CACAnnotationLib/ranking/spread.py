"""Slices that differ from each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def farthest_first(features: NDArray[np.float32], count: int) -> list[tuple[int, float]]:
    """Choose rows one by one, each the one that lies farthest from all chosen before it.

    The first row comes first. The largest distance to a chosen row is at most twice the smallest that any
    choice of so many reaches (Gonzalez 1985), which makes it the usual core-set of active learning (Sener &
    Savarese 2018). Of rows that lie equally far the first one is taken.

    Parameters
    ----------
    features
        ``[row, feature]``.
    count
        How many; all rows if there are fewer.

    Returns
    -------
    Each row with its Euclidean distance to the nearest one chosen before it; infinite for the first.
    """
    if not len(features) or count < 1:
        return []
    points = features.astype(np.float64)
    chosen = [(0, np.inf)]
    distance = _squared_to(points, 0)
    distance[0] = -1
    while len(chosen) < min(count, len(points)):
        row = int(distance.argmax())
        chosen.append((row, float(np.sqrt(distance[row]))))
        distance = np.minimum(distance, _squared_to(points, row))
        distance[row] = -1
    return chosen


def _squared_to(points: NDArray[np.float64], row: int) -> NDArray[np.float64]:
    difference = points - points[row]
    return np.einsum("ij,ij->i", difference, difference)
