"""A reader's strokes turned into a region map.

The rules are MTAL's (2.1.3): scribbles along the arteries, a closed contour around them; of what is not
drawn, the largest component is background and becomes OTHER together with the contour. The gap between
scribble and contour stays unlabelled and takes no part in training.
"""

from __future__ import annotations

import numpy as np
from CACScoringLib.candidates.runs import Runs, ranges
from CACScoringLib.schemes import OTHER, UNLABELLED, label_scheme
from numpy.typing import NDArray


def regions_from_strokes(scribbles: NDArray[np.uint8], contour: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Turn a reader's strokes in a slice into its region map.

    Parameters
    ----------
    scribbles
        Label values where an artery, or OTHER, was drawn, 0 elsewhere; ``[row, column]``.
    contour
        Where the closed contour was drawn, same shape.

    Returns
    -------
    Label values: the scribbles; OTHER on the contour and on the background; unlabelled elsewhere. A slice in
    which nothing but OTHER was scribbled holds no artery and is OTHER throughout.
    """
    other = label_scheme()[OTHER].value
    if not (scribbles > other).any() and not contour.any():
        return np.full(scribbles.shape, other if scribbles.any() else UNLABELLED, np.uint8)
    regions = np.where(contour & (scribbles == UNLABELLED), np.uint8(other), scribbles)
    gaps = Runs.of_mask((regions == UNLABELLED)[None])
    if gaps.start.size:
        component = gaps.components()
        background = component == np.bincount(component, gaps.length).argmax()
        regions.reshape(-1)[ranges(gaps.start[background], gaps.length[background])] = other
    return regions
