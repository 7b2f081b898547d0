"""Volumes of the scene as scans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import CACError
from ..geometry import VolumeGeometry
from ..scans.ct_scan import CTScan
from ..scans.limits import FEWEST_SLICES
from ..scans.orientation import with_axial_slices
from ..scans.padding import find_padding, narrow_hu
from .matrices import array_of, to_world

if TYPE_CHECKING:
    import slicer


def scan_of_volume_node(node: slicer.vtkMRMLScalarVolumeNode) -> CTScan:
    """View a volume of the scene as a scan that lies where the scene shows it.

    HU stored as int16 in axial slices are not copied: the scan shares the node's memory. The scene holds no
    acquisition facts.

    Raises
    ------
    CACError
        If the volume is empty, in colour, of fewer than 3 slices, sheared, or under a warping transform.
    """
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy

    image = node.GetImageData()
    voxels = image.GetPointData().GetScalars() if image else None
    if voxels is None:
        raise CACError("the volume is empty; load a CT first")
    if voxels.GetNumberOfComponents() != 1:
        raise CACError("the volume holds colours or vectors, not HU")
    size = image.GetDimensions()
    if min(size) < FEWEST_SLICES:
        raise CACError(
            "the volume is {} x {} x {} voxels; at least {} slices are needed".format(*size, FEWEST_SLICES)
        )
    ijk_to_node = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(ijk_to_node)
    geometry = VolumeGeometry.of_ijk_to_ras(to_world(node, "volume") @ array_of(ijk_to_node), size)
    values = narrow_hu(vtk_to_numpy(voxels).reshape(geometry.shape))
    return with_axial_slices(CTScan(values, geometry, padding=find_padding(values)))
