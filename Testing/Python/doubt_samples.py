"""Doubts without a model, shared by tests; nothing here takes long to import."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from CACAnnotationLib.ranking.slice_doubts import ScanDoubts, SliceDoubt
from numpy.typing import NDArray

SLICES = 6


class Doubts:
    """Doubts in memory, as strategies want them."""

    def __init__(self, doubts: list[SliceDoubt], features: NDArray[np.float32] | None = None) -> None:
        self.doubts, self._features = doubts, features

    def __iter__(self) -> Iterator[SliceDoubt]:
        return iter(self.doubts)

    def features_of(self, slices: Iterable[SliceDoubt]) -> Sequence[NDArray[np.float32] | None]:
        if self._features is None:
            return [None for _ in slices]
        return [self._features[self.doubts.index(each)] for each in slices]


def some_doubts(count: int = 400) -> list[SliceDoubt]:
    rng = np.random.default_rng(3)
    return [
        SliceDoubt(number // 40, number % 40, 5, *rng.uniform(0, 0.25, 8).tolist()) for number in range(count)
    ]


def doubts_of_scan(scan: int) -> ScanDoubts:
    """What four passes leave behind of a scan."""
    rng = np.random.default_rng(scan)
    return ScanDoubts(
        [SliceDoubt(scan, index, 3, *rng.random(6).tolist()) for index in range(SLICES)],
        rng.choice([0.0, 5.0], (SLICES, 4)),
        rng.random((SLICES, 20), np.float32),
    )


def stored(path: Path) -> list[list[tuple]]:
    """All that a file of doubts holds, bit for bit."""
    database = sqlite3.connect(path)
    queries = [f"SELECT * FROM {table} ORDER BY scan, slice_index" for table in ("doubts", "features")]
    found = [database.execute(query).fetchall() for query in queries]
    database.close()
    return found
