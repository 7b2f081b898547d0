"""A training run told as one step of a round."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..training.checkpoint import Progress
from ..training.configuration import TrainingConfig
from ..training.history import Row
from ..training.listener import TrainingListener
from ..training.run_record import Record


class TrainingSteps(TrainingListener):
    """Tells batches of all epochs; a run that stops early jumps to its end."""

    def __init__(self, config: TrainingConfig, progress: Callable[[str, int, int], object]) -> None:
        self._epochs, self._progress, self._epoch = config.epochs, progress, 0

    def caching(self, done: int, scans: int) -> None:
        """Tell how many scans are read."""
        self._progress("Reading labelled scans", done, scans)

    def waiting(self, folder: Path) -> None:
        """Tell that another run reads scans."""
        self._progress("Waiting for another run that reads scans", 0, 0)

    def starting(self, record: Record, progress: Progress, device: str) -> None:
        """Take up where an earlier run ended."""
        self._epoch = progress.epochs

    def batch(self, done: int, batches: int, loss: float) -> None:
        """Tell how many batches of all epochs are done."""
        self._progress("Training", self._epoch * batches + done, self._epochs * batches)

    def epoch(self, row: Row, best_epoch: int) -> None:
        """Count epochs."""
        self._epoch += 1

    def calibrating(self, done: int, slices: int) -> None:
        """Tell how far calibration is."""
        self._progress("Calibrating", done, slices)
