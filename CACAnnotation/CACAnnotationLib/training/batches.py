"""Balanced batches: one slice in five holds calcium (MTAL 2.2.4)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

CALCIUM_SHARE = 0.2


def balanced_batches(
    with_calcium: Sequence[bool], batch_size: int, batches: int, rng: np.random.Generator
) -> list[list[int]]:
    """Draw an epoch's batches.

    Parameters
    ----------
    with_calcium
        For each slice, whether it holds labelled calcium.
    batch_size
        Slices in a batch.
    batches
        Number of batches.
    rng
        Draws slices: all of a kind once before any of them again.

    Returns
    -------
    Indices into ``with_calcium``. After any number of batches, the slices with calcium are a fifth of all to
    within one; where all slices are of one kind, so are the batches.
    """
    has = np.asarray(with_calcium, bool)
    ends = np.floor(np.arange(batches + 1) * batch_size * CALCIUM_SHARE + 1e-9).astype(int)
    if has.all() or not has.any():
        ends = np.arange(batches + 1) * (batch_size if has.all() else 0)
    calcified = _drawn(np.flatnonzero(has), int(ends[-1]), rng)
    other = _drawn(np.flatnonzero(~has), batches * batch_size - int(ends[-1]), rng)
    drawn = []
    for number in range(batches):
        first, last = int(ends[number]), int(ends[number + 1])
        rest = slice(number * batch_size - first, (number + 1) * batch_size - last)
        drawn.append(rng.permutation(np.concatenate([calcified[first:last], other[rest]])).tolist())
    return drawn


def _drawn(indices: NDArray[np.intp], count: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Draw ``count`` of the indices, all of them once before any of them again."""
    rounds = -(-count // indices.size) if indices.size else 0
    shuffled = [rng.permutation(indices) for _ in range(rounds)]
    return np.concatenate([*shuffled, np.zeros(0, np.intp)])[:count]
