"""Who labels a volume at the moment: a reading that is open on it, or else a segmentation."""

from __future__ import annotations

from collections.abc import Callable

import qt
import slicer
from slicer.util import VTKObservationMixin

from ..open_readings import OpenReading, OpenReadings

_PATIENCE_MS = 150
"""A stroke of a brush is many events: they are told together, this often at most."""


class FollowedLabels(VTKObservationMixin):
    """Tells of changes of a volume's labels, however they are given.

    Parameters
    ----------
    readings
        The readings that are open in this process.
    changed
        Called a moment after a change.
    reading_changed
        Called at once when a reading of the volume begins or ends.
    """

    def __init__(
        self,
        readings: OpenReadings,
        changed: Callable[[], object],
        reading_changed: Callable[[], object],
    ) -> None:
        VTKObservationMixin.__init__(self)
        self._readings = readings
        self._changed, self._reading_changed = changed, reading_changed
        self._volume_id: str | None = None
        self._nodes: tuple[object, ...] = ()
        self.reading: OpenReading | None = None
        self._end_reading: Callable[[], None] = _nothing
        self._end_readings = readings.listen(self._on_readings)
        self._timer = qt.QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PATIENCE_MS)
        self._timer.connect("timeout()", changed)

    def follow(
        self,
        volume_node: slicer.vtkMRMLScalarVolumeNode | None,
        *label_nodes: slicer.vtkMRMLSegmentationNode | None,
    ) -> None:
        """Follow a volume and segmentations of it, instead of those of before; None for nothing."""
        nodes = (volume_node, *label_nodes)
        if nodes != self._nodes:
            self.removeObservers()
            self._nodes = nodes
            self._observe_nodes(volume_node, [each for each in label_nodes if each is not None])
        self._volume_id = volume_node.GetID() if volume_node is not None else None
        self._find_reading()

    def tell_soon(self) -> None:
        """Tell of a change in a moment, with all that follows until then."""
        if not self._timer.isActive():
            self._timer.start()

    def is_due(self) -> bool:
        """Say whether a change is about to be told."""
        return self._timer.isActive()

    def pause(self) -> None:
        """Forget what was about to be told; what follows is told again."""
        self._timer.stop()

    def stop(self) -> None:
        """Let go of everything, for good."""
        self.follow(None)
        self._end_readings()
        self._timer.stop()
        self._timer.disconnect("timeout()", self._changed)

    def _observe_nodes(
        self,
        volume_node: slicer.vtkMRMLScalarVolumeNode | None,
        label_nodes: list[slicer.vtkMRMLSegmentationNode],
    ) -> None:
        moved = slicer.vtkMRMLTransformableNode.TransformModifiedEvent
        if volume_node is not None:
            self.addObserver(volume_node, slicer.vtkMRMLVolumeNode.ImageDataModifiedEvent, self._on_event)
            self.addObserver(volume_node, moved, self._on_event)
        for node in label_nodes:
            self.addObserver(node, moved, self._on_event)
            for event in (
                slicer.vtkSegmentation.SourceRepresentationModified,
                slicer.vtkSegmentation.SegmentAdded,
                slicer.vtkSegmentation.SegmentRemoved,
                slicer.vtkSegmentation.SegmentModified,
            ):
                self.addObserver(node, event, self._on_event)

    def _find_reading(self) -> None:
        reading = self._readings.find(self._volume_id) if self._volume_id is not None else None
        if reading is not self.reading:
            self._end_reading()
            self.reading = reading
            self._end_reading = _nothing if reading is None else reading.listen(self.tell_soon)

    def _on_readings(self) -> None:
        before = self.reading
        self._find_reading()
        if self.reading is not before:
            self._reading_changed()

    def _on_event(self, _caller: object, _event: str) -> None:
        self.tell_soon()


def _nothing() -> None:
    pass
