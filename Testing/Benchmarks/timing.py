"""Timing one function beside another."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One budget: what was timed on which scan, and what it is to be compared with; times in seconds."""

    what: str
    scan: str
    budget_s: float
    measured_s: float
    baseline: str
    baseline_s: float

    def cells(self) -> tuple[str, ...]:
        """Texts of the row's cells."""
        return (
            self.what,
            self.scan,
            _time(self.budget_s),
            _time(self.measured_s),
            self.baseline,
            _time(self.baseline_s),
            f"{self.baseline_s / self.measured_s:.1f}",
        )


def medians(*functions: Callable[[], object], runs: int = 7) -> list[float]:
    """Median time of each of some functions called in turn, after one call of each that is not counted."""
    times: list[list[float]] = [[] for _ in functions]
    for run in range(runs + 1):
        for function, taken in zip(functions, times, strict=True):
            start = time.perf_counter()
            function()
            if run:
                taken.append(time.perf_counter() - start)
    return [statistics.median(taken) for taken in times]


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"
