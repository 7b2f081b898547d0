"""Ending a run when the caller asks for it."""

from __future__ import annotations

from collections.abc import Callable

from CACScoringLib.errors import CACError

from .checkpoint import safe_until


class TrainingCancelledError(CACError):
    """The caller asked to stop."""


def stop_if(cancelled: Callable[[], bool] | None, epochs: int) -> None:
    """Raise if the caller asks to stop, ``epochs`` whole ones being stored; None never asks."""
    if cancelled is not None and cancelled():
        raise TrainingCancelledError(f"the training was cancelled{safe_until(epochs)}")
