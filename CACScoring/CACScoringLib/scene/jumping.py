"""Views brought to a place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .nodes import nodes_of_class

if TYPE_CHECKING:
    import slicer


def jump_to(scene: slicer.vtkMRMLScene, place_ras_mm: tuple[float, float, float]) -> None:
    """Bring a place of the world, RAS mm, into all slice views.

    A view that has it within its frame only moves through its slices, so that the picture stays where it is.
    """
    for node in nodes_of_class(scene, "vtkMRMLSliceNode"):
        if _has_in_frame(node, place_ras_mm):
            node.JumpSliceByOffsetting(*place_ras_mm)
        else:
            node.JumpSliceByCentering(*place_ras_mm)


def _has_in_frame(node: slicer.vtkMRMLSliceNode, place_ras_mm: tuple[float, float, float]) -> bool:
    import vtk

    ras_to_xy = vtk.vtkMatrix4x4()
    vtk.vtkMatrix4x4.Invert(node.GetXYToRAS(), ras_to_xy)
    x, y = ras_to_xy.MultiplyPoint((*place_ras_mm, 1.0))[:2]
    width, height = node.GetDimensions()[:2]
    return 0 <= x < width and 0 <= y < height
