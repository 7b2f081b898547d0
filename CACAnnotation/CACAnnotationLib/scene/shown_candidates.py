"""The candidates of a session as a label map of the scene that views lay over the CT."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..session.changes import SessionChange, Topic
from ..session.session import AnnotationSession

if TYPE_CHECKING:
    import slicer

CANDIDATE = 1
COLOUR = (1.0, 0.92, 0.23)
"""Yellow, as in MTAL's tool; no artery has it."""


class ShownCandidates:
    """All candidate voxels in a label map volume, 1 where there is one.

    Parameters
    ----------
    session
        The session.
    label_node
        Where to show them; views lay it over the CT at the opacity they like.
    colour_node
        Gets the colours.
    """

    def __init__(
        self,
        session: AnnotationSession,
        label_node: slicer.vtkMRMLLabelMapVolumeNode,
        colour_node: slicer.vtkMRMLColorTableNode,
    ) -> None:
        self._desk, self.node = session.desk, label_node
        self._smallest_mm3 = 0.0
        _give_colours(colour_node)
        label_node.CreateDefaultDisplayNodes()
        label_node.GetDisplayNode().SetAndObserveColorNodeID(colour_node.GetID())
        self._write()
        self._end = session.listen(self._changed)

    @property
    def smallest_mm3(self) -> float:
        """Candidates of a smaller volume are hidden; they can be clicked all the same."""
        return self._smallest_mm3

    @smallest_mm3.setter
    def smallest_mm3(self, volume_mm3: float) -> None:
        if volume_mm3 != self._smallest_mm3:
            self._smallest_mm3 = volume_mm3
            self._write()

    def stop(self) -> None:
        """Follow the session no longer; the label map stays as it is."""
        self._end()

    def _changed(self, change: SessionChange) -> None:
        if change.topic is Topic.CANDIDATES:
            self._write()

    def _write(self) -> None:
        import slicer.util
        import vtk
        from vtk.util.numpy_support import numpy_to_vtk

        candidates, geometry = self._desk.candidates, self._desk.scan.geometry
        shown = np.zeros(geometry.shape, np.uint8)
        kept = candidates.large_enough(self._smallest_mm3)[candidates.component]
        shown.reshape(-1)[candidates.all_voxels] = np.repeat(
            np.where(kept, np.uint8(CANDIDATE), np.uint8(0)), candidates.runs.length
        )
        image = vtk.vtkImageData()
        image.SetDimensions(geometry.size)
        image.GetPointData().SetScalars(numpy_to_vtk(shown.reshape(-1), deep=True))
        self.node.SetIJKToRASMatrix(slicer.util.vtkMatrixFromArray(geometry.ijk_to_ras))
        self.node.SetAndObserveImageData(image)


def _give_colours(node: slicer.vtkMRMLColorTableNode) -> None:
    node.SetTypeToUser()
    node.SetNumberOfColors(2)
    node.SetColor(0, "nothing", 0.0, 0.0, 0.0, 0.0)
    node.SetColor(CANDIDATE, "candidate", *COLOUR, 1.0)
