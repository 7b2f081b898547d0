"""The figures of a run, epoch by epoch: as a table, and as a picture."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from CACScoringLib.whole_files import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

METRICS_NAME, CURVES_NAME = "metrics.csv", "curves.png"
Row = dict[str, float]
"""Figures of one epoch by name; ``epoch`` counts from 1."""

_DIGITS = 6
_NAN = float("nan")


def write_metrics(folder: Path, history: Sequence[Row]) -> None:
    """Write ``metrics.csv``, a row per epoch; undefined figures are empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(history[-1]), lineterminator="\n")
    writer.writeheader()
    for row in history:
        writer.writerow(
            {name: "" if value != value else f"{value:.{_DIGITS}g}" for name, value in row.items()}
        )
    write_whole(folder / METRICS_NAME, text.getvalue())


def draw_curves(folder: Path, history: Sequence[Row], best_epoch: int) -> None:
    """Draw ``curves.png``: losses, and figures of the validation slices, over epochs."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator, StrMethodFormatter

    figure = Figure(figsize=(11, 4.4), layout="constrained")
    losses, scores = figure.subplots(1, 2)
    for name, (title, colour) in _LOSSES.items():
        _draw(losses, history, name, f"{title}, training", colour, "--")
        _draw(losses, history, f"validation_{name}", f"{title}, validation", colour, "-")
    for name, (title, colour) in _SCORES.items():
        # the first two are the same wherever no calcium is given to a wrong artery
        width = 3.0 if name == "micro_f1" else 1.5
        _draw(scores, history, f"validation_{name}", title, colour, "-", width)
    losses.set_title("Loss of each task", loc="left", fontsize=11)
    losses.set_yscale("log")
    losses.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=20))
    losses.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    losses.yaxis.set_minor_locator(NullLocator())
    scores.set_title("F1 of the validation slices", loc="left", fontsize=11)
    scores.set_ylim(-0.02, 1)
    for axes in (losses, scores):
        axes.axvline(best_epoch, color=_GREY, linestyle=":", label=f"best: epoch {best_epoch}")
        axes.set_xlabel("Epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
        axes.legend(fontsize=8, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=3)
    picture = io.BytesIO()
    figure.savefig(picture, dpi=110)
    write_whole(folder / CURVES_NAME, picture.getvalue())


_BLUE, _ORANGE, _GREEN, _GREY = "#0072B2", "#D55E00", "#009E73", "#767676"
_LOSSES = {"region_loss": ("regions", _GREEN), "lesion_loss": ("calcium", _ORANGE)}
_SCORES = {
    "micro_f1": ("calcium by artery (micro-F1)", _BLUE),
    "binary_f1": ("calcium", _ORANGE),
    "region_micro_f1": ("artery regions (micro-F1)", _GREEN),
}


def _draw(
    axes: Axes, history: Sequence[Row], name: str, title: str, colour: str, line: str, width: float = 1.5
) -> None:
    """Draw one figure over epochs, unless it is defined in none of them."""
    epochs, values = [row["epoch"] for row in history], [row.get(name, _NAN) for row in history]
    if any(value == value for value in values):
        marker = "." if len(values) < 40 else ""
        axes.plot(epochs, values, line, color=colour, linewidth=width, marker=marker, label=title)
