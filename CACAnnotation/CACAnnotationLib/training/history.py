"""The figures of a run, epoch by epoch: as a table, for TensorBoard, and as a picture."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from CACScoringLib.whole_files import write_whole

METRICS_NAME, CURVES_NAME, TENSORBOARD_NAME = "metrics.csv", "curves.png", "tensorboard"
Row = dict[str, float]
"""Figures of one epoch by name; ``epoch`` counts from 1."""

_DIGITS = 6


def write_metrics(folder: Path, history: Sequence[Row]) -> None:
    """Write ``metrics.csv``, a row per epoch; undefined figures are empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(history[0]), lineterminator="\n")
    writer.writeheader()
    for row in history:
        writer.writerow(
            {name: "" if value != value else f"{value:.{_DIGITS}g}" for name, value in row.items()}
        )
    write_whole(folder / METRICS_NAME, text.getvalue())


def write_tensorboard(folder: Path, row: Row) -> None:
    """Add an epoch to TensorBoard's log, where TensorBoard is installed."""
    with suppress(ImportError):
        from torch.utils.tensorboard import SummaryWriter

        epoch = int(row["epoch"])
        # an epoch that a kill made the run repeat replaces what was logged of it
        with SummaryWriter(str(folder / TENSORBOARD_NAME), purge_step=epoch) as writer:
            for name, value in row.items():
                if name != "epoch" and value == value:
                    writer.add_scalar(name, value, epoch)


def draw_curves(folder: Path, history: Sequence[Row], best_epoch: int) -> None:
    """Draw ``curves.png``: losses, and figures of the validation slices, over epochs."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(10, 4), layout="constrained")
    losses, scores = figure.subplots(1, 2)
    epochs = [row["epoch"] for row in history]
    for axes, curves in ((losses, _LOSSES), (scores, _SCORES)):
        for name, title in curves.items():
            axes.plot(
                epochs, [row[name] for row in history], label=title, marker="." if len(epochs) < 40 else ""
            )
        axes.axvline(best_epoch, color="0.6", linestyle=":", label=f"best, epoch {best_epoch}")
        axes.set_xlabel("Epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        axes.legend()
    losses.set_ylabel("Loss of each task")
    losses.set_yscale("log")
    scores.set_ylabel("F1 of validation slices")
    scores.set_ylim(0, 1)
    picture = io.BytesIO()
    figure.savefig(picture, dpi=110)
    write_whole(folder / CURVES_NAME, picture.getvalue())


_LOSSES = {"region_loss": "regions, training", "lesion_loss": "calcium, training"}
_SCORES = {
    "validation_micro_f1": "calcium by artery (micro-F1)",
    "validation_binary_f1": "calcium",
    "validation_region_micro_f1": "artery regions (micro-F1)",
}
