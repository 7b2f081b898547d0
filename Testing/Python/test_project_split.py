"""Patients divided between training, validation and test."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from cac_runner import run_cac
from CACAnnotationLib.project.pool import pool_of
from CACAnnotationLib.project.project import Project
from CACAnnotationLib.project.splitting import split_patients
from CACAnnotationLib.queueing.rounds import ChosenSlice, start_round
from CACAnnotationLib.store.parts import TEST, TRAINING, VALIDATION
from CACAnnotationLib.store.scan_register import ScanEntry, register_scan
from CACScoringLib.errors import CACError


def add(project: Project, patients: range, scans_each: int = 1) -> None:
    for number in patients:
        for scan in range(scans_each):
            uid = f"1.{number}.{scan}"
            entry = ScanEntry(uid, uid, "s", f"P-{number:03d}", "s", None, False, (4, 8, 8), (1, 1, 3))
            assert register_scan(project.store, entry)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project.create(tmp_path / "project")
    add(project, range(20), scans_each=2)
    return project


def test_patients_not_scans_are_divided(project: Project) -> None:
    parts = split_patients(project, 0.2, 0.1, seed=1)
    assert Counter(parts.values()) == {TRAINING: 14, VALIDATION: 4, TEST: 2}
    assert parts == split_patients(project, 0.2, 0.1, seed=2), "whoever has a part keeps it"


def test_patients_that_are_added_get_theirs_and_nobody_changes_sides(project: Project) -> None:
    before = split_patients(project, 0.2, 0.1, seed=1)
    add(project, range(20, 40))
    after = split_patients(project, 0.2, 0.1, seed=1)
    assert Counter(after.values()) == {TRAINING: 28, VALIDATION: 8, TEST: 4}
    assert before.items() <= after.items()


def test_the_pool_is_that_of_training_patients(project: Project) -> None:
    assert sum(len(slices) for _, slices in pool_of(project)) == 40 * 4
    parts = split_patients(project, 0.25, 0.25, seed=3)
    assert {parts[entry.patient] for entry, _ in pool_of(project)} == {TRAINING}
    assert sum(1 for _ in pool_of(project)) == 20
    assert sum(1 for _ in pool_of(project, VALIDATION)) == 10


def test_nobody_left_to_train_on(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project")
    add(project, range(2))
    with pytest.raises(CACError, match="leave nothing to train on"):
        split_patients(project, 0.5, 0.5, seed=0)
    with pytest.raises(CACError, match="2 patients are too few"):
        split_patients(project, 0.2, 0.2, seed=0)
    assert split_patients(project, 0.2, 0, seed=0).keys() == {"P-000", "P-001"}


def test_commands(project: Project) -> None:
    assert "training 12, validation 4, test 4" in run_cac("project", "split", project.folder).output
    series = project.scans[0].series
    start_round(project.store, [ChosenSlice(series, 2, 0.1, "doubtful")], strategy="hybrid")
    status = run_cac("project", "status", project.folder).output
    assert "patients 20 (training 12, validation 4, test 4)" in status
    assert "Round 1 (hybrid): 0 of 1 slices" in status
    document = json.loads(run_cac("project", "status", project.folder, "--json").output)
    assert Counter(scan["part"] for scan in document["scans"]) == {TRAINING: 24, VALIDATION: 8, TEST: 8}
    assert document["queue"][0]["slices"] == 1


def test_a_slice_of_the_queue_is_in_no_pool(project: Project) -> None:
    series = project.scans[0].series
    start_round(project.store, [ChosenSlice(series, 2, 0.1, "doubtful")], strategy="hybrid")
    assert next(pool_of(project))[1] == [0, 1, 3]
