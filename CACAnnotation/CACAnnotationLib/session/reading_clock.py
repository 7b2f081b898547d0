"""Time spent on each slice: pauses are not counted."""

from __future__ import annotations

from collections.abc import Callable

LONGEST_PAUSE_S = 60.0


class ReadingClock:
    """Counts seconds of work on the slice that is shown.

    Parameters
    ----------
    now
        Seconds from any beginning, never going back.
    keep
        Called with a slice index and the seconds spent on it, when there are any to keep.
    """

    def __init__(self, now: Callable[[], float], keep: Callable[[int, float], None]) -> None:
        self._now, self._keep = now, keep
        self._slice: int | None = None
        self._last = 0.0
        self._seconds = 0.0

    @property
    def seconds(self) -> float:
        """What was counted on the slice that is shown and is not kept yet."""
        return self._seconds

    def show(self, slice_index: int | None) -> None:
        """Begin with another slice, or with none: what was spent on the one before is kept."""
        if slice_index == self._slice:
            self.active()
            return
        self.keep_seconds()
        self._slice, self._last = slice_index, self._now()

    def active(self) -> None:
        """The reader did something; what passed since the last time counts unless it was a pause."""
        now = self._now()
        passed, self._last = now - self._last, now
        if self._slice is not None and 0 < passed <= LONGEST_PAUSE_S:
            self._seconds += passed

    def keep_seconds(self) -> None:
        """Hand over what has been counted so far."""
        self.active()
        if self._slice is not None and self._seconds > 0:
            seconds, self._seconds = self._seconds, 0.0
            self._keep(self._slice, seconds)
