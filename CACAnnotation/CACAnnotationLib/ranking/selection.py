"""Choosing from streams: what is kept grows with the number chosen, never with the stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")

_CHUNK = 8192
_HALF = 16
"""Bits of a float32 that are sorted at a time."""


class Least(NamedTuple):
    """The smallest of the largest values of a stream.

    Parameters
    ----------
    value
        That value.
    above
        How many values of the stream are larger than it.
    room
        How many of those that equal it belong to the largest.
    """

    value: np.float32
    above: int
    room: int


def draw(stream: Iterable[T], count: int, rng: np.random.Generator) -> list[T]:
    """Draw some of a stream in one pass, each with the same chance (Vitter 1985), and shuffle them."""
    kept: list[T] = []
    for number, each in enumerate(stream):
        if number < count:
            kept.append(each)
        else:
            place = int(rng.integers(number + 1))
            if place < count:
                kept[place] = each
    rng.shuffle(kept)
    return kept


def histogram(values: Iterable[float]) -> NDArray[np.int64]:
    """Count values of 0 or more, rounded to float32, by the upper half of their bits."""
    counts = np.zeros(1 << _HALF, np.int64)
    for chunk in _bits(values):
        counts += np.bincount(chunk >> _HALF, minlength=counts.size)
    return counts


def least_of_largest(values: Iterable[float], counts: NDArray[np.int64], count: int) -> Least:
    """Find the smallest of the largest values of a stream, exactly, in a second pass.

    The bits of a float32 that is not negative are in the order of its value, so two passes that count halves
    of them sort as far as is needed (radix selection), with 2 x 65,536 counters whatever the stream.

    Parameters
    ----------
    values
        The stream once more.
    counts
        Its :func:`histogram`.
    count
        How many are wanted, from 1 to all of them.
    """
    upper, above = _bin_of(counts, count)
    lower_counts = np.zeros(1 << _HALF, np.int64)
    for chunk in _bits(values):
        inside = chunk[chunk >> _HALF == upper] & ((1 << _HALF) - 1)
        lower_counts += np.bincount(inside, minlength=lower_counts.size)
    lower, further = _bin_of(lower_counts, count - above)
    value = np.array((upper << _HALF) | lower, np.uint32).view(np.float32)
    return Least(np.float32(value), above + further, count - above - further)


def _bits(values: Iterable[float]) -> Iterator[NDArray[np.int64]]:
    iterator = iter(values)
    while (chunk := np.fromiter(islice(iterator, _CHUNK), np.float32)).size:
        # -0 would come after all others
        yield (chunk + np.float32(0)).view(np.uint32).astype(np.int64)


def _bin_of(counts: NDArray[np.int64], count: int) -> tuple[int, int]:
    """Bin with the ``count``-th largest, and how many lie in bins above it."""
    from_above = np.cumsum(counts[::-1])
    place = int(np.searchsorted(from_above, count))
    return counts.size - 1 - place, int(from_above[place] - counts[counts.size - 1 - place])
