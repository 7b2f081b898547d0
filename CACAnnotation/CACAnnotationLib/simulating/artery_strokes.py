"""The strokes that a reader draws in a slice, from where its arteries truly run (MTAL 2.1.3)."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np
from CACScoringLib.schemes import OTHER, label_scheme
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import find_contours
from skimage.morphology import skeletonize

WIDEST_MM = 1.5
"""Radius of the widest brush along an artery."""
NEAREST_CONTOUR_MM, FARTHEST_CONTOUR_MM = 3.0, 5.0
"""How far from the arteries the contour is drawn."""

Path = NDArray[np.float64]
"""Columns and rows, ``(n, 2)``."""

_AROUND = [(row, column) for row in (-1, 0, 1) for column in (-1, 0, 1) if row or column]


class Scribble(NamedTuple):
    """A stroke along a section of an artery: its label value, its path and the brush."""

    value: int
    path: Path
    radius_mm: float


def artery_scribbles(regions: NDArray[np.uint8], pixel_mm: tuple[float, float]) -> list[Scribble]:
    """Draw along the middle of every artery section of a slice, never over its border.

    Parameters
    ----------
    regions
        True regions, ``[row, column]``.
    pixel_mm
        Distance between columns and between rows.
    """
    other = label_scheme()[OTHER].value
    found = []
    for value in np.unique(regions[regions > other]).tolist():
        sections, _ = ndimage.label(regions == value, np.ones((3, 3)))
        for number, box in enumerate(ndimage.find_objects(sections), start=1):
            section = np.pad(sections[box] == number, 1)
            path, radius_mm = _middle(section, pixel_mm)
            offset = box[1].start - 1, box[0].start - 1
            found.append(Scribble(value, path + offset, radius_mm))
    return found


def artery_contours(regions: NDArray[np.uint8], pixel_mm: tuple[float, float], gap_mm: float) -> list[Path]:
    """Draw closed lines around the arteries of a slice, one around those that are near each other.

    Parameters
    ----------
    regions, pixel_mm
        As in :func:`artery_scribbles`.
    gap_mm
        Distance from the arteries. At the border of the slice the line runs along it.
    """
    arteries = regions > label_scheme()[OTHER].value
    away_mm = ndimage.distance_transform_edt(~arteries, sampling=pixel_mm[::-1])
    inside = np.pad(ndimage.binary_fill_holes(away_mm <= gap_mm), 1)
    last = np.array(regions.shape[::-1]) - 1
    return [
        np.clip(line[:, ::-1] - 1, 0, last)
        for line in find_contours(inside.astype(np.float32), 0.5)
        if arteries.any()
    ]


def _middle(section: NDArray[np.bool_], pixel_mm: tuple[float, float]) -> tuple[Path, float]:
    """Path along the middle of a section, without its narrow ends, and the brush that stays inside."""
    depth_mm = ndimage.distance_transform_edt(section, sampling=pixel_mm[::-1])
    skeleton = skeletonize(section)
    if not skeleton.any():
        skeleton = depth_mm == depth_mm.max()
    pixels = _longest_path({(int(row), int(column)) for row, column in np.argwhere(skeleton)})
    depths = np.array([depth_mm[pixel] for pixel in pixels])
    wide = np.flatnonzero(depths >= np.median(depths))
    kept = slice(wide[0], wide[-1] + 1)
    # a pixel is covered if its centre is: one less deep than the nearest pixel outside
    radius_mm = min(0.99 * float(depths[kept].min()), WIDEST_MM)
    return np.array(pixels[kept], float)[:, ::-1], radius_mm


def _longest_path(pixels: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """Shortest way, from pixel to neighbouring pixel, between two that lie far apart."""
    start = min(pixels)
    end = _walked(pixels, start)[0]
    other_end, came_from = _walked(pixels, end)
    way = [other_end]
    while way[-1] != end:
        way.append(came_from[way[-1]])
    return way


def _walked(
    pixels: set[tuple[int, int]], start: tuple[int, int]
) -> tuple[tuple[int, int], dict[tuple[int, int], tuple[int, int]]]:
    """Pixel that is reached last from ``start``, and from where each was reached."""
    came_from = {start: start}
    waiting = deque([start])
    last = start
    while waiting:
        last = waiting.popleft()
        for row, column in _AROUND:
            near = (last[0] + row, last[1] + column)
            if near in pixels and near not in came_from:
                came_from[near] = last
                waiting.append(near)
    return last, came_from
