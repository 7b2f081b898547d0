"""Rounds one after another: how good the model was, for how many slices and how many hours of readers."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from CACScoringLib.whole_files import write_whole

from .outcome import ROUNDS_NAME, RoundOutcome

TABLE_NAME, PICTURE_NAME = "timeline.csv", "timeline.png"
COLUMNS = (
    "round",
    "strategy",
    "labelled_slices",
    "validation_slices",
    "reader_hours",
    "micro_f1",
    "last_micro_f1",
    "promoted",
    "queued_slices",
)
_BLUE, _GREY = "#0072B2", "#767676"


def timeline_row(outcome: RoundOutcome) -> dict[str, str]:
    """Return a row of the table; what was not measured is empty."""
    return {
        "round": str(outcome.number),
        "strategy": outcome.strategy,
        "labelled_slices": str(outcome.labelled_slices),
        "validation_slices": str(outcome.validation_slices),
        "reader_hours": f"{outcome.reader_seconds / 3600:.2f}",
        "micro_f1": _figure(outcome.micro_f1),
        "last_micro_f1": _figure(outcome.last_micro_f1),
        "promoted": "yes" if outcome.promoted else "no",
        "queued_slices": str(outcome.queued_slices),
    }


def write_timeline(project_folder: Path, outcomes: Sequence[RoundOutcome]) -> None:
    """Write ``timeline.csv`` and ``timeline.png`` into the folder of the rounds."""
    folder = project_folder / ROUNDS_NAME
    table = io.StringIO()
    writer = csv.DictWriter(table, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(timeline_row(each) for each in outcomes)
    write_whole(folder / TABLE_NAME, table.getvalue())
    measured = [each for each in outcomes if each.micro_f1 is not None]
    if measured:
        write_whole(folder / PICTURE_NAME, _picture(measured))


def _picture(outcomes: Sequence[RoundOutcome]) -> bytes:
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(8, 4), layout="constrained")
    by_slices, by_hours = figure.subplots(1, 2, sharey=True)
    for axes, places, title in (
        (by_slices, [each.labelled_slices for each in outcomes], "Labelled slices"),
        (by_hours, [each.reader_seconds / 3600 for each in outcomes], "Hours of readers"),
    ):
        axes.plot(places, [each.micro_f1 for each in outcomes], color=_GREY, linewidth=1, zorder=1)
        for promoted, colour, label in ((True, _BLUE, "promoted"), (False, _GREY, "not promoted")):
            chosen = [number for number, each in enumerate(outcomes) if each.promoted is promoted]
            if chosen:
                values = [outcomes[number].micro_f1 for number in chosen]
                axes.scatter([places[number] for number in chosen], values, color=colour, label=label)
        for number, each in enumerate(outcomes):
            place = places[number], each.micro_f1
            axes.annotate(str(each.number), place, (0, 6), textcoords="offset points", ha="center")
        axes.set_xlabel(title)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=axes is by_slices))
        axes.set_ylim(0, 1)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
    by_slices.set_ylabel("Micro-F1 on the validation slices of the round")
    by_slices.legend(fontsize=8, frameon=False)
    figure.suptitle("For research use only; not a medical device", fontsize=7, x=0.99, ha="right")
    picture = io.BytesIO()
    figure.savefig(picture, dpi=110)
    return picture.getvalue()


def _figure(value: float | None) -> str:
    return "" if value is None or value != value else f"{value:.4f}"
