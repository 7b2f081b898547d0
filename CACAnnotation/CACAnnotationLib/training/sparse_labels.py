"""Dense truth thinned to what a reader's strokes would have given (MTAL 2.1.3)."""

from __future__ import annotations

import numpy as np
from CACScoringLib.schemes import OTHER, label_scheme
from numpy.typing import NDArray
from scipy import ndimage
from skimage.morphology import skeletonize

from ..region_fill import regions_from_strokes

NEAREST_CONTOUR_PIXELS, FARTHEST_CONTOUR_PIXELS = 5.0, 10.0
"""How far readers keep the contour from the arteries."""
_WOBBLE_PIXELS = 1.5
_WOBBLE_SCALE_PIXELS = 12.0
_CONTOUR_PIXELS = 2
_STROKE_RADII_PIXELS = (1, 2)


def is_dense(regions: NDArray[np.uint8]) -> bool:
    """Tell whether a slice has an artery and no gap, which no reader's strokes leave; ``[row, column]``."""
    return bool((regions > label_scheme()[OTHER].value).any() and regions.all())


def thin_regions(regions: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Thin the dense region truth of a slice to what a reader's strokes would have given.

    Parameters
    ----------
    regions
        Label values of every pixel, ``[row, column]``.
    rng
        Decides the width of strokes, and distance and wobble of the contour.

    Returns
    -------
    Label values with unlabelled gaps. No labelled pixel differs from the truth.
    """
    other = label_scheme()[OTHER].value
    arteries = regions > other
    if not arteries.any():
        return np.full(regions.shape, other, np.uint8)
    scribbles = np.zeros_like(regions)
    for value in np.unique(regions[arteries]).tolist():
        components = ndimage.label(regions == value)[0]
        for number, box in enumerate(ndimage.find_objects(components), start=1):
            scribbles[box][_scribble(components[box] == number, rng)] = value
    return regions_from_strokes(scribbles, _contour(arteries, rng))


def _scribble(artery: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Stroke along the middle of one artery's section, drawn with a small brush that stays inside it."""
    middle = skeletonize(artery) if artery.any() else artery
    radius = int(rng.choice(_STROKE_RADII_PIXELS))
    return ndimage.binary_dilation(middle, iterations=radius) & artery


def _contour(arteries: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Closed line around the arteries at a distance that varies as an unsteady hand's does."""
    wobble = ndimage.gaussian_filter(rng.standard_normal(arteries.shape, np.float32), _WOBBLE_SCALE_PIXELS)
    wobble *= _WOBBLE_PIXELS / max(float(np.abs(wobble).max()), 1e-6)
    gap = rng.uniform(NEAREST_CONTOUR_PIXELS + _WOBBLE_PIXELS, FARTHEST_CONTOUR_PIXELS - _WOBBLE_PIXELS)
    inside = ndimage.binary_fill_holes(ndimage.distance_transform_edt(~arteries) <= gap + wobble)
    line = ndimage.binary_dilation(inside, ndimage.generate_binary_structure(2, 2), _CONTOUR_PIXELS)
    return line & ~inside
