"""Strokes filled to a region map."""

from __future__ import annotations

import numpy as np
from CACAnnotationLib.region_fill import regions_from_strokes
from scipy import ndimage


def test_strokes_become_the_region_map_that_the_paper_describes() -> None:
    scribbles = np.zeros((30, 30), np.uint8)
    scribbles[15, 12:18] = 3
    contour = np.zeros((30, 30), bool)
    contour[8:22, 6:24] = True
    contour[9:21, 7:23] = False

    regions = regions_from_strokes(scribbles, contour)

    assert (regions[scribbles == 3] == 3).all()
    assert (regions[contour] == 1).all()
    assert regions[0, 0] == regions[29, 29] == 1
    inside = ndimage.binary_fill_holes(contour) & ~contour & (scribbles == 0)
    assert (regions[inside] == 0).all()
    assert inside.sum() + 6 + (regions == 1).sum() == regions.size


def test_slice_without_artery_is_other_throughout_and_an_untouched_one_unlabelled() -> None:
    nothing, none = np.zeros((20, 20), np.uint8), np.zeros((20, 20), bool)
    scribble = nothing.copy()
    scribble[3, 3:9] = 1

    assert (regions_from_strokes(scribble, none) == 1).all()
    assert (regions_from_strokes(nothing, none) == 0).all()


def test_the_largest_gap_is_background_the_first_of_equal_ones() -> None:
    rng = np.random.default_rng(1)
    for _ in range(300):
        shape = rng.integers(1, 25, 2)
        scribbles = np.where(rng.random(shape) < 0.3, rng.integers(0, 6, shape), 0).astype(np.uint8)
        scribbles.flat[0] = 2
        contour = rng.random(shape) < rng.choice([0.0, 0.3, 0.7])
        plain = np.where(contour & (scribbles == 0), 1, scribbles)
        components, count = ndimage.label(plain == 0)
        if count:
            plain[components == np.bincount(components.reshape(-1))[1:].argmax() + 1] = 1
        assert np.array_equal(regions_from_strokes(scribbles, contour), plain)
