"""Drawing artery regions in axial slices: scribbles, a contour, and the background that follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from CACScoringLib.schemes import OTHER, UNLABELLED
from numpy.typing import ArrayLike, NDArray

from .desk import ReadingDesk
from .origins import REGION_BY_MODEL, REGION_BY_READER, REGION_INTERPOLATED
from .region_drawing import CONTOUR, brushed_pixels
from .region_rules import FoundProblem, region_map, region_problems

CONTOUR_RADIUS_MM = 0.5


class RegionLabelling:
    """Strokes of the reader and the region map they make.

    In a slice whose regions were proposed and accepted, strokes correct them pixel by pixel. In any other
    slice the map follows from all its strokes: see :func:`~.region_rules.region_map`. Paths are columns and
    rows with fractions, ``(n, 2)``. Methods return whether they changed anything, and raise a
    :class:`~CACScoringLib.errors.CACError`, with nothing changed, if that could not be stored.

    Parameters
    ----------
    desk
        Of the session.
    """

    def __init__(self, desk: ReadingDesk) -> None:
        self._desk = desk

    def scribble(self, slice_index: int, path: ArrayLike, radius_mm: float, label: str) -> bool:
        """Draw along an artery, or over what is none, with a round brush."""
        return self._draw(
            "scribble", slice_index, path, radius_mm, self._desk.scheme[label].value, label=label
        )

    def contour(self, slice_index: int, path: ArrayLike) -> bool:
        """Draw a part of the contour around the arteries, or all of it; scribbles stay on top."""
        return self._draw("contour", slice_index, path, CONTOUR_RADIUS_MM, CONTOUR)

    def erase(self, slice_index: int, path: ArrayLike, radius_mm: float) -> bool:
        """Take strokes away, and in accepted regions the label."""
        return self._draw("erase", slice_index, path, radius_mm, UNLABELLED)

    def no_artery(self, slice_index: int) -> bool:
        """Say that a slice holds no artery: it is OTHER throughout."""
        other = self._desk.scheme[OTHER].value
        strokes = np.full(self._strokes(slice_index).shape, other, np.uint8)
        return self._redrawn("no artery in this slice", slice_index, strokes, strokes, {})

    def clear(self, slice_index: int) -> bool:
        """Take away everything that was drawn in a slice, or accepted."""
        nothing = np.zeros_like(self._strokes(slice_index))
        return self._redrawn("clear regions", slice_index, nothing, nothing, {})

    def problems(self, slice_index: int) -> list[FoundProblem]:
        """Return what is wrong with the strokes of a slice."""
        return region_problems(self._strokes(slice_index), self._desk.scheme)

    def has_regions(self, slice_index: int) -> bool:
        """Tell whether anything in a slice has a region label."""
        return bool(self._desk.layers["car"][slice_index].any())

    def _draw(
        self,
        kind: str,
        slice_index: int,
        path: ArrayLike,
        radius_mm: float,
        value: int,
        **details: object,
    ) -> bool:
        geometry = self._desk.scan.geometry
        strokes = self._strokes(slice_index).copy()
        pixels = brushed_pixels(path, radius_mm, geometry.spacing_mm[:2], strokes.shape)
        if value == CONTOUR:
            pixels &= strokes == UNLABELLED
        strokes[pixels] = value
        accepted = self._desk.layers["origin"][slice_index] & (REGION_BY_MODEL | REGION_INTERPOLATED)
        if accepted.any():
            regions = self._desk.layers["car"][slice_index].copy()
            regions[pixels] = self._desk.scheme[OTHER].value if value == CONTOUR else value
        else:
            regions = region_map(strokes)
        return self._redrawn(kind, slice_index, strokes, regions, details)

    def _redrawn(
        self,
        kind: str,
        slice_index: int,
        strokes: NDArray[np.uint8],
        regions: NDArray[np.uint8],
        details: Mapping[str, Any],
    ) -> bool:
        edit = self._desk.edit()
        first = slice_index * strokes.size
        drawn = np.flatnonzero(strokes != self._strokes(slice_index))
        edit.set("strokes", first + drawn, strokes.reshape(-1)[drawn])
        filled = np.flatnonzero(regions != self._desk.layers["car"][slice_index])
        edit.label("car", first + filled, regions.reshape(-1)[filled], REGION_BY_READER)
        return self._desk.do(kind, edit, {"slice": slice_index, **details})

    def _strokes(self, slice_index: int) -> NDArray[np.uint8]:
        return self._desk.layers["strokes"][slice_index]
