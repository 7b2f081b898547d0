"""Readings that are open in this process: whoever scores a volume follows the panel that labels it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .candidates.candidates import Candidates
from .scans.ct_scan import CTScan
from .schemes import LabelScheme
from .scoring.protocol import ScoringProtocol
from .scoring.review import ReviewState
from .scoring.scores import ScanScores


class OpenReading(Protocol):
    """Labels of a volume that somebody is giving at the moment."""

    reader: str
    scan: CTScan
    scheme: LabelScheme
    protocol: ScoringProtocol
    """Settable; scores and candidates follow."""

    @property
    def candidates(self) -> Candidates:
        """All candidate lesions under the protocol."""

    @property
    def counted(self) -> NDArray[np.uint8]:
        """Label map as it is scored, ``[slice, row, column]``: what is kept out of the score is OTHER."""

    @property
    def scores(self) -> ScanScores:
        """Scores of the labels as they are now."""

    @property
    def review(self) -> ReviewState:
        """How many slices are signed off."""

    @property
    def score_distribution(self) -> dict[str, Any] | None:
        """What ``prediction.json`` says of the score's uncertainty; None where no model ran with passes."""

    def relabel(self, voxels: NDArray[np.integer], label: str) -> bool:
        """Give candidate voxels, ascending flat indices, a label: an action as any other, to be undone."""

    def listen(self, listener: Callable[[], object]) -> Callable[[], None]:
        """Have a listener told after every change; returns what ends that."""


class OpenReadings:
    """Which volume is being read, by the id of its node."""

    def __init__(self) -> None:
        self._readings: dict[str, OpenReading] = {}
        self._listeners: list[Callable[[], object]] = []

    def begin(self, volume_id: str, reading: OpenReading) -> None:
        """Say that a volume is being read from now on."""
        self._readings[volume_id] = reading
        self._tell()

    def end(self, volume_id: str) -> None:
        """Say that it is read no longer; does nothing if it was not."""
        if self._readings.pop(volume_id, None) is not None:
            self._tell()

    def find(self, volume_id: str) -> OpenReading | None:
        """Return the reading of a volume; None if nobody reads it."""
        return self._readings.get(volume_id)

    def listen(self, listener: Callable[[], object]) -> Callable[[], None]:
        """Have a listener told when a reading begins or ends; returns what ends that."""
        self._listeners.append(listener)

        def end() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return end

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()


open_readings = OpenReadings()
"""Those of this process: one reader, as in 3D Slicer and in each browser session."""
