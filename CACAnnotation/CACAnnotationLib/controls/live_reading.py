"""A session as the scoring panel follows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from CACScoringLib.candidates.candidates import Candidates
from CACScoringLib.scoring.protocol import ScoringProtocol
from CACScoringLib.scoring.review import ReviewState
from CACScoringLib.scoring.scores import ScanScores
from numpy.typing import NDArray

from ..session.changes import Topic
from ..session.session import AnnotationSession
from .model_control import ModelControl


class LiveReading:
    """An :class:`~CACScoringLib.open_readings.OpenReading` of a session.

    Parameters
    ----------
    session, model
        The session, and what asks a model about it.
    reader
        Whose session it is.
    """

    def __init__(self, session: AnnotationSession, model: ModelControl, reader: str) -> None:
        self._session, self._model = session, model
        self.reader = reader
        self.scan, self.scheme = session.desk.scan, session.desk.scheme

    @property
    def protocol(self) -> ScoringProtocol:
        """How the session is scored; settable."""
        return self._session.desk.protocol

    @protocol.setter
    def protocol(self, protocol: ScoringProtocol) -> None:
        self._session.desk.protocol = protocol

    @property
    def candidates(self) -> Candidates:
        """All candidate lesions under the protocol."""
        return self._session.desk.candidates

    @property
    def counted(self) -> NDArray[np.uint8]:
        """Label map as it is scored."""
        return self._session.desk.counted

    @property
    def scores(self) -> ScanScores:
        """Scores of the labels as they are now."""
        return self._session.scores

    @property
    def review(self) -> ReviewState:
        """How many slices are signed off."""
        return self._session.review

    @property
    def score_distribution(self) -> dict[str, Any] | None:
        """Scores of a model's passes, None where none ran."""
        return self._model.score_distribution

    def relabel(self, voxels: NDArray[np.integer], label: str) -> bool:
        """Give candidate voxels a label, as an action of the session."""
        return self._session.calcium.relabel(voxels, label)

    def listen(self, listener: Callable[[], object]) -> Callable[[], None]:
        """Have a listener told after every change; returns what ends that."""
        return self._session.listen(lambda change: change.topic is Topic.ACTIVE or listener())
