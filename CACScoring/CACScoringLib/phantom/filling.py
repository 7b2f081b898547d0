"""Filling slender structures with points: each stands for the same small volume, shared among its voxels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..geometry import VolumeGeometry
from .rendering import Patch

_GOLDEN = np.pi * (3 - 5**0.5)
"""The golden angle, by which the seeds of a sunflower turn."""
_PLASTIC = 0.7548776662
"""Inverse of the plastic number: its multiples spread evenly over 0 to 1, and apart from the golden ones."""


def fill_tube(
    line_mm: NDArray[np.float64],
    radius_mm: NDArray[np.float64],
    inner_mm: NDArray[np.float64] | float = 0.0,
    *,
    point_volume_mm3: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points that fill a tube evenly.

    Parameters
    ----------
    line_mm
        Centreline, LPS mm, shape ``(n, 3)``.
    radius_mm, inner_mm
        Outer and inner radius at its points; the inner one is 0 for a full tube.
    point_volume_mm3
        How much each point should stand for.

    Returns
    -------
    Positions, shape ``(m, 3)``, and the volume in mm³ that each stands for.
    """
    steps = np.diff(line_mm, axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    inner = np.broadcast_to(inner_mm, radius_mm.shape)
    outer_mid, inner_mid = (radius_mm[1:] + radius_mm[:-1]) / 2, (inner[1:] + inner[:-1]) / 2
    volumes = np.pi * (outer_mid**2 - inner_mid**2) * lengths
    counts = np.maximum(np.ceil(volumes / point_volume_mm3), 4).astype(int)
    piece = np.repeat(np.arange(len(steps)), counts)
    number = np.arange(len(piece)) - np.repeat(np.cumsum(counts) - counts, counts)
    # A sunflower across, an even spread along: far less grain than chance would leave.
    share = (number + 0.5) / counts[piece]
    turn = _GOLDEN * (number + 7 * piece)
    along = np.mod(0.5 + _PLASTIC * (number + 3 * piece), 1.0)
    out = np.sqrt(inner_mid[piece] ** 2 + share * (outer_mid[piece] ** 2 - inner_mid[piece] ** 2))
    first, second = across(steps / np.maximum(lengths, 1e-9)[:, None])
    positions = line_mm[piece] + along[:, None] * steps[piece]
    positions += (out * np.cos(turn))[:, None] * first[piece] + (out * np.sin(turn))[:, None] * second[piece]
    return positions, (volumes / counts)[piece]


def deposit(
    geometry: VolumeGeometry, positions_lps_mm: NDArray[np.float64], volumes_mm3: NDArray[np.float64]
) -> Patch | None:
    """Share volumes among the eight voxels around each point, linearly.

    Along z that is the slice profile of a scan whose width at half height is the slice thickness.

    Returns
    -------
    The share of each voxel that is filled, 0 to 1, within the box of the points; None if all lie outside.
    """
    index = (np.asarray(positions_lps_mm) - geometry.origin_lps_mm) / geometry.spacing_mm
    inside = ((index >= 0) & (index < np.array(geometry.size) - 1)).all(axis=1)
    if not inside.any():
        return None
    index = index[inside]
    weights = (np.asarray(volumes_mm3, float)[inside] / geometry.voxel_volume_mm3).astype(np.float32)
    base = index.astype(np.int32)
    right, down, up = (index - base).astype(np.float32).T
    corner = base.min(axis=0)
    columns, rows, slices = (base.max(axis=0) - corner + 2).tolist()
    base -= corner
    first = (base[:, 2] * rows + base[:, 1]) * columns + base[:, 0]
    where, share = [], []
    for plane, along_z in ((0, 1 - up), (1, up)):
        for row, along_y in ((0, 1 - down), (1, down)):
            both = weights * along_z * along_y
            step = (plane * rows + row) * columns
            where += [first + step, first + (step + 1)]
            share += [both * (1 - right), both * right]
    total = np.bincount(np.concatenate(where), np.concatenate(share), columns * rows * slices)
    filled = np.minimum(total, 1).astype(np.float32).reshape(slices, rows, columns)
    box = (
        slice(int(corner[2]), int(corner[2]) + slices),
        slice(int(corner[1]), int(corner[1]) + rows),
        slice(int(corner[0]), int(corner[0]) + columns),
    )
    return Patch(box, filled)


def across(directions: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two unit vectors across each direction."""
    helper = np.where(np.abs(directions[:, 2:]) < 0.9, [[0.0, 0.0, 1.0]], [[0.0, 1.0, 0.0]])
    first = np.cross(directions, helper)
    first /= np.linalg.norm(first, axis=1, keepdims=True) + 1e-12
    return first, np.cross(directions, first)
