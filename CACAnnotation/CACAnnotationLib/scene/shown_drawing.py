"""What a reader drew in a slice and regions do not show: the contour, and what is wrong with strokes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..session.changes import SessionChange, Topic
from ..session.region_drawing import CONTOUR
from ..session.session import AnnotationSession
from .placement import ScanPlacement

if TYPE_CHECKING:
    import slicer

_BINARY = "Binary labelmap"
_SEGMENTS = {"Contour": (1, (1.0, 1.0, 1.0)), "Problem": (2, (1.0, 0.0, 0.35))}


class ShownDrawing:
    """Contour and problems of one slice, in a segmentation of two segments.

    Parameters
    ----------
    session
        The session.
    node
        Where to show them.
    placement
        Where the scan lies.
    """

    def __init__(
        self,
        session: AnnotationSession,
        node: slicer.vtkMRMLSegmentationNode,
        placement: ScanPlacement,
    ) -> None:
        self._desk, self._regions, self.node, self._placement = session.desk, session.regions, node, placement
        self._slice = 0
        _give_segments(node)
        self.show(0)
        self._end = session.listen(self._changed)

    def show(self, slice_index: int) -> None:
        """Show another slice."""
        self._slice = slice_index
        drawn = np.where(self._desk.layers["strokes"][slice_index] == CONTOUR, np.uint8(1), np.uint8(0))
        for problem in self._regions.problems(slice_index):
            drawn[problem.pixels] = 2
        self._write(drawn)

    def stop(self) -> None:
        """Follow the session no longer."""
        self._end()

    def _changed(self, change: SessionChange) -> None:
        if change.topic is Topic.LABELS and any(
            layer.layer == "strokes" and self._slice in change.slices for layer in change.layers
        ):
            self.show(self._slice)

    def _write(self, drawn: NDArray[np.uint8]) -> None:
        import slicer.util
        from vtk.util.numpy_support import numpy_to_vtk

        self.node.GetDisplayNode().SetVisibility(bool(drawn.any()))
        rows, columns = drawn.shape
        image = slicer.vtkOrientedImageData()
        image.SetExtent(0, columns - 1, 0, rows - 1, self._slice, self._slice)
        image.SetImageToWorldMatrix(slicer.util.vtkMatrixFromArray(self._placement.ijk_to_node))
        image.GetPointData().SetScalars(numpy_to_vtk(drawn.reshape(-1), deep=True))
        segmentation = self.node.GetSegmentation()
        with slicer.util.NodeModify(self.node):
            for index in range(segmentation.GetNumberOfSegments()):
                segmentation.GetNthSegment(index).AddRepresentation(_BINARY, image)


def _give_segments(node: slicer.vtkMRMLSegmentationNode) -> None:
    segmentation = node.GetSegmentation()
    segmentation.RemoveAllSegments()
    for name, (value, colour) in _SEGMENTS.items():
        segment = segmentation.GetSegment(segmentation.AddEmptySegment(name, name, colour))
        segment.SetLabelValue(value)
    node.CreateDefaultDisplayNodes()
    node.GetDisplayNode().SetVisibility3D(False)
