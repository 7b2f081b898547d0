"""Asking a model about the scan that is open: one request at a time, never in the reader's way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from CACScoringLib.errors import CACError
from numpy.typing import NDArray

from ..proposing.model_runner import ModelAnswer, ModelRunner, ProposalRequest
from ..session.session import AnnotationSession
from .doubtful import DoubtfulRow, doubtful_rows
from .hand import Say, sentences
from .words import _

Later = Callable[[Callable[[], object]], object]
"""Has something done soon in the thread of the user interface; may be called from any thread."""


class ModelControl:
    """What a panel shows of a model at work, and of its last answer.

    Parameters
    ----------
    session
        The session; answers become its proposal.
    runner
        Runs the model.
    later
        Brings what the runner says into the thread of the user interface.
    say
        Told what came of a request.
    changed
        Called whenever there is something else to show.
    """

    def __init__(
        self,
        session: AnnotationSession,
        runner: ModelRunner,
        later: Later,
        say: Say,
        changed: Callable[[], object],
    ) -> None:
        self._session, self._runner, self._later = session, runner, later
        self._say, self._changed = say, changed
        self._request = 0
        self.stage: str | None = None
        """What is under way; None when nothing is."""
        self.done = self.total = 0
        """Steps of the stage, ``total`` 0 where nobody knows how many."""
        self.device: str | None = None
        """Device that computed the last answer."""
        self.seconds = 0.0
        """How long the last answer took to compute."""
        self.doubtful: list[DoubtfulRow] = []
        """Lesions from least to most certain, as the last answer with passes has them."""
        self.score_distribution: dict[str, Any] | None = None
        """Scores of the passes over the whole scan; None where there were none."""
        self.variance: NDArray[np.float32] | None = None
        """Variance over passes, ``[slice, row, column]`` of the whole scan, 0 where nothing was asked."""

    @property
    def busy(self) -> bool:
        """Whether a request is under way."""
        return self.stage is not None

    def ask(self, request: ProposalRequest) -> None:
        """Begin a request; returns at once."""
        self._request += 1
        self.stage, self.done, self.total = _("Starting the model"), 0, 0
        self._changed()
        try:
            self._runner.ask(request, _Relay(self, self._request, self._later))
        except CACError as error:
            self.failed(self._request, error)

    def cancel(self) -> None:
        """Give up what is under way; what is proposed already stays."""
        self._runner.cancel()

    def stop(self) -> None:
        """Hear no more of what is under way."""
        self._request += 1
        self._runner.cancel()
        self.stage = None

    def progress(self, request: int, stage: str, done: int, total: int) -> None:
        """Take in how a request gets on."""
        if request == self._request:
            self.stage, self.done, self.total = stage, done, total
            self._changed()

    def answered(self, request: int, answer: ModelAnswer) -> None:
        """Take in an answer: of some slices, what was proposed for the others stays."""
        if request != self._request:
            return
        self.stage = None
        self._take_facts(answer)
        current = self._session.proposals.current
        proposal = answer.proposal
        if current is not None:
            proposal = current.with_slices_of(proposal, answer.slices)
        self._session.proposals.show(proposal)
        self._say(
            _("Proposed on {device} in {seconds:.1f} s; accept, correct or reject").format(
                device=self.device, seconds=self.seconds
            )
        )
        self._changed()

    def failed(self, request: int, error: CACError) -> None:
        """Take in that nothing came of a request."""
        if request == self._request:
            self.stage = None
            with sentences(self._say):
                raise error
            self._changed()

    def cancelled(self, request: int) -> None:
        """Take in that a request was cancelled."""
        if request == self._request:
            self.stage = None
            self._say(_("The model was stopped"))
            self._changed()

    def _take_facts(self, answer: ModelAnswer) -> None:
        facts = answer.document["prediction"]
        self.device, self.seconds = facts["device"], sum(facts["seconds"].values())
        if answer.variance is None:
            return
        first, end = answer.slices
        shape = self._session.desk.scan.geometry.shape
        variance = np.zeros(shape, np.float32) if self.variance is None else self.variance.copy()
        variance[first:end] = answer.variance
        self.variance = variance
        others = [row for row in self.doubtful if not first <= row.ijk[2] < end]
        rows = [*others, *doubtful_rows(answer.document, first)]
        self.doubtful = sorted(rows, key=lambda row: -row.doubt)
        if end - first == shape[0]:
            self.score_distribution = answer.document["score_distribution"]


class _Relay:
    """Hears the runner in its thread, and tells the control in that of the user interface."""

    def __init__(self, control: ModelControl, request: int, later: Later) -> None:
        self._control, self._request, self._later = control, request, later

    def progress(self, stage: str, done: int, total: int) -> None:
        self._later(lambda: self._control.progress(self._request, stage, done, total))

    def answered(self, answer: ModelAnswer) -> None:
        self._later(lambda: self._control.answered(self._request, answer))

    def failed(self, error: CACError) -> None:
        self._later(lambda: self._control.failed(self._request, error))

    def cancelled(self) -> None:
        self._later(lambda: self._control.cancelled(self._request))
