"""The labels of a session in segmentations of the scene, kept up to date click by click."""

from __future__ import annotations

from CACScoringLib.labels.segmentation_file import MapKind

from ..session.changes import SessionChange
from ..session.session import AnnotationSession
from .shared_map import SharedLabelMap


class ShownLabels:
    """One of the two label maps of a session.

    Where somebody else has changed the segmentation since, all labels are written anew.

    Parameters
    ----------
    session
        The session.
    kind
        Which map: ``"cac"`` or ``"car"``.
    shared
        Where to show it.
    """

    def __init__(self, session: AnnotationSession, kind: MapKind, shared: SharedLabelMap) -> None:
        self._desk, self._kind, self.shared = session.desk, kind, shared
        shared.write_all(self._desk.layers[kind])
        self._end = session.listen(self._changed)

    def restore(self) -> bool:
        """Write all labels anew if the segmentation shows others; returns whether it did."""
        labels = self._desk.layers[self._kind]
        if self.shared.holds(labels):
            return False
        self.shared.write_all(labels)
        return True

    def stop(self) -> None:
        """Follow the session no longer; the segmentation stays as it is."""
        self._end()

    def _changed(self, change: SessionChange) -> None:
        for layer in change.layers:
            if layer.layer == self._kind and not self.shared.write(layer.voxels, layer.after):
                self.shared.write_all(self._desk.layers[self._kind])
