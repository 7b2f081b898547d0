"""Regions between two labelled slices, by the distance from their outlines (Raya 1990)."""

from __future__ import annotations

import numpy as np
from CACScoringLib.schemes import OTHER, UNLABELLED, label_scheme
from numpy.typing import NDArray
from scipy import ndimage


def interpolated_regions(
    first: NDArray[np.uint8], last: NDArray[np.uint8], between: int
) -> NDArray[np.uint8]:
    """Fill the slices between two that have regions.

    Parameters
    ----------
    first, last
        Region maps of the two, ``[row, column]``.
    between
        Number of slices between them.

    Returns
    -------
    Label values ``[slice, row, column]``, of the slices between. A pixel belongs to the artery whose signed
    distance, interpolated, puts it farthest inside; an artery that only one of the two slices has is not
    continued. OTHER is where both say OTHER; all else stays unlabelled.
    """
    scheme = label_scheme()
    other = scheme[OTHER].value
    shares = np.arange(1, between + 1)[:, None, None] / (between + 1)
    regions = np.zeros((between, *first.shape), np.uint8)
    regions[:, (first == other) & (last == other)] = other
    deepest = np.zeros(regions.shape)
    for label in scheme.arteries:
        ends = [_signed_distance(each == label.value) for each in (first, last)]
        if ends[0] is None or ends[1] is None:
            continue
        depth = (1 - shares) * ends[0] + shares * ends[1]
        inside = depth > deepest
        regions[inside] = label.value
        deepest[inside] = depth[inside]
    assert UNLABELLED == 0
    return regions


def _signed_distance(mask: NDArray[np.bool_]) -> NDArray[np.float64] | None:
    """Distance from the outline in pixels, positive inside; None of nothing."""
    if not mask.any():
        return None
    inside, outside = (ndimage.distance_transform_edt(each) for each in (mask, ~mask))
    return np.where(mask, inside - 0.5, 0.5 - outside)
