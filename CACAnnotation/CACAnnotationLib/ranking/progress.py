"""How far a ranking is, and how long it will take."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple


class RankingProgress(NamedTuple):
    """How far passes are.

    Parameters
    ----------
    done, total
        Slices; those of a scan that is being worked on count by the share of its passes that is done.
    seconds_left
        What the rest will take; None before anything is known.
    """

    done: float
    total: int
    seconds_left: float | None


class ProgressEstimate:
    """Estimates from the slices that were computed in this run: those kept from before took it no time.

    Parameters
    ----------
    total, kept
        Slices of the pool, and those of which doubts are kept from before.
    now
        A clock, in seconds.
    """

    def __init__(self, total: int, kept: int, now: Callable[[], float] = time.monotonic) -> None:
        self._total, self._kept, self._now = total, kept, now
        self._start = now()

    def at(self, computed: float) -> RankingProgress:
        """Return how far it is once so many slices were computed in this run."""
        left = self._total - self._kept - computed
        pace = (self._now() - self._start) / computed if computed > 0 else None
        return RankingProgress(self._kept + computed, self._total, None if pace is None else pace * left)
