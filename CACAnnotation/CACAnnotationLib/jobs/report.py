"""How a job gets on, told to whoever asked for it."""

from __future__ import annotations

import time
from collections.abc import Callable

_EVERY_S = 0.1

Tell = Callable[[str, int, int, "float | None"], object]
"""Told a stage, how much of it is done, how much there is, 0 where nobody knows, and seconds left or None."""


class JobReport:
    """Tells what is worth telling, estimates the time left, and knows whether the job is to end.

    Parameters
    ----------
    tell
        Told how the job gets on, some times a second.
    now
        A clock in seconds that never goes back.
    """

    def __init__(self, tell: Tell, now: Callable[[], float] = time.monotonic) -> None:
        self._tell, self._now = tell, now
        self._stage: str | None = None
        self._begun = self._told = 0.0
        self._found = 0
        self._cancelled = False

    def cancel(self) -> None:
        """Ask the job to end; may be called from any thread."""
        self._cancelled = True

    def cancelled(self) -> bool:
        """Tell whether the job is to end."""
        return self._cancelled

    def progress(self, stage: str, done: int, total: int) -> None:
        """Take in how the job gets on."""
        now = self._now()
        if stage != self._stage or done < self._found:
            # What was done before this run took it no time.
            self._stage, self._begun, self._found = stage, now, done
        elif now - self._told < _EVERY_S and done < total:
            return
        self._told = now
        self._tell(stage, done, total, self._seconds_left(done, total, now))

    def _seconds_left(self, done: int, total: int, now: float) -> float | None:
        if done <= self._found or total <= 0:
            return None
        return (now - self._begun) / (done - self._found) * (total - done)
