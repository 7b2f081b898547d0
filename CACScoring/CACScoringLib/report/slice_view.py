"""An axial slice as radiologists look at it: anterior up, the patient's right at the left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..geometry import VolumeGeometry
from ..scans.ct_scan import AIR_HU
from ..scans.upright import Upright


@dataclass(frozen=True)
class Window:
    """Part of an oriented slice, in mm from its anterior right corner: left edge, top edge, width, height."""

    x: float
    y: float
    width: float
    height: float

    def contains(self, x_mm: NDArray, y_mm: NDArray) -> NDArray[np.bool_]:
        """Tell which points lie inside."""
        return (np.abs(x_mm - self.x - self.width / 2) <= self.width / 2) & (
            np.abs(y_mm - self.y - self.height / 2) <= self.height / 2
        )


@dataclass(frozen=True)
class SliceView:
    """Shows slices so that x grows to the patient's left and y to the back.

    Parameters
    ----------
    upright
        How the volume's slices are turned so.
    size
        Pixels along x and y.
    spacing_mm
        Distance of pixels along x and y.
    """

    upright: Upright
    size: tuple[int, int]
    spacing_mm: tuple[float, float]

    @classmethod
    def of_geometry(cls, geometry: VolumeGeometry) -> SliceView:
        """Find out how the slices of a volume have to be turned; oblique ones come as near as they can."""
        upright = Upright.of_geometry(geometry)
        along_x, along_y = (1, 0) if upright.transposed else (0, 1)
        return cls(
            upright,
            size=(geometry.size[along_x], geometry.size[along_y]),
            spacing_mm=(geometry.spacing_mm[along_x], geometry.spacing_mm[along_y]),
        )

    @property
    def extent_mm(self) -> tuple[float, float]:
        """Width and height of a slice."""
        return self.size[0] * self.spacing_mm[0], self.size[1] * self.spacing_mm[1]

    def oriented(self, pixels: NDArray) -> NDArray:
        """Turn a slice ``[row, column]`` of the volume into ``[y, x]``."""
        return self.upright.turned(pixels)

    def places_mm(self, row: NDArray, column: NDArray) -> tuple[NDArray, NDArray]:
        """Centres of pixels of the volume, x and y in mm from the oriented slice's corner."""
        y, x = self.upright.places(row, column, self.size[::-1])
        return (x + 0.5) * self.spacing_mm[0], (y + 0.5) * self.spacing_mm[1]

    def sample(self, pixels: NDArray, window: Window, shape: tuple[int, int]) -> NDArray[np.float32]:
        """Resample a window of a slice ``[row, column]`` onto square pixels, cubic; beyond the slice is air.

        Parameters
        ----------
        pixels
            HU of the slice.
        window
            What to show.
        shape
            Rows and columns of the result.
        """
        oriented = self.oriented(pixels).astype(np.float32)
        y = (window.y + (np.arange(shape[0]) + 0.5) * window.height / shape[0]) / self.spacing_mm[1] - 0.5
        x = (window.x + (np.arange(shape[1]) + 0.5) * window.width / shape[1]) / self.spacing_mm[0] - 0.5
        grid = np.meshgrid(y, x, indexing="ij")
        return ndimage.map_coordinates(oriented, grid, order=3, mode="constant", cval=AIR_HU)
