"""A ranking as a table that explains each choice."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from CACScoringLib.whole_files import write_whole

from ..project.project import Project
from ..store.scan_register import scans_in_batches
from .slice_doubts import SliceDoubt
from .strategies import RankedSlice

COLUMNS = ("rank", "score", "scan_id", "scan", "slice", "reason", *SliceDoubt._fields[2:])
"""``slice`` counts from 1, as readers see it; what was not worked out is empty."""


def write_ranking(project: Project, ranked: Sequence[RankedSlice], path: Path) -> None:
    """Write each chosen slice with its rank, its score, the reason in words, and all that is doubted of it.

    Raises
    ------
    CACError
        If the file cannot be written.
    """
    chosen = {each.doubt.scan for each in ranked}
    names = {
        entry.id: entry.name
        for batch in scans_in_batches(project.store)
        for entry in batch
        if entry.id in chosen
    }
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(COLUMNS)
    for each in ranked:
        scan, slice_index, *components = each.doubt
        writer.writerow((each.rank, each.score, scan, names[scan], slice_index + 1, each.reason, *components))
    write_whole(path, table.getvalue())
