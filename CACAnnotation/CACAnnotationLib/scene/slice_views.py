"""What the slice views of a scene show, where, and how large."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.scans.heart_extent import heart_extent
from numpy.typing import ArrayLike, NDArray

from .placement import ScanPlacement

if TYPE_CHECKING:
    import slicer

_PARALLEL = 0.98
"""Cosine of the angle up to which a view counts as parallel to the scan's slices: 11 degrees."""


class SliceViews:
    """All slice views of an application.

    Parameters
    ----------
    logic
        Slicer's application logic, which knows them.
    """

    def __init__(self, logic: slicer.vtkMRMLApplicationLogic) -> None:
        self._logic = logic

    def show(
        self,
        volume_node: slicer.vtkMRMLScalarVolumeNode,
        candidates_node: slicer.vtkMRMLLabelMapVolumeNode,
    ) -> None:
        """Show a volume and its candidates, along the axes of the volume, whole; views are linked."""
        for logic in self._logics():
            composite = logic.GetSliceCompositeNode()
            composite.SetBackgroundVolumeID(volume_node.GetID())
            composite.SetLabelVolumeID(candidates_node.GetID())
            composite.SetForegroundVolumeID(None)
            composite.SetLinkedControl(True)
        self.show_whole(volume_node)

    def show_whole(self, volume_node: slicer.vtkMRMLScalarVolumeNode) -> None:
        """Turn all views along the axes of a volume, and fit them to it."""
        for logic in self._logics():
            logic.GetSliceNode().RotateToVolumePlane(volume_node)
            logic.FitSliceToBackground()
            logic.SnapSliceOffsetToIJK()

    def shows(self, slice_node: slicer.vtkMRMLSliceNode, volume_node: slicer.vtkMRMLScalarVolumeNode) -> bool:
        """Tell whether a view shows a volume."""
        shown = [each.GetSliceCompositeNode() for each in self._logics() if each.GetSliceNode() is slice_node]
        return any(each.GetBackgroundVolumeID() == volume_node.GetID() for each in shown)

    def show_in(
        self,
        slice_node: slicer.vtkMRMLSliceNode,
        volume_node: slicer.vtkMRMLScalarVolumeNode,
        candidates_node: slicer.vtkMRMLLabelMapVolumeNode,
    ) -> None:
        """Show a volume and its candidates in one view, where it is."""
        for logic in self._logics():
            if logic.GetSliceNode() is slice_node:
                logic.GetSliceCompositeNode().SetBackgroundVolumeID(volume_node.GetID())
                logic.GetSliceCompositeNode().SetLabelVolumeID(candidates_node.GetID())

    def hide(self) -> None:
        """Show no labels and no foreground any more; the volume stays."""
        for logic in self._logics():
            composite = logic.GetSliceCompositeNode()
            composite.SetLabelVolumeID(None)
            composite.SetForegroundVolumeID(None)

    def lay_over(self, node: slicer.vtkMRMLScalarVolumeNode | None, opacity: float) -> None:
        """Lay a volume over the CT, or none."""
        for logic in self._logics():
            composite = logic.GetSliceCompositeNode()
            composite.SetForegroundVolumeID(node.GetID() if node else None)
            composite.SetForegroundOpacity(opacity)

    def set_candidate_opacity(self, opacity: float) -> None:
        """Show candidates lighter or stronger, 0 for not at all."""
        for logic in self._logics():
            logic.GetSliceCompositeNode().SetLabelOpacity(opacity)

    def axial(self, placement: ScanPlacement) -> slicer.vtkMRMLSliceNode | None:
        """Return the first view that is parallel to the scan's slices; None if there is none."""
        for logic in self._logics():
            if is_parallel(normal_of(logic.GetSliceNode()), placement):
                return logic.GetSliceNode()
        return None

    def jump(self, world_mm: ArrayLike) -> None:
        """Bring a place into all views; a view that shows it already moves through its slices only."""
        place = [float(each) for each in np.asarray(world_mm)]
        for logic in self._logics():
            node = logic.GetSliceNode()
            if _shows(node, place):
                node.JumpSliceByOffsetting(*place)
            else:
                node.JumpSliceByCentering(*place)

    def zoom_to_heart(self, scan: CTScan, placement: ScanPlacement) -> None:
        """Fill the views with the heart; where no lungs tell where it is, with the whole field."""
        rows, columns = heart_extent(scan)
        across_mm, down_mm, _ = scan.geometry.spacing_mm
        middle = (
            (columns.start + columns.stop - 1) / 2,
            (rows.start + rows.stop - 1) / 2,
            (scan.geometry.shape[0] - 1) / 2,
        )
        width_mm = max(across_mm * (columns.stop - columns.start), down_mm * (rows.stop - rows.start))
        self._fill(placement.world_of(middle), width_mm)

    def _fill(self, centre_mm: NDArray[np.float64], width_mm: float) -> None:
        for logic in self._logics():
            node = logic.GetSliceNode()
            offset = node.GetSliceOffset()
            across, up, depth = node.GetFieldOfView()
            factor = width_mm / min(across, up)
            node.SetFieldOfView(across * factor, up * factor, depth)
            node.JumpSliceByCentering(*centre_mm)
            node.SetSliceOffset(offset)

    def _logics(self) -> Iterator[slicer.vtkMRMLSliceLogic]:
        logics = self._logic.GetSliceLogics()
        if logics is None:
            # Desktop Slicer has none without its main window.
            return
        for index in range(logics.GetNumberOfItems()):
            yield logics.GetItemAsObject(index)


def normal_of(node: slicer.vtkMRMLSliceNode) -> NDArray[np.float64]:
    """Unit vector of the world across the plane of a view, shape ``(3,)``."""
    matrix = node.GetSliceToRAS()
    return np.array([matrix.GetElement(row, 2) for row in range(3)])


def is_parallel(normal: NDArray[np.float64], placement: ScanPlacement) -> bool:
    """Tell whether a plane of the world lies along the scan's slices."""
    return abs(float(normal @ placement.slice_normal)) >= _PARALLEL


def world_of_xy(node: slicer.vtkMRMLSliceNode, x: float, y: float) -> NDArray[np.float64]:
    """Place of the world, RAS in mm, at a pixel of a view; y counts from the bottom."""
    return np.array(node.GetXYToRAS().MultiplyPoint((x, y, 0.0, 1.0))[:3])


def _shows(node: slicer.vtkMRMLSliceNode, place: list[float]) -> bool:
    import vtk

    ras_to_xy = vtk.vtkMatrix4x4()
    vtk.vtkMatrix4x4.Invert(node.GetXYToRAS(), ras_to_xy)
    x, y, *_ = ras_to_xy.MultiplyPoint((*place, 1.0))
    width, height, _ = node.GetDimensions()
    return 0.03 * width <= x <= 0.97 * width and 0.03 * height <= y <= 0.97 * height
