"""Control points that split one component among several structures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_CLEARLY_MM = 0.02
"""By how much nearer a voxel must be to its own point than to another's, so that no tie can turn it."""


def points_that_split(
    positions_mm: NDArray[np.float64],
    owner: NDArray[np.uint8],
    strength: NDArray[np.float32],
    evident: NDArray[np.bool_],
) -> tuple[NDArray[np.uint8], list[int]]:
    """Choose voxels as control points so that "each voxel to its nearest point" gives the owners back.

    Parameters
    ----------
    positions_mm
        Voxel centres, shape ``(n, 3)``.
    owner
        Label value of each voxel; binding only where ``evident``.
    strength
        How sure the owner is; the first point of each label is a strong voxel.
    evident
        Voxels whose owner must come out. The others take the label of the nearest point.

    Returns
    -------
    Final label value of each voxel, and the indices of the chosen voxels.
    """
    owner = owner.copy()
    labels = np.unique(owner[evident])
    chosen = [
        int(np.flatnonzero((owner == label) & evident)[strength[(owner == label) & evident].argmax()])
        for label in labels
    ]
    if len(labels) == 1:
        owner[:] = labels[0]
        return owner, chosen
    nearest = np.stack([_distances(positions_mm, point) for point in chosen])
    while True:
        order = np.argsort(nearest, axis=0)
        owner = np.where(evident, owner, labels[order[0]])
        row = np.searchsorted(labels, owner)
        own = np.take_along_axis(nearest, row[None], axis=0)[0]
        rivals = nearest.copy()
        np.put_along_axis(rivals, row[None], np.inf, axis=0)
        lead = rivals.min(axis=0) - own
        worst = int(lead.argmin())
        if lead[worst] >= _CLEARLY_MM:
            return owner, chosen
        # The most misjudged voxel becomes a point itself; it then counts as evident.
        evident = evident.copy()
        evident[worst] = True
        chosen.append(worst)
        nearest[row[worst]] = np.minimum(nearest[row[worst]], _distances(positions_mm, worst))


def _distances(positions_mm: NDArray[np.float64], index: int) -> NDArray[np.float64]:
    return np.linalg.norm(positions_mm - positions_mm[index], axis=1)
