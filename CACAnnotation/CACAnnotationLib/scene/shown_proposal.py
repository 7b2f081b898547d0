"""What is proposed and not labelled yet, as outlines in lighter colours."""

from __future__ import annotations

import numpy as np

from ..session.changes import SessionChange, Topic
from ..session.session import AnnotationSession
from .shared_map import SharedLabelMap

_TOWARDS_WHITE = 0.55


class ShownProposal:
    """The pending proposal of a session; what is accepted, or labelled otherwise, leaves it.

    Parameters
    ----------
    session
        The session.
    calcium, regions
        Where to show its two maps.
    """

    def __init__(self, session: AnnotationSession, calcium: SharedLabelMap, regions: SharedLabelMap) -> None:
        self._proposals, self._desk = session.proposals, session.desk
        self.maps = calcium, regions
        self._is_empty = True
        for shared in self.maps:
            shared.node.CreateDefaultDisplayNodes()
            shared.node.GetDisplayNode().SetVisibility(False)
        if self._proposals.current is not None:
            self._write_all()
        self._end = session.listen(self._changed)

    def stop(self) -> None:
        """Follow the session no longer."""
        self._end()

    def _changed(self, change: SessionChange) -> None:
        if change.topic is Topic.PROPOSAL:
            self._write_all()
        elif change.topic is Topic.LABELS and not self._is_empty:
            for slice_index in {index for layer in change.layers for index in layer.parts(self._shape)}:
                self._write_slice(slice_index)

    def _write_slice(self, slice_index: int) -> None:
        pixels = self._shape[1] * self._shape[2]
        voxels = np.arange(slice_index * pixels, (slice_index + 1) * pixels)
        for shared, labels in zip(self.maps, self._proposals.pending(slice_index), strict=True):
            if not shared.write(voxels, labels.reshape(-1)):
                self._write_all()

    def _write_all(self) -> None:
        self._is_empty = self._proposals.current is None
        whole = np.zeros((2, *self._shape), np.uint8)
        if not self._is_empty:
            for slice_index in range(self._shape[0]):
                whole[:, slice_index] = self._proposals.pending(slice_index)
        for shared, labels in zip(self.maps, whole, strict=True):
            node = shared.node
            shared.write_all(labels)
            _lighten(node.GetSegmentation())
            shared.hide_other()
            display = node.GetDisplayNode()
            display.SetVisibility(not self._is_empty)
            display.SetVisibility2DFill(False)
            display.SetVisibility2DOutline(True)
            display.SetVisibility3D(False)
            display.SetSliceIntersectionThickness(2)

    @property
    def _shape(self) -> tuple[int, int, int]:
        return self._desk.scan.geometry.shape


def lightened(colour: tuple[float, ...]) -> tuple[float, ...]:
    """Colour, 0 to 1, of what is proposed, from that of what is labelled."""
    return tuple(each + (1 - each) * _TOWARDS_WHITE for each in colour)


def _lighten(segmentation) -> None:  # type: ignore[no-untyped-def]  # of slicer-core, which has no stubs
    for index in range(segmentation.GetNumberOfSegments()):
        segment = segmentation.GetNthSegment(index)
        segment.SetColor(*lightened(segment.GetColor()))
