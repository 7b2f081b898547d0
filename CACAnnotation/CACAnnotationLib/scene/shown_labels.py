"""The labels of a session in segmentations of the scene, kept up to date click by click."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from CACScoringLib.labels.segmentation_file import MapKind
from CACScoringLib.scene.segmentations import show_labels
from numpy.typing import NDArray

from ..session.changes import SessionChange
from ..session.session import AnnotationSession

if TYPE_CHECKING:
    import slicer

_BINARY, _SURFACE = "Binary labelmap", "Closed surface"


class ShownLabels:
    """One of the two label maps of a session, in a segmentation.

    A click changes some hundred of 33 million voxels: these are written into the label map that all segments
    share, and nothing else is touched. Where somebody else has changed the segmentation since, so that its
    segments share no map of the whole scan any more, all labels are written anew.

    Parameters
    ----------
    session
        The session.
    kind
        Which map: ``"cac"`` or ``"car"``.
    segmentation_node
        Where to show it; its segments of the scheme's names belong to the session from now on.
    volume_node
        The volume that is labelled.
    logic
        Slicer's logic for segmentations.
    """

    def __init__(
        self,
        session: AnnotationSession,
        kind: MapKind,
        segmentation_node: slicer.vtkMRMLSegmentationNode,
        volume_node: slicer.vtkMRMLScalarVolumeNode,
        logic: slicer.vtkSlicerSegmentationsModuleLogic,
    ) -> None:
        self._desk, self._kind, self.node = session.desk, kind, segmentation_node
        self._volume, self._logic = volume_node, logic
        self._surface_is_dropped = False
        self._write_all()
        self._end = session.listen(self._changed)

    def stop(self) -> None:
        """Follow the session no longer; the segmentation stays as it is."""
        self._end()

    def update_surface(self) -> bool:
        """Make the surfaces of a 3-D view again, which a segmentation drops when its labels change.

        That takes up to seconds, so it is for a moment in which nobody clicks.

        Returns
        -------
        Whether there was anything to do.
        """
        if not self._surface_is_dropped:
            return False
        self.node.GetSegmentation().CreateRepresentation(_SURFACE, True)
        self._surface_is_dropped = False
        return True

    def _changed(self, change: SessionChange) -> None:
        for layer in change.layers:
            if layer.layer == self._kind:
                self._write(layer.voxels, layer.after)

    def _write(self, voxels: NDArray[np.int64], labels: NDArray[np.uint8]) -> None:
        from vtk.util.numpy_support import vtk_to_numpy

        image = self._shared_image()
        if image is None:
            self._write_all()
            return
        self._surface_is_dropped |= self.node.GetSegmentation().ContainsRepresentation(_SURFACE)
        scalars = image.GetPointData().GetScalars()
        vtk_to_numpy(scalars)[voxels] = labels
        scalars.Modified()
        image.Modified()

    def _write_all(self) -> None:
        desk = self._desk
        show_labels(
            desk.layers[self._kind], desk.scan.geometry, self.node, self._volume, self._logic, self._kind
        )
        self._surface_is_dropped = False

    def _shared_image(self) -> slicer.vtkOrientedImageData | None:
        """Map of the whole scan that all segments of the scheme share; None where there is none."""
        segmentation = self.node.GetSegmentation()
        ids = [segmentation.GetSegmentIdBySegmentName(name) for name in self._desk.scheme.names]
        if not all(ids):
            return None
        segments = [segmentation.GetSegment(each) for each in ids]
        images = [segment.GetRepresentation(_BINARY) for segment in segments]
        values = [segment.GetLabelValue() for segment in segments]
        whole = self._desk.scan.geometry.size
        if (
            any(image is None or image is not images[0] for image in images)
            or values != [label.value for label in self._desk.scheme.labels]
            or images[0].GetDimensions() != whole
            or images[0].GetScalarTypeAsString() != "unsigned char"
        ):
            return None
        return images[0]
