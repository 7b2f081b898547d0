"""From shapes to voxels, each holding the average over its own volume.

Large organs are evaluated on a coarse grid, as the signed distance to their surface in voxel widths, then
interpolated: that number says what share of a voxel lies inside. Small structures are filled with points, or
rendered on a grid finer than the voxels, and averaged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..geometry import VolumeGeometry
from .fields import Float, Points
from .interpolation import COARSE, REACH, interpolated, nodes

_FAR = 24.0


@dataclass(frozen=True, eq=False)
class Patch:
    """Values on a part of the scan: where (slices, rows, columns), and what."""

    box: tuple[slice, slice, slice]
    values: Float


@dataclass(frozen=True)
class Canvas:
    """The scan's grid, and the coarse grid over it."""

    geometry: VolumeGeometry

    @cached_property
    def coarse(self) -> Points:
        """Open coarse grid, LPS mm: every fourth pixel in the plane, every slice."""
        pixel, _, increment = self.geometry.spacing_mm
        x0, y0, z0 = self.geometry.origin_lps_mm
        columns, rows, slices = self.geometry.size
        x = x0 + pixel * nodes(columns)
        y = y0 + pixel * nodes(rows)
        z = z0 + increment * np.arange(slices)
        return (
            x.astype(np.float32).reshape(1, 1, -1),
            y.astype(np.float32).reshape(1, -1, 1),
            z.astype(np.float32).reshape(-1, 1, 1),
        )

    def paint(self, image: Float, field: Float, hu: float | Float, opacity: float = 1.0) -> None:
        """Fill the inside of a coarse field with a CT number, in place.

        Parameters
        ----------
        image
            CT numbers, shape ``(slices, rows, columns)``.
        field
            On the coarse grid; negative inside.
        hu
            One number, or one per voxel of the coarse grid.
        opacity
            Share of the tissue that is replaced.
        """
        depth = self._voxels_deep(field)
        for part, spread in self._windows(image, depth < 1.5, (depth < 0.5).any(axis=(1, 2))):
            inside = np.clip(0.5 - spread(depth), 0, 1)
            inside *= (spread(hu) if isinstance(hu, np.ndarray) else np.float32(hu)) - part
            part += np.float32(opacity) * inside

    def paint_sheet(
        self, image: Float, field: Float, within: Float, half_mm: float, hu: float, opacity: float = 1.0
    ) -> None:
        """Fill a thin sheet around the zero of a field, in place, where the field ``within`` is negative.

        A sheet that lies in the plane of the slices comes out faint, as it is thinner than they are.
        """
        depth, share = self._voxels_deep(field), self._voxels_deep(within)
        half = np.float32(half_mm) / self._voxel_width(field)
        touched = (np.abs(depth) < half + 1.5) & (share < 1.5)
        for part, spread in self._windows(image, touched, touched.any(axis=(1, 2))):
            middle, thick = spread(depth), spread(half)
            sheet = np.clip(0.5 + thick - middle, 0, 1) - np.clip(0.5 - thick - middle, 0, 1)
            sheet *= np.clip(0.5 - spread(share), 0, 1)
            part += np.float32(opacity) * sheet * (np.float32(hu) - part)

    def _windows(
        self, image: Float, touched: NDArray[np.bool_], slices: Any
    ) -> Iterator[tuple[Float, Callable[[Float], Float]]]:
        """Go through the parts of slices that a shape touches.

        Slice by slice, because one fits the processor's cache. Yields a view of the image, and a function
        that interpolates values of the coarse grid there.
        """
        for index in np.flatnonzero(slices):
            window = _window(touched[index], image.shape[1:])
            if window is None:
                continue
            rows, columns, near_rows, near_columns = window
            yield image[index, rows, columns], partial(_spread, (index, near_rows, near_columns))

    def upsample(self, coarse: Float) -> Float:
        """Interpolate values of the coarse grid at every voxel."""
        return np.stack([interpolated(each) for each in coarse])

    def _voxels_deep(self, field: Float) -> Float:
        """Distance to the surface in widths of a voxel seen along the surface's normal."""
        return np.clip(field / self._voxel_width(field), -_FAR, _FAR).astype(np.float32)

    def _voxel_width(self, field: Float) -> Float:
        """How much a field changes from one side of a voxel to the other."""
        pixel, _, increment = self.geometry.spacing_mm
        step = pixel * COARSE
        along_z, along_y, along_x = np.gradient(field, increment, step, step)
        width = (np.abs(along_x) + np.abs(along_y)) * pixel + np.abs(along_z) * increment
        return np.maximum(width, 0.3 * pixel).astype(np.float32)


def _spread(near: tuple[Any, ...], coarse: Float) -> Float:
    return interpolated(coarse[near])


def _window(inside: NDArray[np.bool_], pixels: tuple[int, ...]) -> tuple[slice, slice, slice, slice] | None:
    """Pixels of one slice that a shape may touch (rows, columns), and the coarse nodes that decide them."""
    found = []
    for axis, size in enumerate(pixels):
        along = np.flatnonzero(inside.any(axis=1 - axis))
        if not along.size:
            return None
        first, last = int(along[0]), int(along[-1])
        # One node more on either side; nodes outside the image have no pixels of their own.
        low, high = max(first - REACH - 1, 0), min(last - REACH + 2, size // COARSE)
        if low >= high:
            return None
        found.append((slice(low * COARSE, high * COARSE), slice(low, high + 2 * REACH)))
    return found[0][0], found[1][0], found[0][1], found[1][1]
