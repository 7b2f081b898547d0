"""Label maps stored with other axes or a smaller extent than their scan, put on the scan's grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..geometry import VolumeGeometry

_TOLERANCE_VOXELS = 0.1


def on_grid(
    labels: NDArray[np.uint8], stored: VolumeGeometry, target: VolumeGeometry
) -> NDArray[np.uint8] | None:
    """Move labels onto a scan's grid without resampling, or return None where that cannot be done.

    Axes may be flipped or in another order (as NIfTI tools leave them) and the extent may be smaller or
    larger (as 3D Slicer crops segmentations), but voxel must lie on voxel, and no label outside the scan.

    Parameters
    ----------
    labels
        Label values ``[slice, row, column]`` in the stored geometry.
    stored, target
        Geometry of the label map, and of the scan.
    """
    to_target = np.linalg.inv(target.ijk_to_lps) @ stored.ijk_to_lps
    whole = np.rint(to_target)
    turned = np.abs(whole[:3, :3])
    if not (np.array_equal(turned.sum(0), [1, 1, 1]) and np.array_equal(turned.sum(1), [1, 1, 1])):
        return None
    corners = np.array(np.meshgrid(*[(0, size - 1) for size in stored.size])).reshape(3, -1)
    homogeneous = np.vstack([corners, np.ones(corners.shape[1])])
    if np.abs((to_target - whole) @ homogeneous).max() > _TOLERANCE_VOXELS:
        return None
    # Array axes run opposite to ijk: column i is axis 2.
    axis_of = np.argmax(turned, axis=1)
    moved = labels.transpose([2 - axis_of[axis] for axis in (2, 1, 0)])
    flipped = [2 - axis for axis in range(3) if whole[axis, axis_of[axis]] < 0]
    moved = np.flip(moved, flipped)
    first = (whole @ homogeneous)[:3].min(1).astype(int)[::-1]
    return _placed(moved, first, target.shape)


def _placed(
    labels: NDArray[np.uint8], first: NDArray[np.intp], shape: tuple[int, int, int]
) -> NDArray[np.uint8] | None:
    """Paste labels whose first voxel lies at index ``first`` into an array of ``shape``."""
    if not first.any() and labels.shape == shape:
        return np.ascontiguousarray(labels)
    inside_target = tuple(
        slice(max(0, start), max(0, min(size, start + length)))
        for start, size, length in zip(first, shape, labels.shape, strict=True)
    )
    inside_labels = tuple(
        slice(part.start - start, part.stop - start) for part, start in zip(inside_target, first, strict=True)
    )
    if any(part.stop <= part.start for part in inside_target):
        return None if labels.any() else np.zeros(shape, np.uint8)
    placed = np.zeros(shape, np.uint8)
    placed[inside_target] = labels[inside_labels]
    return placed if np.count_nonzero(placed) == np.count_nonzero(labels) else None
