"""Where the heart is, roughly and quickly: between the lungs and in front of the spine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .ct_scan import CTScan
from .upright import Upright

BLOCK_MM = 3.0
"""Tissues are told apart by means over squares of this size: noise and outside air then do not confuse."""
LUNG_HU = (-970, -500)
SOFT_HU = -300
BONE_HU = 100
LUNG_VESSEL_MM = 24.0
"""What is narrower between two pieces of lung is a vessel of the lung."""
VERTEBRA_MM = 18.0
"""Bone of this width and depth in the back half of the field is a vertebra; ribs are thinner."""
MARGIN_MM = 15.0


def heart_extent(scan: CTScan) -> tuple[slice, slice]:
    """Find rows and columns outside of which no coronary artery is expected.

    The heart is no lung, has lung on its left and right in some slice, and ends where the spine begins. A
    margin is added except towards the spine, from which aorta and oesophagus keep the arteries away. A scan
    that shows no lungs has its whole field returned; where a vertebra is not found at the back nothing is cut
    off there.
    """
    upright = Upright.of_geometry(scan.geometry)
    spacing_mm = scan.geometry.spacing_mm[1], scan.geometry.spacing_mm[0]
    found = _upright_extent(
        np.ascontiguousarray(upright.turned(scan.hu)), spacing_mm[::-1] if upright.transposed else spacing_mm
    )
    return upright.back.spans(*found, scan.geometry.shape[1:])


def _upright_extent(hu: NDArray, spacing_mm: tuple[float, float]) -> tuple[slice, slice]:
    """Find rows and columns of the heart in upright HU ``[slice, row, column]``, pixels so far apart."""
    block = (max(1, round(BLOCK_MM / spacing_mm[0])), max(1, round(BLOCK_MM / spacing_mm[1])))
    block_mm = (block[0] * spacing_mm[0], block[1] * spacing_mm[1])
    mean = _block_means(hu, block)
    between = _between_lungs(mean, block_mm)
    extent = []
    for axis in (0, 1):
        along = np.flatnonzero(between.any(axis=(0, 2 - axis)))
        first, last = (along[0], along[-1]) if along.size else (0, hu.shape[axis + 1])
        margin = round(MARGIN_MM / spacing_mm[axis])
        extent.append((max(int(first) * block[axis] - margin, 0), int(last + 1) * block[axis] + margin))
    (top, bottom), (left, right) = extent
    bottom = min(bottom, _spine_front(mean, block_mm) * block[0])
    rows, columns = hu.shape[1:]
    return slice(top, min(bottom, rows) if bottom > top else rows), slice(left, min(right, columns))


def _between_lungs(mean: NDArray[np.float32], block_mm: tuple[float, float]) -> NDArray[np.bool_]:
    lung = ndimage.binary_opening((mean > LUNG_HU[0]) & (mean < LUNG_HU[1]), np.ones((1, 3, 3)))
    left = np.maximum.accumulate(lung, axis=2)
    right = np.maximum.accumulate(lung[:, :, ::-1], axis=2)[:, :, ::-1]
    return ndimage.binary_opening((mean > SOFT_HU) & left & right, _square(LUNG_VESSEL_MM, block_mm))


def _spine_front(mean: NDArray[np.float32], block_mm: tuple[float, float]) -> int:
    """First row of blocks of the spine, as half of the slices have it; the number of rows without a spine."""
    rows = mean.shape[1]
    bone = ndimage.binary_opening(mean > BONE_HU, _square(VERTEBRA_MM, block_mm)).any(axis=2)
    bone[:, : rows // 2] = False
    with_bone = bone.any(axis=1)
    if 2 * with_bone.sum() < len(bone):
        return rows + 1
    return int(np.median(bone[with_bone].argmax(axis=1)))


def _square(side_mm: float, block_mm: tuple[float, float]) -> NDArray[np.bool_]:
    return np.ones((1, *(max(1, round(side_mm / mm)) for mm in block_mm)), bool)


def _block_means(hu: NDArray, block: tuple[int, int]) -> NDArray[np.float32]:
    """Mean HU over blocks, ``[slice, row, column]``; what is left over at the end is left out."""
    slices, rows, columns = hu.shape
    down, across = rows // block[0], columns // block[1]
    whole = hu[:, : down * block[0], : across * block[1]]
    return whole.reshape(slices, down, block[0], across, block[1]).mean(axis=(2, 4), dtype=np.float32)
