"""Calcified plaques as clusters of small nodules, rendered far finer than the voxels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .calcium import HU_PER_MG_CM3
from .coronaries import STEP_MM, Branch
from .fields import Float
from .filling import across
from .protocol import Protocol
from .rendering import Patch

_FINE_IN_PLANE = 3
_FINE_ALONG_Z = 8
_EDGE = 0.25


@dataclass(frozen=True, eq=False)
class Nodules:
    """A cluster of ellipsoids.

    Parameters
    ----------
    centres_mm
        LPS mm, shape ``(n, 3)``.
    semi_axes_mm
        Shape ``(n, 3)``.
    frames
        Directions of the axes as rows, shape ``(n, 3, 3)``.
    concentration_mg_cm3
        Hydroxyapatite of each.
    """

    centres_mm: NDArray[np.float64]
    semi_axes_mm: NDArray[np.float64]
    frames: NDArray[np.float64]
    concentration_mg_cm3: NDArray[np.float64]

    def moved(self, shift_mm: NDArray[np.float64]) -> Nodules:
        """The same cluster elsewhere."""
        return Nodules(self.centres_mm + shift_mm, self.semi_axes_mm, self.frames, self.concentration_mg_cm3)


@dataclass(frozen=True, eq=False)
class Rendered:
    """A plaque as the scanner sees it, and what it truly is."""

    patch: Patch
    mass_mg: float
    volume_mm3: float
    centre_lps_mm: NDArray[np.float64]
    peak_mg_cm3: float


def coronary_plaque(
    rng: np.random.Generator, branch: Branch, share: float, mass_mg: float, concentration_mg_cm3: float
) -> Nodules:
    """Place nodules along one side of a vessel's wall.

    Small lesions are spots, large ones elongated and broken up, some of them all around the lumen.
    """
    volume = mass_mg / concentration_mg_cm3 * 1000
    count = int(np.clip(1 + rng.poisson(volume / 7), 1, 40))
    length = 0.0 if count == 1 else min(1.1 * volume**0.62, 28.0) * rng.uniform(0.6, 1.2)
    middle = share * (len(branch.line_mm) - 1)
    along = np.clip(middle + rng.uniform(-0.5, 0.5, count) * length / STEP_MM, 1, len(branch.line_mm) - 2)
    index = along.astype(int)
    tangent = branch.line_mm[index + 1] - branch.line_mm[index - 1]
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    side, up = across(tangent)
    angle = rng.uniform(0, 2 * np.pi) + rng.normal(0, rng.choice([0.4, 0.8, 1.8]), count)
    outward = np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * up
    radius = branch.radius_mm[index]
    centres = branch.line_mm[index] + outward * (radius * rng.uniform(0.55, 1.0, count))[:, None]
    shares = rng.dirichlet(np.full(count, 2.5))
    # The drop of concentration towards the edge, and overlaps, cost about a sixth of the nominal mass.
    sizes = (1.2 * volume * shares * 3 / (4 * np.pi)) ** (1 / 3)
    shape = np.exp(rng.normal(0, 0.15, (count, 3))) * [1.5, 1.0, 0.75]
    shape[:, 0] *= rng.uniform(0.8, 1.5, count)
    shape /= shape.prod(axis=1, keepdims=True) ** (1 / 3)
    frames = np.stack([tangent, np.cross(tangent, outward), outward], axis=1)
    dense = concentration_mg_cm3 * np.clip(rng.normal(1, 0.15, count), 0.6, 1.4)
    return Nodules(centres, sizes[:, None] * shape, frames, dense)


def render(
    nodules: Nodules, protocol: Protocol, poses: list[NDArray[np.float64]] | None = None
) -> Rendered | None:
    """Average a cluster over the voxels, with slice profile and blur; None if it lies outside the scan.

    Parameters
    ----------
    nodules
        The cluster.
    protocol
        The scan.
    poses
        Shifts in mm between which the cluster moved while it was scanned.
    """
    geometry = protocol.geometry
    shifts = poses or [np.zeros(3)]
    reach = nodules.semi_axes_mm.max(axis=1, keepdims=True)
    low = (nodules.centres_mm - reach).min(axis=0) + np.min(shifts, axis=0)
    high = (nodules.centres_mm + reach).max(axis=0) + np.max(shifts, axis=0)
    margin = np.array([8, 8, 1])
    spacing, origin = np.array(geometry.spacing_mm), np.array(geometry.origin_lps_mm)
    first = np.floor((low - origin) / spacing).astype(int) - margin
    last = np.ceil((high - origin) / spacing).astype(int) + margin + 1
    if (last <= 0).any() or (first >= geometry.size).any():
        return None
    fine = np.array([_FINE_IN_PLANE, _FINE_IN_PLANE, _FINE_ALONG_Z])
    corner, step, shape = origin + (first - 0.5) * spacing, spacing / fine, ((last - first) * fine)[::-1]
    dense = np.zeros(shape, np.float32)
    for shift in shifts:
        dense += _concentration(nodules.moved(shift), corner, step, shape)
    dense /= len(shifts)
    cell_mm3 = float(np.prod(step))
    mass = float(dense.sum(dtype=np.float64)) * cell_mm3 / 1000
    still = dense if len(shifts) == 1 else _concentration(nodules, corner, step, shape)
    volume = float(np.count_nonzero(still)) * cell_mm3
    _, rows, columns = shape // fine[::-1]
    blocks = dense.reshape(-1, rows, _FINE_IN_PLANE, columns, _FINE_IN_PLANE).mean(axis=(2, 4))
    hu = np.tensordot(_slice_profile(shape[0]), blocks, axes=1) * np.float32(HU_PER_MG_CM3)
    pixels = protocol.kernel.blur_mm / protocol.pixel_mm
    hu = ndimage.gaussian_filter(hu, (0, pixels, pixels), mode="constant", truncate=4.0)
    weights = nodules.concentration_mg_cm3 * nodules.semi_axes_mm.prod(axis=1)
    centre = (nodules.centres_mm * weights[:, None]).sum(0) / weights.sum()
    patch = _cropped(hu, first, geometry.size)
    return Rendered(patch, mass, volume, centre, float(still.max())) if volume and patch else None


def _concentration(
    nodules: Nodules, corner: NDArray[np.float64], step: NDArray[np.float64], shape: NDArray[Any]
) -> Float:
    """Hydroxyapatite in mg/cm³ on the fine grid: the densest nodule wins where they overlap."""
    dense = np.zeros(shape, np.float32)
    for centre, axes, frame, peak in zip(
        nodules.centres_mm, nodules.semi_axes_mm, nodules.frames, nodules.concentration_mg_cm3, strict=True
    ):
        reach = axes.max()
        low = np.maximum(((centre - reach - corner) / step).astype(int), 0)
        high = np.minimum(((centre + reach - corner) / step).astype(int) + 2, shape[::-1])
        if (high <= low).any():
            continue
        x, y, z = (
            corner[axis] + (np.arange(low[axis], high[axis]) + 0.5) * step[axis] - centre[axis]
            for axis in range(3)
        )
        grid = z[:, None, None], y[:, None], x
        squared: Any = 0.0
        for row, axis in zip(frame, axes, strict=True):
            squared = squared + ((row[2] * grid[0] + row[1] * grid[1] + row[0] * grid[2]) / axis) ** 2
        inside = np.clip((1 - np.sqrt(squared)) / _EDGE, 0, 1) * peak
        part = dense[low[2] : high[2], low[1] : high[1], low[0] : high[0]]
        np.maximum(part, inside, out=part)
    return dense


def _slice_profile(fine_slices: int) -> Float:
    """Weights of fine slices in slices: a triangle whose width at half height is the slice thickness."""
    fine = (np.arange(fine_slices) + 0.5) / _FINE_ALONG_Z - 0.5
    away = np.abs(np.arange(fine_slices // _FINE_ALONG_Z)[:, None] - fine[None])
    return (np.maximum(1 - away, 0) / _FINE_ALONG_Z).astype(np.float32)


def _cropped(hu: Float, first: NDArray[Any], size: tuple[int, int, int]) -> Patch | None:
    """The part of a box, whose first voxel is ``first`` (column, row, slice), that lies in the scan."""
    inside, box = [], []
    for axis, length in zip((2, 1, 0), hu.shape, strict=True):
        low, high = max(first[axis], 0), min(first[axis] + length, size[axis])
        if high <= low:
            return None
        box.append(slice(int(low), int(high)))
        inside.append(slice(int(low - first[axis]), int(high - first[axis])))
    return Patch((box[0], box[1], box[2]), np.ascontiguousarray(hu[tuple(inside)]))
