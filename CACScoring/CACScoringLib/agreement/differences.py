"""Where two readings of a scan differ: calcium of one only, or of another artery."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from ..components import voxel_components
from ..geometry import VolumeGeometry
from .paired_voxels import PairedVoxels


class Difference(Enum):
    """How readings differ in a voxel; values are those of :func:`difference_map`."""

    ONLY_REFERENCE = 1
    ONLY_TEST = 2
    OTHER_ARTERY = 3


@dataclass(frozen=True)
class DifferingPart:
    """Touching voxels in which readings differ in one way.

    Parameters
    ----------
    kind
        How they differ.
    reference, test
        What either says of it: a label name, or "unlabelled".
    volume_mm3
        Size.
    slices
        First and last slice index.
    centre_ras_mm
        Mean position, RAS.
    """

    kind: Difference
    reference: str
    test: str
    volume_mm3: float
    slices: tuple[int, int]
    centre_ras_mm: tuple[float, float, float]


def difference_map(voxels: PairedVoxels) -> NDArray[np.uint8]:
    """Map of the values of :class:`Difference`, 0 where readings agree, ``[slice, row, column]``.

    OTHER and unlabelled are the same here, as neither counts as calcium.
    """
    found = np.zeros(voxels.shape, np.uint8)
    found.reshape(-1)[voxels.voxels] = _kinds(voxels)
    return found


def differing_parts(voxels: PairedVoxels, geometry: VolumeGeometry) -> tuple[DifferingPart, ...]:
    """List where two readings differ, the largest part first; touching voxels of one kind are one part.

    Parameters
    ----------
    voxels
        The voxels of both readings.
    geometry
        The scan's geometry.
    """
    kinds = _kinds(voxels)
    differing = np.flatnonzero(kinds)
    if not differing.size:
        return ()
    count = len(voxels.names)
    pairs = voxels.reference[differing] * count + voxels.test[differing]
    flat = voxels.voxels[differing]
    part = voxel_components(flat, pairs, voxels.shape).in_volume
    slice_index, row, column = np.unravel_index(flat, voxels.shape)
    size = np.bincount(part)
    centre = geometry.ras_of(
        np.stack([np.bincount(part, axis) / size for axis in (column, row, slice_index)], axis=1)
    )
    _, first = np.unique(part, return_index=True)
    last_slice = np.zeros(size.size, np.intp)
    np.maximum.at(last_slice, part, slice_index)
    parts = [
        DifferingPart(
            kind=Difference(int(kinds[differing[voxel]])),
            reference=voxels.names[voxels.reference[differing[voxel]]],
            test=voxels.names[voxels.test[differing[voxel]]],
            volume_mm3=float(size[number] * geometry.voxel_volume_mm3),
            slices=(int(slice_index[voxel]), int(last_slice[number])),
            centre_ras_mm=(float(centre[number, 0]), float(centre[number, 1]), float(centre[number, 2])),
        )
        for number, voxel in enumerate(first)
    ]
    return tuple(sorted(parts, key=lambda each: -each.volume_mm3))


def _kinds(voxels: PairedVoxels) -> NDArray[np.uint8]:
    """Value of :class:`Difference` for each voxel, 0 where both readings say the same."""
    reference, test = voxels.artery_numbers()
    kinds = np.zeros(reference.size, np.uint8)
    kinds[(reference > 0) & (test == 0)] = Difference.ONLY_REFERENCE.value
    kinds[(reference == 0) & (test > 0)] = Difference.ONLY_TEST.value
    kinds[(reference > 0) & (test > 0) & (reference != test)] = Difference.OTHER_ARTERY.value
    return kinds
