"""Which slices and which part of them hold both heart and candidates."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...scans.ct_scan import CTScan
from .heart import heart_extent
from .matrix import Matrix, candidate_mask
from .windows import Span, Window


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

    def window(self, matrix: Matrix) -> Window:
        """Return the window on the network's input that covers the rows and columns."""
        spans = []
        for part, size in zip((self.rows, self.columns), matrix.input_size, strict=True):
            # A pixel more on either side serves the interpolation of a reduced matrix.
            first, end = part.start // matrix.factor - 1, -(-part.stop // matrix.factor) + 1
            spans.append(Span(max(first, 0), min(end, size), size))
        return Window(*spans)


def whole(scan: CTScan) -> Focus:
    """Return everything."""
    slices, rows, columns = scan.geometry.shape
    return Focus(np.arange(slices), slice(0, rows), slice(0, columns))


def heart_and_candidates(scan: CTScan) -> Focus:
    """Return the rows and columns of the heart, and the slices with candidates among them."""
    rows, columns = heart_extent(scan)
    with_candidates = [bool(candidate_mask(hu[rows, columns]).any()) for hu in scan.values]
    return Focus(np.flatnonzero(with_candidates), rows, columns)
