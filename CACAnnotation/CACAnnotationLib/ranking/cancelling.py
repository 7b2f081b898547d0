"""Ending a ranking when the caller asks for it."""

from __future__ import annotations

from collections.abc import Callable

from CACScoringLib.errors import CACError

Cancelled = Callable[[], bool]


class RankingCancelledError(CACError):
    """The caller asked to stop."""

    def __init__(self) -> None:
        super().__init__(
            "the ranking was cancelled. What was found of whole scans is kept: the same ranking goes on there"
        )


def stop_if(cancelled: Cancelled | None) -> None:
    """Raise if the caller asks to stop; None never asks."""
    if cancelled is not None and cancelled():
        raise RankingCancelledError
