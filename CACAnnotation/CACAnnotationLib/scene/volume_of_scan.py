"""A scan as a volume of the scene."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from CACScoringLib.scans.ct_scan import CTScan

from .windows import WINDOWS, HuWindow, set_window

if TYPE_CHECKING:
    import slicer


def volume_of_scan(
    scene: slicer.vtkMRMLScene, scan: CTScan, name: str, window: HuWindow = WINDOWS[0]
) -> slicer.vtkMRMLScalarVolumeNode:
    """Add a volume that shows a scan in a window; HU are copied, padding reads as air."""
    import slicer
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk

    image = vtk.vtkImageData()
    image.SetDimensions(scan.geometry.size)
    image.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(scan.hu).reshape(-1), deep=True))
    node = slicer.vtkMRMLScalarVolumeNode()
    node.SetName(scene.GenerateUniqueName(name))
    node.SetIJKToRASMatrix(slicer.util.vtkMatrixFromArray(scan.geometry.ijk_to_ras))
    node = scene.AddNode(node)
    node.CreateDefaultDisplayNodes()
    # Before the image is there: else Slicer goes through all HU for a window of its own.
    set_window(node, window)
    node.SetAndObserveImageData(image)
    return node
