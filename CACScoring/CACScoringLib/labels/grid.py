"""Label maps with other axes or another extent than their scan, put on the scan's grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import CACError
from ..geometry import SAME_PLACE_MM, VolumeGeometry, corner_indices, transform_points


def on_grid(labels: NDArray[np.uint8], labels_to_ras: ArrayLike, target: VolumeGeometry) -> NDArray[np.uint8]:
    """Move labels onto a scan's grid without resampling.

    Axes may be reversed or in another order (as NIfTI tools leave them) and the extent may be smaller or
    larger (as 3D Slicer crops segmentations).

    Parameters
    ----------
    labels
        Label values ``[slice, row, column]`` of their own grid.
    labels_to_ras
        Homogeneous 4 x 4 matrix from their (column, row, slice) to RAS mm.
    target
        Geometry of the scan.

    Raises
    ------
    CACError
        If voxels do not lie on voxels, or a labelled voxel lies outside the scan.
    """
    to_ras = np.asarray(labels_to_ras, float)
    steps = np.rint(np.linalg.inv(target.ijk_to_ras) @ to_ras)
    along = np.abs(steps[:3, :3])
    corners = corner_indices(labels.shape[::-1])
    places = transform_points(steps, corners)
    off_mm = np.abs(target.ras_of(places) - transform_points(to_ras, corners)).max()
    if off_mm > SAME_PLACE_MM or not ((along.sum(0) == 1).all() and (along.sum(1) == 1).all()):
        raise CACError(
            "the labels do not lie on the scan's grid: they belong to another scan or were resampled"
        )
    axis_of = along.argmax(axis=1)
    turned = labels.transpose([2 - axis_of[axis] for axis in (2, 1, 0)])
    turned = np.flip(turned, tuple(2 - axis for axis in range(3) if steps[axis, axis_of[axis]] < 0))
    return _placed(turned, places.min(axis=0).astype(int)[::-1], target.shape)


def _placed(
    labels: NDArray[np.uint8], first: NDArray[np.intp], shape: tuple[int, int, int]
) -> NDArray[np.uint8]:
    """Paste labels whose first voxel lies at index ``first`` into an array of ``shape``."""
    if not first.any() and labels.shape == shape:
        return np.ascontiguousarray(labels)
    begin = np.maximum(first, 0)
    end = np.maximum(np.minimum(first + labels.shape, shape), begin)
    part = labels[tuple(map(slice, begin - first, end - first))]
    if np.count_nonzero(part) != np.count_nonzero(labels):
        raise CACError("the labels reach outside the scan: they were made on another one")
    placed = np.zeros(shape, np.uint8)
    placed[tuple(map(slice, begin, end))] = part
    return placed
