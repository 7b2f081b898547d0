"""What came of each round of a simulation, as it is kept."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from CACScoringLib.errors import CACError
from CACScoringLib.whole_files import write_whole

from .labelling import Labelled
from .testing import ScanResult, figures

RESULT_NAME, TABLE_NAME = "result.json", "results.csv"
ALL_DATA = "all-data"
NOTHING = Labelled(0, 0.0)
EVERY_STRATEGY = "start"
"""The first round, which is the same for every strategy."""


@dataclass(frozen=True)
class Round:
    """A model: after which round of which strategy, and what came of it.

    Parameters
    ----------
    loss, seed
        Weighting of the losses; number of the repetition.
    strategy
        How slices were chosen; :data:`EVERY_STRATEGY` in the first round, :data:`ALL_DATA` for all slices.
    number
        Of the round, from 1; 0 for all slices.
    labelled
        Slices of the training part, and the reader's seconds for them.
    seconds
        Of the machine, by kind of work.
    epochs
        Epochs of the training.
    scans
        What the model makes of the test part.
    """

    loss: str
    seed: int
    strategy: str
    number: int
    labelled: Labelled = NOTHING
    seconds: Mapping[str, float] = dataclasses.field(default_factory=dict)
    epochs: int = 0
    scans: Sequence[ScanResult] = ()

    def with_result(
        self, labelled: Labelled, seconds: Mapping[str, float], epochs: int, scans: Sequence[ScanResult]
    ) -> Round:
        """Return the same with what came of it."""
        return dataclasses.replace(self, labelled=labelled, seconds=seconds, epochs=epochs, scans=scans)

    @property
    def figures(self) -> dict[str, float]:
        """See :func:`~.testing.figures`."""
        return figures(self.scans)

    def __str__(self) -> str:
        round_ = f", round {self.number}" if self.number else ""
        return (
            f"seed {self.seed}, {self.loss}, {self.strategy}{round_}: {self.labelled.slices} slices, "
            f"micro-F1 {self.figures['micro_f1']:.3f}"
        )


def write_round(folder: Path, result: Round) -> None:
    """Keep a round."""
    write_whole(folder / RESULT_NAME, json.dumps(dataclasses.asdict(result)) + "\n")


def read_round(folder: Path) -> Round:
    """Read what :func:`write_round` kept.

    Raises
    ------
    CACError
        If it is damaged.
    """
    path = folder / RESULT_NAME
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        document["labelled"] = Labelled(*document["labelled"])
        document["scans"] = [ScanResult(*each) for each in document["scans"]]
        return Round(**document)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise CACError(f"{path} is damaged; remove it, and give the same command again") from error


def finished_rounds(out: Path) -> list[Round]:
    """Return all rounds of a simulation that are done, by seed, loss, strategy and number."""
    found = [read_round(path.parent) for path in out.glob(f"seed-*/**/{RESULT_NAME}")]
    return sorted(found, key=lambda each: (each.seed, each.loss, each.strategy, each.number))


def table_of(rounds: Sequence[Round]) -> str:
    """Return rounds as CSV, a row each."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = list(figures(rounds[0].scans)) if rounds else []
    kinds = ("choosing", "labelling", "training", "testing")
    head = ["seed", "loss", "strategy", "round", "slices", "reader_seconds", "epochs", *names]
    writer.writerow([*head, *(f"{kind}_seconds" for kind in kinds)])
    for each in rounds:
        values = each.figures
        writer.writerow(
            [
                each.seed,
                each.loss,
                each.strategy,
                each.number or "",
                each.labelled.slices,
                f"{each.labelled.seconds:.1f}",
                each.epochs,
                *("" if values[name] != values[name] else f"{values[name]:.4f}" for name in names),
                *(f"{each.seconds.get(kind, 0):.1f}" for kind in kinds),
            ]
        )
    return text.getvalue()
