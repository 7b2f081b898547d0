"""Slices for a round of the queue: from the table of a ranking, or all of a part."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path

from CACScoringLib.errors import CACError, os_reason

from ..project.pool import pool_of
from ..project.project import Project
from .rounds import ChosenSlice

_COLUMNS = ("scan_id", "slice", "score", "reason")


def slices_of_table(project: Project, table: Path) -> Iterator[ChosenSlice]:
    """Slices of a ranking, by the columns ``scan_id``, ``slice`` (from 1), ``score`` and ``reason``.

    Raises
    ------
    CACError
        If the table cannot be read, lacks a column, or has a row that is no slice of the project.
    """
    slices = {entry.id: (entry.series, entry.slices) for entry in project.scans}
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            lacking = [name for name in _COLUMNS if name not in (rows.fieldnames or ())]
            if lacking:
                raise CACError(f"{table} is no ranking: it lacks the columns {', '.join(lacking)}")
            for row in rows:
                yield _chosen(row, slices, f"{table}, line {rows.line_num}")
    except OSError as error:
        raise CACError(f"cannot read {table}: {os_reason(error)}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise CACError(f"{table} is not comma-separated text in UTF-8; name a table of cac rank") from error


def _chosen(row: dict[str, str], slices: dict[int, tuple[str, int]], line: str) -> ChosenSlice:
    try:
        scan, slice_index, score = int(row["scan_id"]), int(row["slice"]) - 1, float(row["score"])
    except (TypeError, ValueError) as error:
        raise CACError(f"{line}: scan_id, slice and score must be numbers") from error
    series, count = slices.get(scan, ("", 0))
    if not 0 <= slice_index < count:
        raise CACError(f"{line}: the project has no slice {slice_index + 1} of scan {scan}")
    if not math.isfinite(score):
        raise CACError(f"{line}: the score {row['score']} is no number")
    return ChosenSlice(series, slice_index, score, row["reason"] or "")


def slices_of_part(project: Project, part: str) -> Iterator[ChosenSlice]:
    """Slices of a part's patients that nobody has signed off and that are not in the queue, scan by scan."""
    for entry, slices in pool_of(project, part):
        for index in slices:
            yield ChosenSlice(entry.series, index, 0.0, f"of the {part} patients")
