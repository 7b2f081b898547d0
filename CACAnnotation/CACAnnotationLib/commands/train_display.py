"""What ``cac train`` shows while it runs."""

from __future__ import annotations

import math
from pathlib import Path
from types import TracebackType

from CACScoringLib.disclaimer import DISCLAIMER
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ..training import checkpoint
from ..training.history import Row
from ..training.patients import PATIENTS_NAME
from ..training.run_record import Record
from ..training.trainer import TrainingListener, TrainingRun

NOTHING_LEARNT = (
    "nothing was learnt, as none of its slices showed a labelled pixel (label more of each slice, make crop "
    "or batches_per_epoch larger, or augmentation smaller)"
)
_DEVICES = {"cpu": "the processor", "cuda": "the GPU"}


class TrainingDisplay(TrainingListener):
    """Progress bars on standard error, and a line for every epoch.

    Parameters
    ----------
    epochs, patience
        At most so many will run; fewer if so many bring nothing better.
    quiet
        Show nothing: another process of the same run does.
    """

    def __init__(self, epochs: int, patience: int, *, quiet: bool) -> None:
        self._most, self._patience = epochs, patience
        self._waits_for: Path | None = None
        self._console = Console(stderr=True, quiet=quiet, highlight=False)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
        )
        self._bars = Progress(*columns, console=self._console, transient=True)
        self._epochs = self._bars.add_task("Epochs", total=epochs, visible=False, note="")
        self._step = self._bars.add_task("Reading scans", total=None, note="")

    def __enter__(self) -> TrainingDisplay:
        # where nobody sees them move, bars would leave an empty line
        if self._console.is_terminal:
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._console.is_terminal:
            self._bars.stop()

    def caching(self, done: int, scans: int) -> None:
        """Show how many scans are read."""
        self._show("Reading scans", done, scans)

    def waiting(self, folder: Path) -> None:
        """Say once that another run has to finish reading."""
        if self._waits_for != folder:
            self._waits_for = folder
            self._say(f"waiting for another run that reads scans into {folder}")

    def starting(self, record: Record, progress: checkpoint.Progress, device: str) -> None:
        """Say what there is to learn from, and where the run stands."""
        data = record["data"]
        self._say(f"{_slices(data['training'])} to train, {_slices(data['validation'])} to validate")
        if alone := data["scans_without_patient"]:
            self._say(
                f"{_counted(alone, 'scan says', 'scans say')} nothing of the patient; each counts as one of "
                f"its own. If some are of the same patient, say so in {PATIENTS_NAME}, see cac train --help"
            )
        if progress.ended(self._most, self._patience):
            self._say(f"this run ended after epoch {progress.epochs}; its model is calibrated once more")
            return
        done = f", going on after epoch {progress.epochs}" if progress.epochs else ""
        self._say(f"training on {_DEVICES[device]}{done}")
        self._bars.reset(self._epochs, completed=progress.epochs, visible=True)
        self._show("Training", 0, None)

    def batch(self, done: int, batches: int, loss: float) -> None:
        """Show how far the epoch is."""
        self._show("Training", done, batches, f"loss {loss:.4f}")

    def validating(self, done: int, batches: int) -> None:
        """Show how far the validation is."""
        self._show("Validating", done, batches)

    def calibrating(self, done: int, slices: int) -> None:
        """Show how far the calibration is."""
        self._show("Calibrating", done, slices)

    def epoch(self, row: Row, best_epoch: int) -> None:
        """Say what the epoch came to."""
        epoch = int(row["epoch"])
        self._bars.update(self._epochs, completed=epoch, note=f"best so far: {best_epoch}")
        losses = {"regions": row["region_loss"], "calcium": row["lesion_loss"]}
        figures = {
            "calcium by artery": row["validation_micro_f1"],
            "calcium": row["validation_binary_f1"],
            "regions": row["validation_region_micro_f1"],
        }
        best = ", best so far" if epoch == best_epoch else ""
        learnt = f"loss {listed}" if (listed := _listed(losses)) else NOTHING_LEARNT
        self._say(
            f"epoch {epoch}: {learnt}; validation F1 {_listed(figures) or 'undefined'} "
            f"({row['seconds']:.0f} s){best}"
        )

    def _say(self, sentence: str) -> None:
        self._console.print(sentence, soft_wrap=True, markup=False)

    def _show(self, step: str, done: int, of: int | None, note: str = "") -> None:
        if self._bars.tasks[-1].description != step:
            self._bars.reset(self._step)
        self._bars.update(self._step, description=step, completed=done, total=of, note=note)


def summary(run: TrainingRun, patience: int) -> str:
    """Say in a few lines how a run ended, and what to do with its model."""
    progress = run.progress
    best = progress.history[progress.best_epoch - 1]
    early = f", the last {patience} without a better one" if progress.ran_out_of_patience(patience) else ""
    return (
        f"{_counted(progress.epochs, 'epoch', 'epochs')}{early}; the best was epoch {progress.best_epoch}, "
        f"with a validation micro-F1 of {best['validation_micro_f1']:.3f}\n"
        f"{run.model} holds its model, {run.model.parent / 'curves.png'} and "
        f"{run.model.parent / 'reliability.png'} show how it did.\n"
        f"Try it: cac predict SCAN --model {run.model} --out DIR\n"
        f"{DISCLAIMER}."
    )


def _slices(side: Record) -> str:
    calcium = f"{side['slices_with_calcium']} with calcium"
    return (
        f"{_counted(side['slices'], 'slice', 'slices')} ({calcium}) of "
        f"{_counted(side['patients'], 'patient', 'patients')}"
    )


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _listed(figures: dict[str, float]) -> str:
    """Figures by name; undefined ones are left out."""
    return ", ".join(f"{name} {value:.3f}" for name, value in figures.items() if not math.isnan(value))
