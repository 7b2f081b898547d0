"""What ``cac train`` shows while it runs."""

from __future__ import annotations

import math
from types import TracebackType

from CACScoringLib.disclaimer import DISCLAIMER
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ..training import checkpoint
from ..training.history import Row
from ..training.split import Split
from ..training.trainer import TrainingListener, TrainingRun


class TrainingDisplay(TrainingListener):
    """Progress bars on standard error, and a line for every epoch.

    Parameters
    ----------
    epochs
        At most so many will run.
    quiet
        Show nothing: another process of the same run does.
    """

    def __init__(self, epochs: int, *, quiet: bool) -> None:
        self._console = Console(stderr=True, quiet=quiet, highlight=False)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
        )
        self._bars = Progress(*columns, console=self._console, transient=True)
        self._scans = self._bars.add_task("Reading scans", total=None, note="")
        self._epochs = self._bars.add_task("Epochs", total=epochs, visible=False, note="")
        self._batches = self._bars.add_task("Batches", total=None, visible=False, note="")

    def __enter__(self) -> TrainingDisplay:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def caching(self, done: int, scans: int) -> None:
        """Show how many scans are read."""
        self._bars.update(self._scans, completed=done, total=scans)

    def starting(self, split: Split, progress: checkpoint.Progress) -> None:
        """Say what there is to learn from, and where the run stands."""
        self._bars.update(self._scans, visible=False)
        self._bars.update(self._epochs, completed=progress.epochs, visible=True)
        self._bars.update(self._batches, visible=True)
        self._console.print(
            f"{len(split.training)} slices to train, {len(split.validation)} to validate, of other patients"
        )
        if progress.epochs:
            self._console.print(f"going on after epoch {progress.epochs}")

    def batch(self, done: int, batches: int, loss: float) -> None:
        """Show how far the epoch is."""
        self._bars.update(self._batches, completed=done, total=batches, note=f"loss {loss:.4f}")

    def epoch(self, row: Row, best_epoch: int) -> None:
        """Say what the epoch came to."""
        epoch = int(row["epoch"])
        self._bars.update(self._epochs, completed=epoch, note=f"best so far: epoch {best_epoch}")
        figures = {
            "micro-F1": row["validation_micro_f1"],
            "calcium F1": row["validation_binary_f1"],
            "regions": row["validation_region_micro_f1"],
        }
        shown = ", ".join(f"{name} {value:.3f}" for name, value in figures.items() if not math.isnan(value))
        self._console.print(
            f"epoch {epoch}: loss {row['loss']:.4f}; validation: {shown or 'no calcium'} "
            f"({row['seconds']:.0f} s)",
            soft_wrap=True,
        )


def summary(run: TrainingRun) -> str:
    """Say in a few lines how a run ended."""
    best = run.progress.history[run.progress.best_epoch - 1]
    return (
        f"{run.progress.epochs} epochs; the best was {run.progress.best_epoch}, with a validation micro-F1 "
        f"of {best['validation_micro_f1']:.3f}: {run.model}\n"
        f"{DISCLAIMER}."
    )
