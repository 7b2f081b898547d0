"""What ``cac round`` shows while it works, and at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from CACScoringLib.disclaimer import DISCLAIMER

from ..rounds.outcome import RoundOutcome
from ..rounds.timeline import COLUMNS, timeline_row


@contextmanager
def step_progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show which step is done how far, and how long it will take."""
    from rich.console import Console
    from rich.progress import Progress, TaskID, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (*Progress.get_default_columns()[:3], TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        tasks: dict[str, TaskID] = {}

        def progress(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                for task in tasks.values():
                    shown.update(task, visible=False)
                tasks[stage] = shown.add_task(stage, total=total or None)
            shown.update(tasks[stage], completed=done, total=total or None)

        yield progress


def print_timeline(outcomes: Sequence[RoundOutcome]) -> None:
    """Print all rounds as a table."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title="Rounds of learning")
    for name in COLUMNS:
        table.add_column(name.replace("_", " "), justify="left" if name == "strategy" else "right")
    for each in outcomes:
        table.add_row(*timeline_row(each).values())
    Console(highlight=False).print(table)


def said(outcome: RoundOutcome, project_folder: Path) -> str:
    """Say what came of a round, and what is to be done next."""
    sentences = []
    if outcome.micro_f1 is not None:
        beside = "" if outcome.last_micro_f1 is None else f", the one before it {outcome.last_micro_f1:.3f}"
        kept = "is the project's model now" if outcome.promoted else "is worse: the one before it stays"
        sentences.append(f"The new model has a micro-F1 of {outcome.micro_f1:.3f}{beside}; it {kept}.")
    if outcome.queued_round is None:
        sentences.append("All slices of training patients are signed off or queued.")
    else:
        sentences.append(
            f"{outcome.queued_slices} slices are in the queue as its round {outcome.queued_round}. Label "
            f"what waits there, in CAC Annotation or cac annotate, then: cac round {project_folder}."
        )
    return " ".join([*sentences, DISCLAIMER])
