"""Where a volume lies in the patient: the only place that converts between axis conventions.

Arrays are ``[slice, row, column]``; indices written ``ijk`` are ``(column, row, slice)`` as SimpleITK counts
them. SimpleITK and DICOM give positions in LPS millimetres (left, posterior, superior), 3D Slicer in RAS.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import CACError

if TYPE_CHECKING:
    import SimpleITK as sitk

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""Homogeneous 4 x 4 matrix from LPS to RAS millimetres; it is its own inverse."""

SAME_PLACE_MM = 0.05
"""Positions nearer than this are one place: file formats round."""

_RIGHT_ANGLE_TOLERANCE = 1e-3
"""Largest cosine between two axes that still count as perpendicular."""


@dataclass(frozen=True)
class VolumeGeometry:
    """Size, spacing, origin and direction of a volume, in SimpleITK's conventions.

    Parameters
    ----------
    size
        Number of columns, rows and slices.
    spacing_mm
        Distance between columns, rows and slices, in mm.
    origin_lps_mm
        Centre of voxel (0, 0, 0), LPS mm.
    direction
        The nine cosines of the 3 x 3 direction matrix, row by row, LPS.
    """

    size: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    origin_lps_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    direction: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)

    @classmethod
    def of_image(cls, image: sitk.Image) -> VolumeGeometry:
        """Read the geometry of a three-dimensional SimpleITK image."""
        return cls(image.GetSize(), image.GetSpacing(), image.GetOrigin(), image.GetDirection())

    @classmethod
    def of_ijk_to_ras(cls, ijk_to_ras: ArrayLike, size: tuple[int, int, int]) -> VolumeGeometry:
        """Take the geometry of a volume as MRML holds it; its axes may form a left-handed system.

        Parameters
        ----------
        ijk_to_ras
            Homogeneous 4 x 4 matrix from (column, row, slice) to RAS mm.
        size
            Number of columns, rows and slices.

        Raises
        ------
        CACError
            If the axes have no length or are not at right angles: areas and volumes are then undefined.
        """
        to_lps = LPS_TO_RAS @ np.asarray(ijk_to_ras, float)
        spacing_mm = np.linalg.norm(to_lps[:3, :3], axis=0)
        if not (np.isfinite(to_lps).all() and spacing_mm.all()):
            raise CACError("the volume has an axis without spacing; set its spacing in the Volumes module")
        cosines = to_lps[:3, :3] / spacing_mm
        if not are_right_angled(cosines):
            raise CACError(
                "the volume is sheared: its rows, columns and slices are not at right angles; "
                "resample it to a rectangular grid first"
            )
        x, y, z = spacing_mm.tolist()
        left, posterior, superior = to_lps[:3, 3].tolist()
        return cls(size, (x, y, z), (left, posterior, superior), tuple(cosines.reshape(-1).tolist()))

    def to_image(self, array: NDArray) -> sitk.Image:
        """Wrap an array ``[slice, row, column]`` of this geometry into a SimpleITK image (a copy)."""
        import SimpleITK as sitk

        if array.shape != self.shape:
            raise ValueError(f"array of shape {array.shape} does not fit a volume of shape {self.shape}")
        image = sitk.GetImageFromArray(array)
        image.SetSpacing(self.spacing_mm)
        image.SetOrigin(self.origin_lps_mm)
        image.SetDirection(self.direction)
        return image

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of the volume's array: slices, rows, columns."""
        return self.size[::-1]

    @property
    def pixel_area_mm2(self) -> float:
        """Area of one pixel of an axial slice, mm²."""
        return self.spacing_mm[0] * self.spacing_mm[1]

    @property
    def voxel_volume_mm3(self) -> float:
        """Pixel area times slice increment, mm³."""
        return self.pixel_area_mm2 * self.increment_mm

    @property
    def increment_mm(self) -> float:
        """Distance between the centres of neighbouring slices, mm (not the slice thickness)."""
        return self.spacing_mm[2]

    @cached_property
    def ijk_to_lps(self) -> NDArray[np.float64]:
        """Homogeneous 4 x 4 matrix from (column, row, slice) to LPS mm."""
        matrix = np.eye(4)
        matrix[:3, :3] = np.reshape(self.direction, (3, 3)) * self.spacing_mm
        matrix[:3, 3] = self.origin_lps_mm
        return matrix

    @cached_property
    def ijk_to_ras(self) -> NDArray[np.float64]:
        """Homogeneous 4 x 4 matrix from (column, row, slice) to RAS mm, as MRML volumes hold it."""
        return LPS_TO_RAS @ self.ijk_to_lps

    def lps_of(self, ijk: ArrayLike) -> NDArray[np.float64]:
        """LPS mm of indices ``ijk``, shape ``(3,)`` or ``(n, 3)``."""
        return transform_points(self.ijk_to_lps, ijk)

    def ras_of(self, ijk: ArrayLike) -> NDArray[np.float64]:
        """RAS mm of indices ``ijk``, shape ``(3,)`` or ``(n, 3)``."""
        return transform_points(self.ijk_to_ras, ijk)

    def ijk_of_lps(self, lps_mm: ArrayLike) -> NDArray[np.float64]:
        """Fractional indices of LPS positions, shape ``(3,)`` or ``(n, 3)``."""
        return transform_points(np.linalg.inv(self.ijk_to_lps), lps_mm)

    def ijk_of_ras(self, ras_mm: ArrayLike) -> NDArray[np.float64]:
        """Fractional indices of RAS positions, shape ``(3,)`` or ``(n, 3)``."""
        return transform_points(np.linalg.inv(self.ijk_to_ras), ras_mm)

    def difference(self, other: VolumeGeometry, tolerance_mm: float = SAME_PLACE_MM) -> str | None:
        """Say how ``other`` lies elsewhere, or None when each corner voxel agrees within the tolerance."""
        if self.size != other.size:
            return "size {} x {} x {} against {} x {} x {}".format(*self.size, *other.size)
        corners = corner_indices(self.size)
        off_mm = np.abs(self.lps_of(corners) - other.lps_of(corners)).max()
        return f"positions differ by up to {off_mm:.2f} mm" if off_mm > tolerance_mm else None


def are_right_angled(cosines: NDArray[np.floating]) -> bool:
    """Tell whether the columns of a 3 x 3 direction matrix are unit vectors at right angles."""
    return bool(np.abs(cosines.T @ cosines - np.eye(3)).max() <= _RIGHT_ANGLE_TOLERANCE)


def transform_points(matrix: NDArray[np.floating], points: ArrayLike) -> NDArray[np.float64]:
    """Apply a homogeneous 4 x 4 matrix to points of shape ``(3,)`` or ``(n, 3)``."""
    return np.asarray(points, float) @ matrix[:3, :3].T + matrix[:3, 3]


def corner_indices(size: tuple[int, ...]) -> NDArray[np.int_]:
    """Indices of the eight corner voxels, shape ``(8, 3)``."""
    return np.array(np.meshgrid(*[(0, n - 1) for n in size])).reshape(3, -1).T
