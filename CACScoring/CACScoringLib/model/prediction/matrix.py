"""Slices brought to the matrix and the way up that a network takes, its answers back voxel by voxel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ...scans.ct_scan import CTScan
from ...scans.padding import is_number
from ...scans.upright import AS_IT_LIES, Upright
from ..configuration import NetworkConfig
from ..inputs import CANDIDATE_HU, PADDING_HU, network_input
from .windows import PixelWindow

KNOWN_MATRIX = 512
"""Rows and columns of the slices that the published network was trained on."""
PADDING_SEEN = float(network_input(np.full((1, 1, 1), PADDING_HU))[0, 0, 0, 0])
"""What padding looks like to the network."""


def input_of(values: NDArray, multiple: int, factor: int) -> Tensor:
    """Return what a network sees of HU ``[slice, row, column]``, in training as in prediction.

    Parameters
    ----------
    values
        HU; voxels without a number are seen as padding.
    multiple
        Rows and columns are filled with padding at their end up to a multiple of this, after the reduction.
    factor
        Pixels along each axis that become one: the mean of HU, any of the candidates.

    Returns
    -------
    float32 of shape ``(slices, 2, rows, columns)``, see :func:`network_input`.
    """
    image = network_input(values)
    below, beside = (-size % (multiple * factor) for size in values.shape[1:])
    if below or beside:
        fill = (0, beside, 0, below)
        hu = functional.pad(image[:, :1], fill, value=PADDING_SEEN)
        image = torch.cat([hu, functional.pad(image[:, 1:], fill)], dim=1)
    if factor > 1:
        hu = functional.avg_pool2d(image[:, :1], factor)
        image = torch.cat([hu, functional.max_pool2d(image[:, 1:], factor)], dim=1)
    return image


def candidate_mask(values: NDArray) -> NDArray[np.bool_]:
    """Mask of the voxels that the network takes for candidates: numbers strictly above 130 HU."""
    above = values > CANDIDATE_HU
    return above & is_number(values) if np.issubdtype(values.dtype, np.floating) else above


@dataclass(frozen=True)
class Matrix:
    """How slices of a scan become the network's input.

    The network sees all slices upright, as those it has learned from, whichever way a file stores them. A
    matrix of 1024 and more is reduced by a whole factor (mean of HU, any of the candidates), then rows and
    columns are filled with padding at their end up to the next multiple; nothing else moves. An upright slice
    of 512 x 512 stays as it is.

    Parameters
    ----------
    rows, columns
        Matrix of the scan's slices, upright.
    multiple
        The network's ``size_multiple``.
    upright
        How the scan's slices are turned upright.
    """

    rows: int
    columns: int
    multiple: int
    upright: Upright = AS_IT_LIES

    @classmethod
    def of(cls, scan: CTScan, config: NetworkConfig) -> Matrix:
        """Return the matrix of a scan's slices, for a network."""
        upright = Upright.of_geometry(scan.geometry)
        rows, columns = scan.geometry.shape[1:]
        if upright.transposed:
            rows, columns = columns, rows
        return cls(rows, columns, config.size_multiple, upright)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the scan's slices, upright."""
        return self.rows, self.columns

    @property
    def factor(self) -> int:
        """Pixels along each axis that become one."""
        return max(1, max(self.rows, self.columns) // KNOWN_MATRIX)

    @property
    def input_size(self) -> tuple[int, int]:
        """Rows and columns of the network's input."""
        rows, columns = (-(-size // (self.multiple * self.factor)) * self.multiple for size in self.shape)
        return rows, columns

    def input_of(self, values: NDArray) -> Tensor:
        """Return the network's input ``(slices, 2, *input_size)`` for the scan's ``[slice, row, column]``."""
        # the same order in memory whichever way slices lie, so that sums have the same last bits
        return input_of(np.ascontiguousarray(self.upright.turned(values)), self.multiple, self.factor)

    def back(
        self, probabilities: NDArray[np.float32], window: PixelWindow, rows: slice, columns: slice
    ) -> NDArray[np.float32]:
        """Return probabilities ``[slice, class, row, column]`` on rows and columns of the scan.

        A reduced matrix is interpolated bilinearly between the centres of the pixels it was made of.

        Parameters
        ----------
        probabilities
            What the network answered for ``window`` of its input.
        window
            Covers the rows and columns and, where the matrix is reduced, a pixel more.
        rows, columns
            Part of the scan's matrix.
        """
        if self.factor > 1:
            coarse = torch.from_numpy(probabilities)
            finer = functional.interpolate(coarse, scale_factor=self.factor, mode="bilinear")
            probabilities = finer.numpy()
        rows, columns = self.upright.spans(rows, columns, self.shape)
        top, left = window.rows.first * self.factor, window.columns.first * self.factor
        found = probabilities[
            :, :, rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
        ]
        return self.upright.back.turned(found)
