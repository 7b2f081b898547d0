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
    if drawn and not (ndimage.binary_fill_holes(contour) & ~contour).any():
        return scribbles
    return regions_from_strokes(scribbles, contour)


def region_problems(strokes: NDArray[np.uint8], scheme: LabelScheme) -> list[FoundProblem]:
    """Find what is wrong with the strokes of a slice; ``[row, column]`` of the layer ``strokes``."""
    contour = strokes == CONTOUR
    found = []
    if contour.any():
        filled = ndimage.binary_fill_holes(contour)
        arteries = np.isin(strokes, [label.value for label in scheme.arteries])
        if not (filled & ~contour).any():
            found.append(FoundProblem(RegionProblem.OPEN_CONTOUR, contour))
        elif (arteries & ~filled).any():
            found.append(FoundProblem(RegionProblem.OUTSIDE, arteries & ~filled))
    touching = np.zeros(strokes.shape, bool)
    for label in scheme.arteries:
        own = strokes == label.value
        if own.any():
            others = np.isin(strokes, [each.value for each in scheme.arteries if each is not label])
            touching |= ndimage.binary_dilation(own, np.ones((3, 3), bool)) & others
    if touching.any():
        found.append(FoundProblem(RegionProblem.TOUCHING, touching))
    return found
