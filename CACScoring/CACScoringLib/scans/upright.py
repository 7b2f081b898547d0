"""How slices of a volume are turned upright, and what was found in them turned back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..geometry import VolumeGeometry


@dataclass(frozen=True)
class Upright:
    """Turns and flips slices so that columns run to the patient's left and rows to the back.

    Axial DICOM slices of a patient lying on the back do so as they are. Nothing is resampled: each pixel of
    the volume becomes one of the upright slice.

    Parameters
    ----------
    transposed
        Whether the volume's columns run from front to back rather than from side to side.
    flip_x, flip_y
        Whether the axis that is to run to the left (to the back) has to be reversed.
    """

    transposed: bool = False
    flip_x: bool = False
    flip_y: bool = False

    @classmethod
    def of_geometry(cls, geometry: VolumeGeometry) -> Upright:
        """Find out how the slices of a volume have to be turned; oblique ones come as near as they can."""
        to_left, to_back = np.reshape(geometry.direction, (3, 3))[:2, :2]
        transposed = bool(abs(to_left[1]) + abs(to_back[0]) > abs(to_left[0]) + abs(to_back[1]))
        along_x, along_y = (1, 0) if transposed else (0, 1)
        return cls(transposed, bool(to_left[along_x] < 0), bool(to_back[along_y] < 0))

    @property
    def back(self) -> Upright:
        """The way back: turns upright slices as the volume has them."""
        if self.transposed:
            return Upright(True, flip_x=self.flip_y, flip_y=self.flip_x)
        return self

    def turned(self, pixels: NDArray) -> NDArray:
        """Turn an array ``[..., row, column]``; a view, and the array as it is where nothing is turned."""
        if self.transposed:
            pixels = pixels.swapaxes(-2, -1)
        if self.flip_x or self.flip_y:
            pixels = pixels[..., :: -1 if self.flip_y else 1, :: -1 if self.flip_x else 1]
        return pixels

    def places(self, row: NDArray, column: NDArray, shape: tuple[int, int]) -> tuple[NDArray, NDArray]:
        """Return rows and columns of pixels in the turned slice, which has ``shape`` rows and columns."""
        y, x = (column, row) if self.transposed else (row, column)
        return shape[0] - 1 - y if self.flip_y else y, shape[1] - 1 - x if self.flip_x else x

    def spans(self, rows: slice, columns: slice, shape: tuple[int, int]) -> tuple[slice, slice]:
        """Return a part of a slice as that of the turned slice, which has ``shape`` rows and columns."""
        y, x = (columns, rows) if self.transposed else (rows, columns)
        if self.flip_y:
            y = slice(shape[0] - y.stop, shape[0] - y.start)
        if self.flip_x:
            x = slice(shape[1] - x.stop, shape[1] - x.start)
        return y, x


AS_IT_LIES = Upright()
"""Turns nothing."""
