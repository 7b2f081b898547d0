"""Backups of a project's labels, put back, and checks of what they are worth."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from cac_runner import run_cac
from CACAnnotationLib.project.backup import backup, check, restore
from CACAnnotationLib.project.project import Project
from CACAnnotationLib.queueing.rounds import ChosenSlice, rounds_of, start_round
from CACAnnotationLib.session.session import AnnotationSession
from CACAnnotationLib.store.label_store import LabelStore
from CACAnnotationLib.store.parts import VALIDATION, give_parts, parts_of_patients
from CACScoringLib.errors import CACError
from postgres_server import PostgresServer
from session_samples import LONG, LOW, SMALL, ijk
from test_export import label, labelled_project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return labelled_project(tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, project: Project) -> Project:
    """The project with its labels in a file, or one on a server that took them over from a backup."""
    if request.param == "sqlite":
        return project
    server: PostgresServer = request.getfixturevalue("postgres")
    folder = project.folder.with_name("on-server")
    moved = Project.create(folder, store_url=server.emptied_database())
    start_round(project.store, [ChosenSlice("1.2", 3, 0.5, "for tests")], strategy="hybrid")
    give_parts(project.store, {"P-1": VALIDATION})
    restore(moved, backup(project))
    assert [each.number_of() for each in rounds_of(moved.store)] == [1]
    assert parts_of_patients(moved.store) == {"P-1": VALIDATION}
    return moved


def cac(project: Project) -> np.ndarray:
    entry = project.scans[0]
    return project.store.reading(entry.series, entry.shape, "Anna", 1).layers["cac"].copy()


def test_labels_are_put_back_and_those_before_are_kept(either: Project) -> None:
    first = cac(either)
    copy = backup(either)
    AnnotationSession.open(either, either.scans[0], "Anna").calcium.click(ijk(LOW[0]), "LCX")
    second = cac(either)
    assert not np.array_equal(first, second)
    before = restore(either, copy)
    np.testing.assert_array_equal(cac(either), first)
    restore(either, before)
    np.testing.assert_array_equal(cac(either), second)
    assert list(check(either)) == []


def test_a_session_that_is_open_meanwhile_does_not_write_over_what_was_put_back(either: Project) -> None:
    copy = backup(either)
    session = AnnotationSession.open(either, either.scans[0], "Anna")
    session.calcium.click(ijk(LOW[0]), "LCX")
    first = cac(either)
    restore(either, copy)
    with pytest.raises(CACError, match="labelled elsewhere"):
        session.calcium.click(ijk(SMALL[0]), "LAD")
    assert not np.array_equal(cac(either), first)


def test_a_backup_is_of_one_moment_while_others_write(either: Project, tmp_path: Path) -> None:
    session = AnnotationSession.open(either, either.scans[0], "Ben")
    stop = threading.Event()

    def work() -> None:
        number = 0
        while not stop.is_set():
            session.calcium.click(ijk(LONG[0]), ("LAD", "LCX")[number % 2])
            number += 1

    worker = threading.Thread(target=work)
    worker.start()
    try:
        copies = [backup(either, tmp_path / f"copy-{number}.sqlite") for number in range(5)]
    finally:
        stop.set()
        worker.join()
    for copy in copies:
        restore(either, copy)
        assert list(check(either)) == []


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


def test_what_is_labelled_while_labels_are_put_back_is_in_the_backup_of_before(either: Project) -> None:
    copy = backup(either)
    session = AnnotationSession.open(either, either.scans[0], "Ben")
    stored = [0]

    def work() -> None:
        with contextlib.suppress(CACError):
            while True:
                session.calcium.click(ijk(LONG[0]), ("LAD", "LCX")[stored[0] % 2])
                stored[0] += 1

    worker = threading.Thread(target=work)
    worker.start()
    try:
        while not stored[0]:
            time.sleep(0.01)
        before = restore(either, copy)
    finally:
        worker.join(60)
    assert before is not None
    with LabelStore.open(before) as store:
        entry = either.scans[0]
        assert len(store.reading(entry.series, entry.shape, "Ben", 1).done) == stored[0]
    assert list(check(either)) == []


def test_labels_are_checked_while_readers_go_on(either: Project) -> None:
    session = AnnotationSession.open(either, either.scans[0], "Ben")
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            session.calcium.click(ijk(LONG[0]), "LAD")
            session.undo()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        assert [problem for _ in range(10) for problem in check(either)] == []
    finally:
        stop.set()
        worker.join(60)


@pytest.mark.parametrize("lost", ["missing", "empty", "damaged"])
def test_lost_and_damaged_labels_are_put_back_and_what_is_left_of_them_is_kept(
    project: Project, lost: str
) -> None:
    copy, labels, file = backup(project), cac(project), project.folder / "labels.sqlite"
    project.store.close()
    file.write_bytes(b"" if lost == "empty" else b"no database at all, but long enough to look like one" * 99)
    if lost == "missing":
        file.unlink()
    left = restore(project, copy)
    np.testing.assert_array_equal(cac(Project.open(project.folder)), labels)
    assert (left is None) == (lost == "missing")
    assert lost != "damaged" or (left is not None and left.read_bytes().startswith(b"no database"))


def test_labels_come_back_into_a_new_database(postgres: PostgresServer, project: Project) -> None:
    server = Project.create(project.folder.with_name("on-server"), store_url=postgres.emptied_database())
    restore(server, backup(project))
    copy, labels = backup(server), cac(server)
    postgres.emptied_database()
    with pytest.raises(CACError, match="is empty, the labels of this project are not in it"):
        _ = Project.open(server.folder).store
    restore(Project.open(server.folder), copy)
    again = Project.open(server.folder)
    np.testing.assert_array_equal(cac(again), labels)
    AnnotationSession.open(again, again.scans[0], "Cleo").calcium.click(ijk(LOW[0]), "LCX")
    assert list(check(again)) == []


def test_commands(either: Project, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    assert str(copy) in run_cac("project", "backup", either.folder, "--out", copy).output
    label(either, "Ben")
    assert "No problem found" in run_cac("project", "check", either.folder).output
    run_cac("project", "restore", either.folder, copy)
    assert "Ben" not in run_cac("project", "status", either.folder, "--json").output
    either.scan_path(either.scans[0]).unlink()
    run_cac("project", "check", either.folder, code=2)
