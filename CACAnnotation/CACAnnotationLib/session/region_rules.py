"""What a reader's strokes in a slice mean, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from CACScoringLib.schemes import OTHER, UNLABELLED, LabelScheme, label_scheme
from numpy.typing import NDArray
from scipy import ndimage

from ..region_fill import regions_from_strokes
from .region_drawing import CONTOUR


class RegionProblem(Enum):
    """What a reader has to be shown."""

    OPEN_CONTOUR = "the contour does not close: nothing outside it is OTHER yet"
    TOUCHING = "strokes of two arteries touch"
    OUTSIDE = "a stroke lies outside the contour"


@dataclass(frozen=True, eq=False)
class FoundProblem:
    """A problem and where it is: a mask of the slice's pixels, ``[row, column]``."""

    problem: RegionProblem
    pixels: NDArray[np.bool_]


def region_map(strokes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Turn the strokes of a slice into its region map (SCIENCE: the background fill of MTAL 2.1.3).

    Parameters
    ----------
    strokes
        Layer ``strokes`` of the slice, ``[row, column]``.

    Returns
    -------
    Label values. As long as the contour is open, strokes alone are labels, so that a gap does not turn what
    lies inside into OTHER.
    """
    contour = strokes == CONTOUR
    scribbles = np.where(contour, np.uint8(UNLABELLED), strokes)
    drawn = contour.any() or (scribbles > label_scheme()[OTHER].value).any()
    if drawn and not enclosed(contour, scribbles > UNLABELLED).any():
        return scribbles
    return regions_from_strokes(scribbles, contour)


def enclosed(contour: NDArray[np.bool_], scribbles: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels that a contour closes in, without its own and those of scribbles.

    Where a scribble lies on the contour it closes the gap that it makes; what a scribble alone closes in, a
    ring say, is not closed in by the contour.
    """
    inside = np.zeros_like(contour)
    wall = contour | (scribbles if contour.any() else False)
    # What a contour closes in lies in its box: to fill all of the slice takes some fifteen times as long.
    box = _box(wall)
    holes, count = ndimage.label(ndimage.binary_fill_holes(wall[box]) & ~wall[box])
    if count:
        beside_contour = np.unique(holes[ndimage.binary_dilation(contour[box])])
        inside[box] = np.isin(holes, beside_contour[beside_contour > 0])
    return inside


def region_problems(strokes: NDArray[np.uint8], scheme: LabelScheme) -> list[FoundProblem]:
    """Find what is wrong with the strokes of a slice; ``[row, column]`` of the layer ``strokes``."""
    contour = strokes == CONTOUR
    arteries = np.isin(strokes, [label.value for label in scheme.arteries])
    found = []
    if contour.any():
        scribbles = (strokes != UNLABELLED) & ~contour
        inside = enclosed(contour, scribbles)
        outside = arteries & ~_nearest(inside, contour | scribbles)
        if not inside.any():
            found.append(FoundProblem(RegionProblem.OPEN_CONTOUR, contour))
        elif outside.any():
            found.append(FoundProblem(RegionProblem.OUTSIDE, outside))
    touching = np.zeros_like(arteries)
    box = _box(arteries)
    touching[box] = arteries[box] & _differs_around(strokes[box], arteries[box])
    if touching.any():
        found.append(FoundProblem(RegionProblem.TOUCHING, touching))
    return found


def _nearest(inside: NDArray[np.bool_], wall: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell of each pixel of a wall whether the nearest one that is none lies inside; others as they are."""
    rows, columns = (slice(max(each.start - 1, 0), each.stop + 1) for each in _box(wall))
    nearest = ndimage.distance_transform_edt(wall[rows, columns], return_distances=False, return_indices=True)
    found = np.zeros_like(inside)
    found[rows, columns] = inside[rows, columns][tuple(nearest)]
    return found


def _differs_around(values: NDArray[np.uint8], chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell where the 3 x 3 pixels around hold two chosen ones of different values."""
    lowest = ndimage.minimum_filter(np.where(chosen, values, np.uint8(255)), 3)
    highest = ndimage.maximum_filter(np.where(chosen, values, np.uint8(0)), 3)
    return lowest < highest


def _box(mask: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Rows and columns from the first to the last that a mask touches."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return slice(0), slice(0)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
