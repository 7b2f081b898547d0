"""The voxels of two label maps that count: labelled in either, at the threshold, not too small."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..components import voxel_components
from ..scans.ct_scan import CTScan
from ..schemes import OTHER, label_scheme
from ..scoring.protocol import ScoringProtocol
from ..scoring.scores import large_enough

UNLABELLED_NAME = "unlabelled"


@dataclass(frozen=True)
class LeftOut:
    """Labelled voxels of one reading that do not count, by reason."""

    below_threshold: int
    too_small: int


@dataclass(frozen=True, eq=False)
class PairedVoxels:
    """Candidate voxels labelled by at least one of two readings.

    Parameters
    ----------
    names
        Names of the labels; the first is "unlabelled", the second OTHER, then the arteries.
    voxels
        Ascending flat indices into the scan's array.
    shape
        Slices, rows, columns of that array.
    reference, test
        Label of each voxel as a position in ``names``.
    unlabelled
        Number of candidate voxels that neither reading labels.
    reference_left_out, test_left_out
        What was dropped from each reading.
    """

    names: tuple[str, ...]
    voxels: NDArray[np.intp]
    shape: tuple[int, int, int]
    reference: NDArray[np.intp]
    test: NDArray[np.intp]
    unlabelled: int
    reference_left_out: LeftOut
    test_left_out: LeftOut

    @property
    def arteries(self) -> tuple[str, ...]:
        """Names of the arteries that are told apart."""
        return self.names[2:]

    def confusion(self) -> NDArray[np.int64]:
        """Count candidate voxels by label, ``(names, names)``, rows reference, columns test."""
        size = len(self.names)
        counts = np.bincount(self.reference * size + self.test, minlength=size**2).reshape(size, size)
        counts[0, 0] += self.unlabelled
        return counts

    def artery_numbers(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Reference and test as 0 for "no artery" (unlabelled or OTHER) and 1, 2, … for the arteries."""
        return np.maximum(self.reference - 1, 0), np.maximum(self.test - 1, 0)


def pair_voxels(
    scan: CTScan, reference: NDArray[np.uint8], test: NDArray[np.uint8], protocol: ScoringProtocol
) -> PairedVoxels:
    """Pair the labels of two readings voxel by voxel.

    Voxels below the protocol's threshold never count. Where the protocol drops whole 3-D lesions as too small
    (``lesion_volume``, ``lesion_area``), they count as unlabelled here as well; Agatston's rule for 2-D
    components belongs to the sum of the score and drops no voxel here. Where the protocol does not keep the
    left main apart, LM is LAD.

    Parameters
    ----------
    scan
        The scan that both readings label.
    reference, test
        CAC label maps on the scan's grid, ``[slice, row, column]``.
    protocol
        Threshold, smallness rule, treatment of the left main.
    """
    names, number_of_value = _label_numbers(protocol)
    voxels = np.flatnonzero(reference | test)
    candidate = protocol.is_candidate(scan.hu)
    counts = candidate.reshape(-1)[voxels]
    numbers = []
    left_out = []
    for labels in (reference, test):
        number = number_of_value[labels.reshape(-1)[voxels]]
        below = int(np.count_nonzero(number[~counts]))
        number = number[counts]
        small = _too_small(voxels[counts], number, scan, protocol)
        left_out.append(LeftOut(below, int(np.count_nonzero(small))))
        numbers.append(np.where(small, 0, number))
    return PairedVoxels(
        names,
        voxels[counts],
        scan.geometry.shape,
        numbers[0],
        numbers[1],
        int(np.count_nonzero(candidate)) - int(np.count_nonzero(counts)),
        left_out[0],
        left_out[1],
    )


def _label_numbers(protocol: ScoringProtocol) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    """Names with "unlabelled" first, and each label value's position among them."""
    kept = label_scheme(with_lm=protocol.keep_lm_apart)
    names = (UNLABELLED_NAME, OTHER, *(label.name for label in kept.arteries))
    number_of_value = np.zeros(256, np.intp)
    for label in label_scheme().labels:
        number_of_value[label.value] = names.index(label.name if label.name in names else "LAD")
    return names, number_of_value


def _too_small(
    voxels: NDArray[np.intp], number: NDArray[np.intp], scan: CTScan, protocol: ScoringProtocol
) -> NDArray[np.bool_]:
    small = np.zeros(voxels.size, bool)
    if protocol.too_small in ("lesion_volume", "lesion_area"):
        calcium = np.flatnonzero(number >= 2)
        components = voxel_components(voxels[calcium], number[calcium], scan.geometry.shape)
        small[calcium] = ~large_enough(components, scan.geometry, protocol)
    return small
