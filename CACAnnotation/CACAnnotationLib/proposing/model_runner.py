"""What a panel needs of whatever runs a model for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from CACScoringLib.errors import CACError
from CACScoringLib.scans.ct_scan import CTScan
from numpy.typing import NDArray

from ..session.proposal import ProposedLabels


@dataclass(frozen=True)
class ProposalRequest:
    """What a model is asked for.

    Parameters
    ----------
    model
        Name of a shipped model, or a model's folder.
    slices
        First slice and one past the last; None for the whole scan.
    precision, device
        As of ``cac predict``.
    passes
        Monte Carlo passes for uncertainty; 0 for none.
    """

    model: str
    slices: tuple[int, int] | None = None
    precision: str = "fast"
    device: str = "auto"
    passes: int = 0


@dataclass(frozen=True, eq=False)
class ModelAnswer:
    """What came of a request.

    Parameters
    ----------
    proposal
        Labels on the grid of the whole scan, 0 outside the slices asked for.
    slices
        Slices that it is about.
    document
        What ``prediction.json`` of ``cac predict`` holds for these slices: device in use, times, doubts.
    variance
        Variance over passes of the probability of calcium, float32 ``[slice, row, column]`` of these slices
        alone; None without passes.
    """

    proposal: ProposedLabels
    slices: tuple[int, int]
    document: dict[str, Any]
    variance: NDArray[np.float32] | None = None


class RequestListener(Protocol):
    """Told how a request gets on, from a thread of the runner: a panel hands it to its own."""

    def progress(self, stage: str, done: int, total: int) -> None:
        """Something is under way; ``total`` is 0 where nobody knows."""

    def answered(self, answer: ModelAnswer) -> None:
        """It is done."""

    def failed(self, error: CACError) -> None:
        """Nothing came of it; the error is a sentence for the reader."""

    def cancelled(self) -> None:
        """The reader did not want it any more."""


class ModelRunner(Protocol):
    """Runs a model for one scan at a time; one request at a time."""

    def open(self, scan: CTScan) -> None:
        """Say which scan the next requests are about."""

    def ask(self, request: ProposalRequest, listener: RequestListener) -> None:
        """Begin a request and return at once; one that is under way is cancelled first."""

    def cancel(self) -> None:
        """Cancel what is under way; does nothing if nothing is."""

    def close(self) -> None:
        """End all that runs, and give back what it holds."""
