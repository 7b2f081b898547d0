"""Slices for a round of the queue: from the table of a ranking, or all of a part."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from CACScoringLib.errors import CACError, os_reason

from ..project.pool import pool_of
from ..project.project import Project
from .rounds import ChosenSlice


def slices_of_table(project: Project, table: Path) -> Iterator[ChosenSlice]:
    """Slices of a ranking, by the columns ``scan_id``, ``slice`` (from 1), ``score`` and ``reason``.

    Raises
    ------
    CACError
        If the table cannot be read, lacks a column, or names a slice that the project does not have.
    """
    entries = {entry.id: entry for entry in project.scans}
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            for line, row in enumerate(csv.DictReader(file), start=2):
                scan, slice_index = int(row["scan_id"]), int(row["slice"]) - 1
                entry = entries.get(scan)
                if entry is None or not 0 <= slice_index < entry.slices:
                    raise CACError(
                        f"{table}, line {line}: the project has no slice {slice_index + 1} of scan {scan}"
                    )
                yield ChosenSlice(entry.series, slice_index, float(row["score"]), row["reason"])
    except OSError as error:
        raise CACError(f"cannot read {table}: {os_reason(error)}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise CACError(f"{table} is no ranking: it needs columns scan_id, slice, score, reason") from error


def slices_of_part(project: Project, part: str) -> Iterator[ChosenSlice]:
    """Slices of a part's patients that nobody has signed off and that are not in the queue, scan by scan."""
    for entry, slices in pool_of(project, part):
        for index in slices:
            yield ChosenSlice(entry.series, index, 0.0, f"of the {part} patients")
