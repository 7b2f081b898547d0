"""Vessels in the lungs: trees that grow from the hila towards points spread over the lung."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from .fields import Float
from .rendering import Canvas

Segment = tuple[NDArray[np.float64], NDArray[np.float64]]

_LEAF_RADIUS_MM = 0.5
_MURRAY = 2.5


def lung_vessels(
    rng: np.random.Generator, canvas: Canvas, lung: Float, roots_mm: NDArray[np.float64], leaves: int
) -> list[Segment]:
    """Grow vessels from the hila into the lung.

    Parameters
    ----------
    rng
        Source of chance.
    canvas
        The grid on which ``lung`` lies.
    lung
        Field of the lungs on the coarse grid.
    roots_mm
        Where trees may start, LPS mm, shape ``(n, 3)``.
    leaves
        Number of twigs in the field of view.

    Returns
    -------
    Centreline (LPS mm) and radius (mm) of each piece between two joints. Radii follow Murray's law.
    """
    goals = _spread(rng, canvas, lung, leaves)
    nodes, parent = _tree(goals, roots_mm)
    weight = np.ones(len(nodes))
    weight[: len(roots_mm)] = 0
    for child in range(len(nodes) - 1, len(roots_mm) - 1, -1):
        weight[parent[child]] += weight[child]
    radius = _LEAF_RADIUS_MM * weight ** (1 / _MURRAY)
    segments = []
    for child in range(len(roots_mm), len(nodes)):
        start, end = nodes[parent[child]], nodes[child]
        length = float(np.linalg.norm(end - start))
        t = np.linspace(0, 1, max(int(length / 2), 3))[:, None]
        bend = rng.normal(0, 0.07 * length, 3)
        line = start + t * (end - start) + t * (1 - t) * 2 * bend
        first = min(float(radius[parent[child]]), float(radius[child]) * 1.12)
        segments.append(
            (line, np.linspace(first, float(radius[child]) * (0.55 if weight[child] == 1 else 1), len(line)))
        )
    return segments


def _spread(rng: np.random.Generator, canvas: Canvas, lung: Float, count: int) -> NDArray[np.float64]:
    """Points inside the lung, away from its surface."""
    deep = np.flatnonzero(lung.ravel() < -3.0)
    if not deep.size:
        return np.empty((0, 3))
    chosen = np.unravel_index(rng.choice(deep, min(count, deep.size), replace=False), lung.shape)
    x, y, z = (axis.ravel() for axis in canvas.coarse)
    found = np.stack([x[chosen[2]], y[chosen[1]], z[chosen[0]]], axis=1).astype(float)
    return found + rng.uniform(-1, 1, found.shape) * [0.8, 0.8, 1.2]


def _tree(
    goals: NDArray[np.float64], roots: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Join goals, nearest to the hila first, each to the node that makes a short way home."""
    home = cKDTree(roots).query(goals)[0]
    nodes = np.concatenate([roots, goals[np.argsort(home)]])
    path = np.zeros(len(nodes))
    parent = np.zeros(len(nodes), np.int64)
    for child in range(len(roots), len(nodes)):
        gap = np.linalg.norm(nodes[:child] - nodes[child], axis=1)
        cost = gap + 0.62 * path[:child]
        parent[child] = int(np.argmin(cost))
        path[child] = path[parent[child]] + gap[parent[child]]
    return nodes, parent
