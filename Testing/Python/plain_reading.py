"""A reading that is open on a volume, as a labelling panel would have it, without one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from CACScoringLib.candidates.candidates import Candidates, find_candidates
from CACScoringLib.errors import CACError
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.schemes import label_scheme
from CACScoringLib.scoring.protocol import ScoringProtocol
from CACScoringLib.scoring.review import ReviewState
from CACScoringLib.scoring.scores import ScanScores, score_scan
from numpy.typing import NDArray


class PlainReading:
    """Labels in an array; actions can be undone, and fail where ``broken`` says why.

    Parameters
    ----------
    scan, labels
        What is read, and the labels so far.
    """

    def __init__(self, scan: CTScan, labels: NDArray[np.uint8], signed_off: int = 0) -> None:
        self.reader, self.scan, self.scheme = "Anna", scan, label_scheme()
        self.counted = labels.copy()
        self.review = ReviewState(labels.shape[0], signed_off)
        self.score_distribution: dict[str, Any] | None = None
        self.broken = ""
        self.listeners: list[Callable[[], object]] = []
        self._protocol = ScoringProtocol()
        self._done: list[NDArray[np.uint8]] = []

    @property
    def protocol(self) -> ScoringProtocol:
        return self._protocol

    @protocol.setter
    def protocol(self, protocol: ScoringProtocol) -> None:
        if protocol != self._protocol:
            self._protocol = protocol
            self.tell()

    @property
    def candidates(self) -> Candidates:
        return find_candidates(self.scan, self._protocol)

    @property
    def scores(self) -> ScanScores:
        return score_scan(self.scan, self.counted, self._protocol)

    def relabel(self, voxels: NDArray[np.integer], label: str) -> bool:
        if self.broken:
            raise CACError(self.broken)
        self._done.append(self.counted.copy())
        self.counted.reshape(-1)[voxels] = self.scheme[label].value
        self.tell()
        return True

    def undo(self) -> None:
        self.counted = self._done.pop()
        self.tell()

    def listen(self, listener: Callable[[], object]) -> Callable[[], None]:
        self.listeners.append(listener)

        def end() -> None:
            if listener in self.listeners:
                self.listeners.remove(listener)

        return end

    def tell(self) -> None:
        for listener in tuple(self.listeners):
            listener()
