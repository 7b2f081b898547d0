"""Small scans and label maps made by hand, shared by tests."""

from __future__ import annotations

import numpy as np
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.scans.ct_scan import Acquisition, CTScan
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage


def scan_of(
    hu: ArrayLike, spacing_mm: tuple[float, float, float] = (1.0, 1.0, 3.0), **acquisition: object
) -> CTScan:
    """Scan of an array ``[slice, row, column]`` at the origin."""
    values = np.asarray(hu, np.int16)
    geometry = VolumeGeometry(values.shape[::-1], spacing_mm)
    return CTScan(values, geometry, Acquisition(**acquisition))  # type: ignore[arg-type]


def blocks(
    shape: tuple[int, int, int],
    *parts: tuple[slice | int, slice | int, slice | int, int],
    background: int = 40,
) -> NDArray[np.int16]:
    """Volume of ``background`` HU in which each part ``(slices, rows, columns, value)`` is set."""
    volume = np.full(shape, background, np.int16)
    for slices, rows, columns, value in parts:
        volume[slices, rows, columns] = value
    return volume


def random_scan(seed: int, shape: tuple[int, int, int] = (12, 40, 36)) -> tuple[CTScan, NDArray[np.uint8]]:
    """Scan with components of all sizes around 130 HU, and blocks of labels that follow no components."""
    rng = np.random.default_rng(seed)
    hu = 90 + 350 * ndimage.gaussian_filter(rng.normal(0, 1, shape), 0.8)
    labels = rng.integers(0, 6, [-(-size // 4) for size in shape]).astype(np.uint8)
    for axis, size in enumerate(shape):
        labels = labels.repeat(4, axis).take(range(size), axis)
    spacing = tuple(float(mm) for mm in rng.uniform([0.3, 0.3, 1.0], [0.9, 0.9, 3.0]))
    return scan_of(np.rint(hu), spacing), labels  # type: ignore[arg-type]
