"""What came of a round of learning, in a file that is written last."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from CACScoringLib.errors import CACError, os_reason
from CACScoringLib.whole_files import write_whole

ROUNDS_NAME, OUTCOME_NAME = "rounds", "outcome.json"


@dataclass(frozen=True)
class RoundOutcome:
    """What came of a round of learning.

    Parameters
    ----------
    number
        From 1.
    strategy
        By which the next slices were ranked.
    labelled_slices, validation_slices
        Signed-off slices that were learnt from, and validated on; 0 where there was nothing to learn from.
    reader_seconds
        Time that all readers had spent on slices when the labels were taken, in seconds.
    micro_f1, last_micro_f1
        Of the new model, and of the one before it on the same validation slices; None without one.
    promoted
        Whether the new model is the project's model now.
    queued_round, queued_slices
        Round of the queue that was started, and how many slices it has; None and 0 where nothing was left.
    """

    number: int
    strategy: str
    labelled_slices: int
    validation_slices: int
    reader_seconds: float
    micro_f1: float | None
    last_micro_f1: float | None
    promoted: bool
    queued_round: int | None
    queued_slices: int


def round_folder(project_folder: Path, number: int) -> Path:
    """Return the folder of a round."""
    return project_folder / ROUNDS_NAME / f"{number:03d}"


def outcomes(project_folder: Path) -> list[RoundOutcome]:
    """Return what came of the rounds that are over, in their order.

    Raises
    ------
    CACError
        If a file is damaged.
    """
    found = []
    for number in range(1, 1_000_000):
        document = read_document(round_folder(project_folder, number) / OUTCOME_NAME)
        if document is None:
            break
        try:
            found.append(RoundOutcome(**document))
        except TypeError as error:
            path = round_folder(project_folder, number) / OUTCOME_NAME
            raise CACError(
                f"{path} is damaged; remove it, and the step that wrote it is done again"
            ) from error
    return found


def read_document(path: Path) -> dict[str, Any] | None:
    """Read a JSON file of a round; None where it is not written yet.

    Raises
    ------
    CACError
        If it cannot be read, or is damaged.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CACError(f"cannot read {path}: {os_reason(error)}") from error
    except ValueError:
        document = None
    if not isinstance(document, dict) or not document:
        raise CACError(f"{path} is damaged; remove it, and the step that wrote it is done again")
    return document


def write_document(path: Path, document: Mapping[str, Any]) -> None:
    """Write a JSON file of a round, whole."""
    write_whole(path, json.dumps(document, indent=1) + "\n")
