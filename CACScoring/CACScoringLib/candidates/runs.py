"""Runs of voxels along rows, and the 3-D components that they form.

A run is a stretch of neighbouring candidate voxels within one row. A scan of 33 million voxels has some
200,000 of them, so that labelling runs takes as long as a library's labelling of all voxels and yields every
component's statistics on the way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..components import number_nodes


@dataclass(frozen=True)
class Runs:
    """Runs in ascending order of an array of shape (slices, rows, columns).

    Parameters
    ----------
    start, stop
        Flat index of the first voxel of each run, and one past its last.
    shape
        Slices, rows, columns.
    """

    start: NDArray[np.intp]
    stop: NDArray[np.intp]
    shape: tuple[int, int, int]

    @classmethod
    def of_mask(cls, mask: NDArray[np.bool_]) -> Runs:
        """Find the runs of a mask ``[slice, row, column]``."""
        flat = np.ascontiguousarray(mask).reshape(-1)
        edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
        edges = np.concatenate([[0] if flat[:1].any() else [], edges, [flat.size] if flat[-1:].any() else []])
        start, stop = edges.astype(np.intp).reshape(-1, 2).T
        return cls(*_cut_at_row_ends(start, stop, mask.shape[2]), mask.shape)

    @property
    def length(self) -> NDArray[np.intp]:
        """Number of voxels of each run."""
        return self.stop - self.start

    def components(self) -> NDArray[np.int32]:
        """Number the 3-D components (6-connectivity) that the runs form, from 0, one number per run."""
        _, rows, columns = self.shape
        not_last_row = np.flatnonzero(self.start // columns % rows < rows - 1)
        everywhere = np.arange(self.start.size)
        edges = [self._overlapping(not_last_row, columns), self._overlapping(everywhere, rows * columns)]
        return number_nodes(self.start.size, edges)

    def _overlapping(self, runs: NDArray[np.intp], step: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Pairs of runs of which the second overlaps the first when that is moved by ``step`` voxels."""
        first = np.searchsorted(self.stop, self.start[runs] + step, side="right")
        count = np.maximum(np.searchsorted(self.start, self.stop[runs] + step, side="left") - first, 0)
        target = ranges(first, count)
        return np.repeat(runs, count), target


def ranges(first: NDArray[np.intp], count: NDArray[np.intp]) -> NDArray[np.intp]:
    """Concatenate ``count[n]`` consecutive integers from ``first[n]``, for every n."""
    before = np.cumsum(count) - count
    return np.repeat(first - before, count) + np.arange(count.sum())


def _cut_at_row_ends(
    start: NDArray[np.intp], stop: NDArray[np.intp], columns: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Cut runs that wrap around into the next row."""
    pieces = (stop - 1) // columns - start // columns + 1
    if not (pieces > 1).any():
        return start, stop
    row = ranges(start // columns, pieces)
    return np.maximum(np.repeat(start, pieces), row * columns), np.minimum(
        np.repeat(stop, pieces), (row + 1) * columns
    )
