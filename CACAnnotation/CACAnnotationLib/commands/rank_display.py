"""What ``cac rank`` shows while it works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer
from CACScoringLib.errors import CACError

from ..store.scan_register import ScanEntry


@contextmanager
def scan_progress() -> Iterator[Callable[[int, int], None]]:
    """Show how many scans are done, and how long the rest will take."""
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Scans", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def tell_unreadable(scan: ScanEntry, error: CACError) -> None:
    """Name a scan that is passed over."""
    typer.echo(f"{scan.name} is passed over: {error}", err=True)
