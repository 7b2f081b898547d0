"""What a network sees of a slice."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..scans.padding import is_number

PADDING_HU = -3024
PADDING_SEEN_HU = -2048
"""Padding of -3024 HU reaches the network as -2048, and so does a voxel that holds no number."""
CANDIDATE_HU = 130
"""The candidate mask is strictly above this, as in the authors' code."""

_HU_AT_0, _HU_PER_1 = -2000.0, 3300.0


def seen_hu(values: NDArray) -> NDArray:
    """Return HU of any shape as the network sees them: padding, and what is no number, is -2048."""
    padding = values == PADDING_HU
    if np.issubdtype(values.dtype, np.floating):
        padding |= ~is_number(values)
    return np.where(padding, values.dtype.type(PADDING_SEEN_HU), values)


def network_input(values: NDArray) -> Tensor:
    """Scale slices and add their candidate masks (SCIENCE, "Published network").

    Parameters
    ----------
    values
        HU as stored, padding included, ``[slice, row, column]``.

    Returns
    -------
    float32 of shape ``(slices, 2, rows, columns)``: (HU + 2000) / 3300, and 1 where HU is above 130.
    """
    seen = torch.from_numpy(seen_hu(values).astype(np.float32))
    return torch.stack([(seen - _HU_AT_0) / _HU_PER_1, (seen > CANDIDATE_HU).float()], dim=1)


def hu_of(seen: Tensor) -> Tensor:
    """Return the HU of the first channel that :func:`network_input` makes, of any shape."""
    return seen * _HU_PER_1 + _HU_AT_0
