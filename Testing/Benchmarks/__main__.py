"""Budgets of the design, measured: ``make bench``, or ``python Testing/Benchmarks [scoring|session|…]``.

Every figure is the median of several runs, taken in turn with its baseline: a noisy machine slows both.
"""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "Python"))

from browser import browser_rows
from opening import opening_rows
from prediction import prediction_rows
from ranking import ranking_rows
from rendering import rendering_rows
from rich.console import Console
from rich.table import Table
from scoring import scoring_rows
from session import session_rows
from storing import storing_rows
from timing import Row

_ROWS = {
    "scoring": scoring_rows,
    "opening": opening_rows,
    "session": session_rows,
    "storing": storing_rows,
    "rendering": rendering_rows,
    "prediction": prediction_rows,
    "browser": browser_rows,
    "ranking": ranking_rows,
}


def main() -> None:
    """Print the rows that were named, or all, as a table that can be pasted into README.md."""
    rows: list[Row] = [row for name in sys.argv[1:] or _ROWS for row in _ROWS[name]()]
    console = Console(width=160)
    console.print(f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    table = Table(box=None)
    for column in ("what", "scan", "budget", "measured", "baseline", "its time", "ratio"):
        table.add_column(column)
    for row in rows:
        table.add_row(*row.cells())
    console.print(table)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next(
        (line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine()
    )


main()
