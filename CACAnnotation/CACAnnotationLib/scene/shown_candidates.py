"""The candidates of a session that have no label yet, as a label map that views lay over the CT."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from CACScoringLib.schemes import UNLABELLED
from numpy.typing import NDArray

from ..session.changes import SessionChange, Topic
from ..session.session import AnnotationSession
from .placement import ScanPlacement

if TYPE_CHECKING:
    import slicer

CANDIDATE = 1
COLOUR = (0.95, 0.35, 0.95)
"""Magenta: no artery has it, nor anything like it."""


class ShownCandidates:
    """Candidate voxels without a label, 1 where there is one: what is lit is still to be done.

    Parameters
    ----------
    session
        The session.
    label_node
        Where to show them; views lay it over the CT at the opacity they like.
    colour_node
        Gets the colours.
    placement
        Where the scan lies.
    """

    def __init__(
        self,
        session: AnnotationSession,
        label_node: slicer.vtkMRMLLabelMapVolumeNode,
        colour_node: slicer.vtkMRMLColorTableNode,
        placement: ScanPlacement,
    ) -> None:
        self._desk, self.node, self._placement = session.desk, label_node, placement
        self._smallest_mm3 = 0.0
        _give_colours(colour_node)
        label_node.CreateDefaultDisplayNodes()
        label_node.GetDisplayNode().SetAndObserveColorNodeID(colour_node.GetID())
        self._lit: NDArray[np.uint8]
        self._write_all()
        self._end = session.listen(self._changed)

    @property
    def smallest_mm3(self) -> float:
        """Candidates of a smaller volume are hidden; they can be clicked all the same."""
        return self._smallest_mm3

    @smallest_mm3.setter
    def smallest_mm3(self, volume_mm3: float) -> None:
        if volume_mm3 != self._smallest_mm3:
            self._smallest_mm3 = volume_mm3
            self._write_all()

    def stop(self) -> None:
        """Follow the session no longer; the label map stays as it is."""
        self._end()

    def _changed(self, change: SessionChange) -> None:
        if change.topic is Topic.CANDIDATES:
            self._write_all()
        for layer in change.layers:
            if layer.layer == "cac":
                self._write(layer.voxels, layer.after)

    def _write(self, voxels: NDArray[np.integer], labels: NDArray[np.uint8]) -> None:
        from vtk.util.numpy_support import vtk_to_numpy

        scalars = self.node.GetImageData().GetPointData().GetScalars()
        unlabelled = labels == UNLABELLED
        vtk_to_numpy(scalars)[voxels] = np.where(unlabelled, self._lit.reshape(-1)[voxels], np.uint8(0))
        scalars.Modified()
        self.node.GetImageData().Modified()
        # Views do not ask to be drawn for an image that has changed, only for its node.
        self.node.Modified()

    def _write_all(self) -> None:
        import slicer.util
        import vtk
        from vtk.util.numpy_support import numpy_to_vtk

        candidates = self._desk.candidates
        kept = candidates.large_enough(self._smallest_mm3)[candidates.component]
        voxels = candidates.all_voxels
        lit = np.zeros(self._desk.scan.geometry.shape, np.uint8)
        lit.reshape(-1)[voxels] = np.repeat(kept, candidates.runs.length) * np.uint8(CANDIDATE)
        self._lit = lit
        shown = lit.reshape(-1).copy()
        shown[voxels[self._desk.layers["cac"].reshape(-1)[voxels] != UNLABELLED]] = 0
        image = vtk.vtkImageData()
        image.SetDimensions(self._placement.size)
        image.GetPointData().SetScalars(numpy_to_vtk(shown, deep=True))
        self.node.SetIJKToRASMatrix(slicer.util.vtkMatrixFromArray(self._placement.ijk_to_node))
        self.node.SetAndObserveImageData(image)


def _give_colours(node: slicer.vtkMRMLColorTableNode) -> None:
    node.SetTypeToUser()
    node.SetNumberOfColors(2)
    node.SetColor(0, "nothing", 0.0, 0.0, 0.0, 0.0)
    node.SetColor(CANDIDATE, "candidate without a label", *COLOUR, 1.0)
