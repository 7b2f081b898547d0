"""What ``cac rank`` shows while it works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import typer
from CACScoringLib.errors import CACError

from ..ranking.progress import RankingProgress
from ..store.scan_register import ScanEntry


@contextmanager
def slice_progress() -> Iterator[Callable[[RankingProgress], None]]:
    """Show how many slices are done, and how long the rest will take."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("Slices"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f}, {task.fields[left]}"),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Slices", total=0, left=time_left(None))
        yield lambda said: progress.update(
            task, completed=said.done, total=said.total, left=time_left(said.seconds_left)
        )


def time_left(seconds: float | None) -> str:
    """Say how long something will take, as ``0:01:30 left``."""
    if seconds is None:
        return "time left unknown yet"
    return f"{timedelta(seconds=round(seconds))} left"


def tell_unreadable(scan: ScanEntry, error: CACError) -> None:
    """Name a scan that is passed over."""
    typer.echo(f"{scan.name} is passed over: {error}", err=True)
