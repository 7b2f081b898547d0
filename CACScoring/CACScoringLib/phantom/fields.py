"""Implicit shapes: functions of position that are negative inside a structure and positive outside.

Values are close to the distance from the surface in mm. Positions come as ``(x, y, z)`` in LPS mm, either as
three flat arrays (points) or as an open grid of shapes ``(1, 1, columns)``, ``(1, rows, 1)`` and
``(slices, 1, 1)``, whose field then has shape ``(slices, rows, columns)``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float: TypeAlias = NDArray[np.floating[Any]]
Points: TypeAlias = tuple[Float, Float, Float]
Field: TypeAlias = Callable[[Points], Float]

REACH_MM = 30.0
"""Beyond this distance from a local shape its field is cut off: nothing out there depends on it."""


def points_of(array: ArrayLike) -> Points:
    """Turn an array of positions, shape ``(n, 3)``, into flat ``x, y, z``."""
    x, y, z = np.asarray(array, np.float32).T
    return x, y, z


def within(points: Points, lower: ArrayLike, upper: ArrayLike, field: Field) -> Float:
    """Evaluate a local field; on a grid only near its bounding box, with ``REACH_MM`` everywhere else."""
    if points[0].ndim != 3:
        return field(points)
    low, high = np.asarray(lower) - REACH_MM, np.asarray(upper) + REACH_MM
    ranges = [
        slice(*np.searchsorted(axis.ravel(), [low[number], high[number]]))
        for number, axis in enumerate(points)
    ]
    along_x, along_y, along_z = ranges
    values = np.full(np.broadcast_shapes(*[axis.shape for axis in points]), REACH_MM, np.float32)
    near = (points[0][:, :, along_x], points[1][:, along_y], points[2][along_z])
    if all(axis.size for axis in near):
        values[along_z, along_y, along_x] = np.minimum(field(near), REACH_MM)
    return values


def ellipsoid(
    points: Points, centre: ArrayLike, semi_axes: ArrayLike, rotation: NDArray[Any] | None = None
) -> Float:
    """Ellipsoid; the rows of ``rotation`` are the directions of its axes."""
    middle, axes = np.asarray(centre, np.float32), np.asarray(semi_axes, np.float32)

    def field(near: Points) -> Float:
        x, y, z = (axis - middle[number] for number, axis in enumerate(near))
        if rotation is not None:
            x, y, z = (row[0] * x + row[1] * y + row[2] * z for row in rotation.astype(np.float32))
        relative = np.sqrt((x / axes[0]) ** 2 + (y / axes[1]) ** 2 + (z / axes[2]) ** 2) + 1e-6
        steepness = (
            np.sqrt((x / axes[0] ** 2) ** 2 + (y / axes[1] ** 2) ** 2 + (z / axes[2] ** 2) ** 2) + 1e-6
        )
        return relative * (relative - 1) / steepness

    return within(points, middle - axes.max(), middle + axes.max(), field)


def tube(points: Points, nodes: ArrayLike, radii: ArrayLike) -> Float:
    """Tube along a polyline ``(n, 3)`` with a radius at each node (one number: the same everywhere)."""
    line = np.asarray(nodes, np.float32)
    widths = np.broadcast_to(np.asarray(radii, np.float32), len(line))
    margin = widths.max()

    def piece(near: Points, number: int) -> Float:
        start, step = line[number], line[number + 1] - line[number]
        away = [axis - start[index] for index, axis in enumerate(near)]
        length2 = max(float(step @ step), 1e-9)
        along = sum((away[index] * (step[index] / length2) for index in range(3)), np.float32(0))
        along = np.clip(along, 0, 1)
        off = [away[index] - along * step[index] for index in range(3)]
        radius = widths[number] + along * (widths[number + 1] - widths[number])
        return np.sqrt(off[0] ** 2 + off[1] ** 2 + off[2] ** 2) - radius

    def field(near: Points) -> Float:
        distance = piece(near, 0)
        for number in range(1, len(line) - 1):
            distance = np.minimum(distance, piece(near, number))
        return distance

    return within(points, line.min(0) - margin, line.max(0) + margin, field)


def smooth_union(first: Float, second: Float, blend_mm: float) -> Float:
    """Union of two shapes whose crease is filled over about ``blend_mm``."""
    overlap = np.maximum(blend_mm - np.abs(first - second), 0)
    return np.minimum(first, second) - overlap * overlap * np.float32(0.25 / blend_mm)


class Wobble:
    """A smooth random function of position, zero on average, that makes a shape look grown, not drawn.

    Parameters
    ----------
    rng
        Source of chance.
    amplitude
        Standard deviation of the values.
    wavelength_mm
        Shortest and longest wavelength.
    """

    def __init__(
        self, rng: np.random.Generator, amplitude: float, wavelength_mm: tuple[float, float], waves: int = 9
    ) -> None:
        direction = rng.normal(size=(waves, 3))
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        self._waves = 2 * np.pi * direction / rng.uniform(*wavelength_mm, size=(waves, 1))
        self._phases = rng.uniform(0, 2 * np.pi, waves)
        self._amplitude = amplitude * np.sqrt(2 / waves)

    def __call__(self, points: Points) -> Float:
        """Values at the positions."""
        # exp(i(a+b+c)) as a product: on an open grid the costly part is then one-dimensional.
        total: Any = 0
        for wave, phase in zip(self._waves, self._phases, strict=True):
            x, y, z = (
                np.exp(1j * wave[number] * axis).astype(np.complex64) for number, axis in enumerate(points)
            )
            plane = y * z * np.complex64(self._amplitude * np.exp(1j * phase))
            total = total + (x.real * plane.imag + x.imag * plane.real)
        return np.asarray(total, np.float32)
