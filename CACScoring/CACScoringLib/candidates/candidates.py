"""Candidate lesions: 3-D components of voxels at or above the threshold, and what a click on one selects."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..geometry import VolumeGeometry
from ..scans.ct_scan import CTScan
from ..scoring.protocol import ScoringProtocol
from .runs import Runs, ranges


class Candidate(NamedTuple):
    """One candidate lesion.

    Parameters
    ----------
    id
        Number from 0, in the order of the first voxels (slice, row, column).
    voxels, volume_mm3
        Size.
    peak_hu, mean_hu
        Highest and mean HU.
    bounds_ijk
        First and last column, row and slice, inclusive: ``((i0, i1), (j0, j1), (k0, k1))``.
    centroid_ijk
        Mean column, row and slice.
    """

    id: int
    voxels: int
    volume_mm3: float
    peak_hu: float
    mean_hu: float
    bounds_ijk: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
    centroid_ijk: tuple[float, float, float]

    @property
    def slices(self) -> tuple[int, int]:
        """First and last slice index."""
        return self.bounds_ijk[2]


@dataclass(frozen=True, eq=False)
class Candidates:
    """All candidate lesions of a scan, found in one pass and kept.

    Arrays have one row per candidate, in the order of their ids; ``len()`` counts candidates.

    Parameters
    ----------
    runs
        Stretches of candidate voxels along rows.
    component
        Candidate id of each run.
    geometry
        The scan's geometry.
    voxels
        Number of voxels.
    peak_hu, mean_hu
        Highest and mean HU.
    first_ijk, last_ijk
        Bounding box, inclusive, ``(n, 3)`` as column, row, slice.
    centroid_ijk
        Mean position, ``(n, 3)``.
    """

    runs: Runs
    component: NDArray[np.int32]
    geometry: VolumeGeometry
    voxels: NDArray[np.int64]
    peak_hu: NDArray
    mean_hu: NDArray[np.float64]
    first_ijk: NDArray[np.intp]
    last_ijk: NDArray[np.intp]
    centroid_ijk: NDArray[np.float64]

    def __len__(self) -> int:
        return self.voxels.size

    def __getitem__(self, candidate: int) -> Candidate:
        (i0, j0, k0), (i1, j1, k1) = self.first_ijk[candidate].tolist(), self.last_ijk[candidate].tolist()
        i, j, k = self.centroid_ijk[candidate].tolist()
        return Candidate(
            id=int(candidate),
            voxels=int(self.voxels[candidate]),
            volume_mm3=float(self.volume_mm3[candidate]),
            peak_hu=float(self.peak_hu[candidate]),
            mean_hu=float(self.mean_hu[candidate]),
            bounds_ijk=((i0, i1), (j0, j1), (k0, k1)),
            centroid_ijk=(i, j, k),
        )

    @property
    def volume_mm3(self) -> NDArray[np.floating]:
        """Volume of each candidate."""
        return self.voxels * self.geometry.voxel_volume_mm3

    def large_enough(self, smallest_mm3: float) -> NDArray[np.bool_]:
        """Tell which candidates reach a volume; the others stay candidates and can still be clicked."""
        return self.volume_mm3 >= smallest_mm3

    def lesion_at(self, ijk: tuple[int, int, int]) -> int | None:
        """Return the id of the candidate at a voxel (column, row, slice), None where there is none.

        A look-up in a sorted table: microseconds, whatever the size of the scan.
        """
        if not all(0 <= index < size for index, size in zip(ijk, self.geometry.size, strict=True)):
            return None
        i, j, k = ijk
        voxel = np.ravel_multi_index((k, j, i), self.geometry.shape)
        run = int(np.searchsorted(self.runs.start, voxel, side="right")) - 1
        return int(self.component[run]) if run >= 0 and voxel < self.runs.stop[run] else None

    def voxels_of(self, candidate: int) -> NDArray[np.intp]:
        """Ascending flat indices of a candidate's voxels in an array ``[slice, row, column]``."""
        first = self._first_run[candidate]
        chosen = self._runs_by_candidate[first : self._first_run[candidate + 1]]
        start, stop = self.runs.start[chosen], self.runs.stop[chosen]
        return ranges(start, stop - start)

    @cached_property
    def all_voxels(self) -> NDArray[np.intp]:
        """Ascending flat indices of all candidate voxels in an array ``[slice, row, column]``."""
        return ranges(self.runs.start, self.runs.length)

    def mask(self) -> NDArray[np.bool_]:
        """Mask of all candidate voxels, ``[slice, row, column]``."""
        mask = np.zeros(self.geometry.shape, bool)
        mask.reshape(-1)[self.all_voxels] = True
        return mask

    @cached_property
    def _runs_by_candidate(self) -> NDArray[np.intp]:
        return np.argsort(self.component, kind="stable")

    @cached_property
    def _first_run(self) -> NDArray[np.intp]:
        return np.searchsorted(self.component[self._runs_by_candidate], np.arange(len(self) + 1))


def find_candidates(scan: CTScan, protocol: ScoringProtocol | None = None) -> Candidates:
    """Find all candidate lesions of a scan: 3-D components, 6-connectivity, of voxels at the threshold.

    Parameters
    ----------
    scan
        The scan, HU ``[slice, row, column]``.
    protocol
        Says the threshold and whether a voxel exactly at it counts; 130 HU, at or above, unless given.
    """
    mask = (protocol or ScoringProtocol()).is_candidate(scan.hu)
    runs = Runs.of_mask(mask)
    component = runs.components()
    count = int(component.max(initial=-1)) + 1
    voxels = np.bincount(component, runs.length, minlength=count).astype(np.int64)
    hu = scan.hu.reshape(-1)[mask.reshape(-1)]
    run_peak, run_sum = _peak_and_sum(hu, runs.length)

    slice_index, row, column = np.unravel_index(runs.start, scan.geometry.shape)
    last_column = column + runs.length - 1
    by_candidate = np.argsort(component, kind="stable")
    first_run = np.searchsorted(component[by_candidate], np.arange(count))

    def extreme(find: np.ufunc, of_run: NDArray) -> NDArray:
        return find.reduceat(of_run[by_candidate], first_run) if count else of_run[:0]

    def mean(sum_of_run: NDArray) -> NDArray[np.float64]:
        return np.bincount(component, sum_of_run, minlength=count) / voxels

    return Candidates(
        runs=runs,
        component=component,
        geometry=scan.geometry,
        voxels=voxels,
        peak_hu=extreme(np.maximum, run_peak),
        mean_hu=mean(run_sum),
        first_ijk=np.stack([extreme(np.minimum, axis) for axis in (column, row, slice_index)], axis=1),
        last_ijk=np.stack([extreme(np.maximum, axis) for axis in (last_column, row, slice_index)], axis=1),
        centroid_ijk=np.stack(
            [
                mean((column + last_column) / 2 * runs.length),
                mean(row * runs.length),
                mean(slice_index * runs.length),
            ],
            axis=1,
        ),
    )


def _peak_and_sum(hu: NDArray, lengths: NDArray[np.intp]) -> tuple[NDArray, NDArray]:
    """Highest HU and sum of HU of consecutive stretches of these lengths."""
    if not hu.size:
        return hu, np.zeros(0)
    first = np.cumsum(lengths) - lengths
    wide = np.int64 if np.issubdtype(hu.dtype, np.integer) else np.float64
    return np.maximum.reduceat(hu, first), np.add.reduceat(hu, first, dtype=wide)
