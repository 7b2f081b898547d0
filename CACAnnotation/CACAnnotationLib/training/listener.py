"""What a training run tells while it runs."""

from __future__ import annotations

from pathlib import Path

from .checkpoint import Progress
from .history import Row
from .run_record import Record


class TrainingListener:
    """Told how a run gets on; does nothing by itself."""

    def caching(self, done: int, scans: int) -> None:
        """So many of the scans are read."""

    def waiting(self, folder: Path) -> None:
        """Another run reads scans into the cache in ``folder``; told again and again until it has."""

    def starting(self, record: Record, progress: Progress, device: str) -> None:
        """Training begins, or goes on after ``progress``, on ``"cpu"`` or ``"cuda"``."""

    def batch(self, done: int, batches: int, loss: float) -> None:
        """So many batches of the epoch are done; ``loss`` is the mean objective in it so far."""

    def validating(self, done: int, batches: int) -> None:
        """So many batches of the validation slices are done."""

    def epoch(self, row: Row, best_epoch: int) -> None:
        """An epoch is done and stored."""

    def calibrating(self, done: int, slices: int) -> None:
        """The run is over; so many of the validation slices have been used to calibrate the best model."""
