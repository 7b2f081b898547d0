"""A label map of a whole scan in a segmentation, of which a click changes a few hundred voxels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from CACScoringLib.labels.segmentation_file import MapKind
from CACScoringLib.scene.segmentations import show_labels
from CACScoringLib.schemes import OTHER, UNLABELLED, label_scheme
from numpy.typing import NDArray

from .placement import ScanPlacement

if TYPE_CHECKING:
    import slicer

_BINARY, _SURFACE = "Binary labelmap", "Closed surface"
_HIDDEN = "CACAnnotation.hidden"
"""Tag of a segment that is hidden here, for want of voxels, and not by a reader."""
_VALUES = 256


class SharedLabelMap:
    """The map that all segments of a segmentation share, written whole or voxel by voxel.

    33 million voxels take a tenth of a second, the few hundred of a lesion a tenth of a millisecond. Segments
    without voxels are hidden as long as they have none: a view resamples and draws every segment that is not.

    Parameters
    ----------
    node
        The segmentation; its segments of the scheme's names belong to this map from now on.
    kind
        What labels mean: calcium or artery regions.
    placement
        Where the scan lies.
    logic
        Slicer's logic for segmentations.
    """

    def __init__(
        self,
        node: slicer.vtkMRMLSegmentationNode,
        kind: MapKind,
        placement: ScanPlacement,
        logic: slicer.vtkSlicerSegmentationsModuleLogic,
    ) -> None:
        self.node = node
        self._kind, self._placement, self._logic = kind, placement, logic
        self._surface_is_dropped = False
        self._voxels = np.zeros(_VALUES, np.int64)

    def write_all(self, labels: NDArray[np.uint8]) -> None:
        """Write a label map ``[slice, row, column]``."""
        place = self._placement
        show_labels(labels, place.geometry, self.node, place.volume_node, self._logic, self._kind)
        self._surface_is_dropped = False
        self._voxels = _count(labels[labels != UNLABELLED])
        self._show_those_with_voxels()

    def holds(self, labels: NDArray[np.uint8]) -> bool:
        """Tell whether the segmentation shows exactly these labels."""
        from vtk.util.numpy_support import vtk_to_numpy

        image = self._image()
        if image is None:
            return False
        return np.array_equal(vtk_to_numpy(image.GetPointData().GetScalars()), labels.reshape(-1))

    def write(self, voxels: NDArray[np.integer], labels: NDArray[np.uint8]) -> bool:
        """Write some voxels, by flat indices.

        Returns
        -------
        False, and nothing is written, where somebody else has changed the segmentation, so that its segments
        share no map of the whole scan any more.
        """
        from vtk.util.numpy_support import vtk_to_numpy

        image = self._image()
        if image is None:
            return False
        self._surface_is_dropped |= self.node.GetSegmentation().ContainsRepresentation(_SURFACE)
        scalars = image.GetPointData().GetScalars()
        shown = vtk_to_numpy(scalars)
        had_any = self._voxels > 0
        self._voxels += _count(labels) - _count(shown[voxels])
        shown[voxels] = labels
        scalars.Modified()
        image.Modified()
        # Views do not ask to be drawn for an image that has changed, only for its node.
        self.node.Modified()
        if not np.array_equal(self._voxels > 0, had_any):
            self._show_those_with_voxels()
        return True

    def show_other(self, fill: float, *, in_3d: bool) -> None:
        """Show OTHER with another opacity inside its outline, relative to arteries, and in 3-D or not."""
        other = self.node.GetSegmentation().GetSegmentIdBySegmentName(OTHER)
        display = self.node.GetDisplayNode()
        display.SetSegmentOpacity2DFill(other, fill)
        display.SetSegmentVisibility3D(other, in_3d)

    def hide_other(self) -> None:
        """Show arteries only."""
        other = self.node.GetSegmentation().GetSegmentIdBySegmentName(OTHER)
        self.node.GetDisplayNode().SetSegmentVisibility(other, False)

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

    def _show_those_with_voxels(self) -> None:
        import slicer.util

        segmentation, display = self.node.GetSegmentation(), self.node.GetDisplayNode()
        with slicer.util.NodeModify(display):
            for label in label_scheme().labels:
                segment_id = segmentation.GetSegmentIdBySegmentName(label.name)
                segment = segmentation.GetSegment(segment_id)
                if self._voxels[label.value] > 0:
                    if segment.HasTag(_HIDDEN):
                        segment.RemoveTag(_HIDDEN)
                        display.SetSegmentVisibility(segment_id, True)
                elif display.GetSegmentVisibility(segment_id):
                    segment.SetTag(_HIDDEN, "")
                    display.SetSegmentVisibility(segment_id, False)

    def _image(self) -> slicer.vtkOrientedImageData | None:
        """Map of the whole scan that all segments of the scheme share; None where there is none."""
        segmentation = self.node.GetSegmentation()
        ids = [segmentation.GetSegmentIdBySegmentName(name) for name in label_scheme().names]
        if not all(ids):
            return None
        segments = [segmentation.GetSegment(each) for each in ids]
        images = [segment.GetRepresentation(_BINARY) for segment in segments]
        values = [segment.GetLabelValue() for segment in segments]
        whole = self._placement.size
        if (
            any(image is None or image is not images[0] for image in images)
            or values != [label.value for label in label_scheme().labels]
            or images[0].GetDimensions() != whole
            or images[0].GetScalarTypeAsString() != "unsigned char"
        ):
            return None
        return images[0]


def _count(labels: NDArray[np.uint8]) -> NDArray[np.int64]:
    return np.bincount(labels, minlength=_VALUES)[:_VALUES]
