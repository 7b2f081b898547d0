"""Telling a scanner's padding from measured HU."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

HIGHEST_PADDING_HU = -2000
"""Nothing measured reads this low; scanners fill the corners with -2000, -2048 or -3024 HU."""
HIGHEST_HU = 1e6
"""Nothing measured reads this high; a floating-point voxel beyond it holds no number, like NaN."""


def find_padding(values: NDArray, declared_hu: tuple[float, float] | None = None) -> NDArray[np.bool_] | None:
    """Mask of padding and of values that are no numbers, or None where there is neither.

    Parameters
    ----------
    values
        HU as stored.
    declared_hu
        Lowest and highest HU that the file declares to be padding. A range that reaches into what tissue can
        be (above -1000 HU) is taken for a mistake and left aside.
    """
    padding = values <= HIGHEST_PADDING_HU
    if np.issubdtype(values.dtype, np.floating):
        padding |= ~is_number(values)
    if declared_hu is not None and declared_hu[1] <= -1000:
        padding |= (values >= declared_hu[0]) & (values <= declared_hu[1])
    return padding if padding.any() else None


def is_number(values: NDArray) -> NDArray[np.bool_]:
    """Mask of voxels whose values can be HU at all: neither NaN nor infinite nor of absurd size."""
    return np.abs(values) < HIGHEST_HU


def narrow_hu(values: NDArray) -> NDArray:
    """Return HU as int16 where that loses nothing, otherwise as float32."""
    if values.dtype == np.int16:
        return values
    limits = np.iinfo(np.int16)
    if values.size and limits.min <= values.min() and values.max() <= limits.max:
        whole = values.astype(np.int16)
        if np.issubdtype(values.dtype, np.integer) or np.array_equal(whole, values):
            return whole
    with np.errstate(over="ignore", invalid="ignore"):
        return values.astype(np.float32)
