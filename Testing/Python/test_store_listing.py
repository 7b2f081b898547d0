"""Listing slices: pages of any filter are parts of what a plain loop over all slices finds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sqlalchemy")

from cac_runner import run_cac
from CACAnnotationLib.project.project import Project
from CACAnnotationLib.queueing.rounds import ChosenSlice, start_round
from CACAnnotationLib.store.actions import Action, slice_status_detail
from CACAnnotationLib.store.label_store import LabelStore
from CACAnnotationLib.store.scan_register import ScanEntry, register_scan
from CACAnnotationLib.store.slice_listing import SliceFilter, list_slices
from CACAnnotationLib.store.slice_status import STATUSES

SLICES = 5
Place = tuple[int, int]
Touched = dict[tuple[int, int, str, int], tuple[str, float]]


def filled(store: LabelStore) -> tuple[Touched, dict[Place, int]]:
    """Five scans, one of them untouched; what was done to their slices, and their rounds."""
    rng = np.random.default_rng(4)
    touched: Touched = {}
    rounds: dict[Place, int] = {}
    for scan in range(1, 6):
        series = f"1.{scan}"
        entry = ScanEntry(series, None, f"s{scan}", "P", "x", None, False, (SLICES, 4, 4), (1, 1, 3))
        assert register_scan(store, entry)
        for reader, number in (("Anna", 1), ("Ben", 1), ("Anna", 2)) if scan < 5 else ():
            reading = store.reading(series, entry.shape, reader, number)
            for index in np.flatnonzero(rng.random(SLICES) < 0.4).tolist():
                status = str(rng.choice(STATUSES[1:]))
                details = {"slice_status": [slice_status_detail(index, status)]}
                reading.record(Action("status", (), details))
                reading.add_seconds(index, index + 1.0)
                touched[scan, index, reader, number] = (status, index + 1.0)
    for number in (1, 2):
        chosen = [(scan, index) for scan in range(number, 6, 2) for index in range(0, SLICES, number)]
        start_round(store, [ChosenSlice(f"1.{scan}", index, 0, "") for scan, index in chosen], strategy="x")
        rounds |= dict.fromkeys(chosen, number)
    return touched, rounds


def plain_listing(touched: Touched, rounds: dict[Place, int], wanted: SliceFilter) -> list[tuple]:
    rows = []
    for scan in range(1, 6):
        for index in range(SLICES):
            of_slice = [
                (scan, index, reader, number, *what)
                for (*place, reader, number), what in sorted(touched.items())
                if place == [scan, index] and wanted.reader in (None, reader)
            ]
            rows += of_slice or [(scan, index, None, None, "untouched", 0.0)]
    return [
        row
        for row in rows
        if wanted.status in (None, row[4])
        and wanted.scan in (None, row[0])
        and wanted.round in (None, rounds.get(row[:2]))
    ]


def test_pages_of_all_filters(database: str) -> None:
    with LabelStore.open(database) as store:
        touched, rounds = filled(store)
        filters = [
            SliceFilter(status, reader, scan, number)
            for status in (None, "untouched", "signed off", "flagged")
            for reader in (None, "Anna", "Zoe")
            for scan in (None, 2)
            for number in (None, 1)
        ]
        for wanted in filters:
            expected = plain_listing(touched, rounds, wanted)
            for offset, limit in ((0, None), (7, 4)):
                page = list_slices(store, wanted, limit, offset)
                end = None if limit is None else offset + limit
                found = [
                    (each.scan, each.slice_index, each.reader, each.reading, each.status, each.seconds)
                    for each in page.slices
                ]
                assert found == expected[offset:end], (wanted, offset)
                assert page.total == len(expected)
                assert all(each.round == rounds.get((each.scan, each.slice_index)) for each in page.slices)


def test_command(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "study")
    touched, _ = filled(project.store)
    flagged = [key for key, (status, _) in touched.items() if status == "flagged"]
    document = json.loads(
        run_cac("project", "slices", project.folder, "--status", "flagged", "--limit", 1, "--json").stdout
    )
    assert document["total"] == len(flagged)
    scan, index, reader, reading = min(flagged)
    (first,) = document["slices"]
    assert (first["scan"], first["slice"], first["reader"], first["reading"]) == (
        scan, index + 1, reader, reading,
    )  # fmt: skip
    shown = run_cac("project", "slices", project.folder, "--scan", 5, "--status", "untouched").stdout
    assert "1 to 5 of 5 slices" in shown
    assert "none of 0 slices" in run_cac("project", "slices", project.folder, "--scan", 9).stdout
