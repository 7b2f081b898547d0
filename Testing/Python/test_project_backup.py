"""Backups of a project's labels, put back, and checks of what they are worth."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import numpy as np
import pytest
from cac_runner import run_cac
from CACAnnotationLib.project.backup import backup, check, restore
from CACAnnotationLib.project.project import Project
from CACAnnotationLib.session.session import AnnotationSession
from CACScoringLib.errors import CACError
from session_samples import LONG, LOW, SMALL, ijk
from test_export import label, labelled_project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return labelled_project(tmp_path)


def cac(project: Project) -> np.ndarray:
    entry = project.scans[0]
    return project.store.reading(entry.series, entry.shape, "Anna", 1).layers["cac"].copy()


def test_labels_are_put_back_and_those_before_are_kept(project: Project) -> None:
    first = cac(project)
    copy = backup(project)
    AnnotationSession.open(project, project.scans[0], "Anna").calcium.click(ijk(LOW[0]), "LCX")
    second = cac(project)
    assert not np.array_equal(first, second)
    before = restore(project, copy)
    np.testing.assert_array_equal(cac(project), first)
    restore(project, before)
    np.testing.assert_array_equal(cac(project), second)
    assert list(check(project)) == []


def test_a_session_that_is_open_meanwhile_does_not_write_over_what_was_put_back(project: Project) -> None:
    copy = backup(project)
    session = AnnotationSession.open(project, project.scans[0], "Anna")
    session.calcium.click(ijk(LOW[0]), "LCX")
    first = cac(project)
    restore(project, copy)
    with pytest.raises(CACError, match="labelled elsewhere"):
        session.calcium.click(ijk(SMALL[0]), "LAD")
    assert not np.array_equal(cac(project), first)


def test_a_backup_is_of_one_moment_while_others_write(project: Project, tmp_path: Path) -> None:
    session = AnnotationSession.open(project, project.scans[0], "Ben")
    stop = threading.Event()

    def work() -> None:
        number = 0
        while not stop.is_set():
            session.calcium.click(ijk(LONG[0]), ("LAD", "LCX")[number % 2])
            number += 1

    worker = threading.Thread(target=work)
    worker.start()
    try:
        copies = [backup(project, tmp_path / f"copy-{number}.sqlite") for number in range(5)]
    finally:
        stop.set()
        worker.join()
    for copy in copies:
        restore(project, copy)
        assert list(check(project)) == []


def test_what_is_wrong_is_found(project: Project) -> None:
    assert list(check(project)) == []
    store = project.folder / "labels.sqlite"
    project.store.close()
    with sqlite3.connect(store) as connection:
        blob = connection.execute(
            "select labels from slice_labels where layer='cac' and slice_index=2"
        ).fetchone()[0]
        connection.execute("delete from slice_labels where layer='cac' and slice_index=2")
        connection.execute("update slice_labels set labels=? where layer='cac' and slice_index=3", (blob,))
    problems = list(check(project))
    assert any("cac of slice 4 is not what its events made" in each for each in problems)
    assert any("cac of slice 3 is missing" in each for each in problems)
    with sqlite3.connect(store) as connection:
        connection.execute("delete from events where number=1")
    assert any("events are counted" in each for each in check(project))


def test_a_scan_that_is_gone_is_named(project: Project) -> None:
    project.scan_path(project.scans[0]).unlink()
    assert any("is not where it was" in each for each in check(project))


def test_a_damaged_backup_is_not_put_back(project: Project, tmp_path: Path) -> None:
    copy = backup(project)
    with sqlite3.connect(copy) as connection:
        connection.execute("delete from slice_labels where layer='cac'")
    labels = cac(project)
    with pytest.raises(CACError, match="is damaged and was not put back"):
        restore(project, copy)
    np.testing.assert_array_equal(cac(project), labels)
    other = tmp_path / "other.sqlite"
    other.write_bytes(b"no database at all, but long enough to look like one" * 40)
    with pytest.raises(CACError):
        restore(project, other)
    with pytest.raises(CACError, match="there is no backup"):
        restore(project, tmp_path / "nothing.sqlite")
    with pytest.raises(CACError, match="exists already"):
        backup(project, other)


def test_commands(project: Project, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    assert str(copy) in run_cac("project", "backup", project.folder, "--out", copy).output
    label(project, "Ben")
    assert "No problem found" in run_cac("project", "check", project.folder).output
    run_cac("project", "restore", project.folder, copy)
    assert "Ben" not in run_cac("project", "status", project.folder, "--json").output
    project.scan_path(project.scans[0]).unlink()
    run_cac("project", "check", project.folder, code=2)
