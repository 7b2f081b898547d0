"""Which slices and which part of them hold both heart and candidates."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...scans.ct_scan import CTScan
from ...scans.heart_extent import heart_extent
from .matrix import Matrix, candidate_mask
from .windows import PixelWindow, Span

GRID_PIXELS = 64
"""Edges of windows lie on multiples of this, because each other window is another network to be converted.

Fifteen phantoms share three windows so, which take a tenth more time than theirs would: 2 s for 50 slices
with the published network, where a conversion takes ten.
"""


class Focus(NamedTuple):
    """What is computed: some slices, and of each the same rows and columns.

    Parameters
    ----------
    slices
        Ascending slice indices.
    rows, columns
        Part of the scan's matrix; beyond it nothing is known.
    """

    slices: NDArray[np.intp]
    rows: slice
    columns: slice

    def window(self, matrix: Matrix) -> PixelWindow:
        """Return the window on the network's input that covers the rows and columns, on a grid.

        The input is upright, whichever way the scan's rows and columns run. What reaches to the end of its
        matrix reaches to that of the input.
        """
        spans = []
        parts = matrix.upright.spans(self.rows, self.columns, matrix.shape)
        for part, of_scan, of_input in zip(parts, matrix.shape, matrix.input_size, strict=True):
            full = of_input * matrix.factor
            span = Span(part.start, full if part.stop == of_scan else part.stop, full)
            spans.append(span.reduced(matrix.factor).on_grid(GRID_PIXELS))
        return PixelWindow(*spans)


def candidate_voxels(scan: CTScan, focus: Focus | None = None) -> NDArray[np.intp]:
    """Ascending flat indices of the voxels that the network takes for candidates, of all or of a focus."""
    if focus is None:
        return np.flatnonzero(candidate_mask(scan.values))
    inside = np.zeros(scan.geometry.shape, bool)
    for index in focus.slices:
        part = scan.values[index, focus.rows, focus.columns]
        inside[index, focus.rows, focus.columns] = candidate_mask(part)
    return np.flatnonzero(inside)


def whole(scan: CTScan) -> Focus:
    """Return everything."""
    slices, rows, columns = scan.geometry.shape
    return Focus(np.arange(slices), slice(0, rows), slice(0, columns))


def heart_and_candidates(scan: CTScan) -> Focus:
    """Return the rows and columns of the heart, and the slices with candidates among them."""
    rows, columns = heart_extent(scan)
    return with_candidates(scan, whole(scan)._replace(rows=rows, columns=columns))


def with_candidates(scan: CTScan, focus: Focus) -> Focus:
    """Return a focus without the slices that have no candidates in it."""
    masks = (candidate_mask(scan.values[index, focus.rows, focus.columns]) for index in focus.slices)
    return focus._replace(slices=focus.slices[[bool(mask.any()) for mask in masks]])
