"""From a brush's path to pixels of a slice: scribbles, contours, erasing."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from skimage.draw import line

CONTOUR = 255
"""Value of the layer ``strokes`` where a contour was drawn; scribbles have the label's value."""


def brushed_pixels(
    path: ArrayLike, radius_mm: float, pixel_mm: tuple[float, float], shape: tuple[int, int]
) -> NDArray[np.bool_]:
    """Return the pixels of a slice that a round brush touches on its way.

    Parameters
    ----------
    path
        Column and row of the places it goes through, with fractions, ``(n, 2)``. Views drop events: places
        are joined by straight lines.
    radius_mm
        Of the brush; however small, it touches the pixels that its middle goes over.
    pixel_mm
        Distance between columns and between rows.
    shape
        Rows and columns of the slice.

    Raises
    ------
    ValueError
        If the path is empty or holds what is no number.
    """
    places = np.atleast_2d(np.asarray(path, np.float64))
    if places.size == 0 or places.shape[1] != 2 or not np.isfinite(places).all():
        raise ValueError("a brush goes through places (n, 2) that are numbers")
    radii = radius_mm / pixel_mm[1], radius_mm / pixel_mm[0]
    rows, columns = _covered(radii)
    middles = [(math.floor(row + 0.5), math.floor(column + 0.5)) for column, row in places]
    lines = [line(*start, *end) for start, end in zip(middles, middles[1:] or middles, strict=False)]
    at_rows, at_columns = np.concatenate(lines, axis=1)
    # Around the slice is room for a brush whose middle lies just outside: no pixel need be tested on its own.
    height, width = shape
    far_rows, far_columns = int(rows.max()), int(columns.max())
    touched = np.zeros((height + 4 * far_rows, width + 4 * far_columns), bool)
    near = (at_rows >= -far_rows) & (at_rows < height + far_rows)
    near &= (at_columns >= -far_columns) & (at_columns < width + far_columns)
    middle = (at_rows[near] + 2 * far_rows) * touched.shape[1] + at_columns[near] + 2 * far_columns
    touched.reshape(-1)[middle[:, None] + (rows * touched.shape[1] + columns)] = True
    return touched[2 * far_rows : 2 * far_rows + height, 2 * far_columns : 2 * far_columns + width]


def _covered(radii: tuple[float, float]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Offsets in rows and columns of the pixels whose centre a brush of these radii covers."""
    reach = [math.floor(radius) for radius in radii]
    row, column = np.mgrid[-reach[0] : reach[0] + 1, -reach[1] : reach[1] + 1]
    inside = (row / max(radii[0], 0.5)) ** 2 + (column / max(radii[1], 0.5)) ** 2 <= 1
    return row[inside], column[inside]
