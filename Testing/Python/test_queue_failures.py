"""What can go wrong with the queue: no half round, no slice lost or read twice, each failure a sentence."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sqlalchemy")
if not hasattr(os, "fork"):
    pytest.skip("needs fork", allow_module_level=True)

from cac_runner import run_cac
from CACAnnotationLib.project.project import Project
from CACAnnotationLib.project.splitting import split_patients
from CACAnnotationLib.queueing.labelling_queue import LEASE, LabellingQueue
from CACAnnotationLib.queueing.next_slice import Asked, next_slice
from CACAnnotationLib.queueing.queued_slice import (
    DONE,
    FIRST,
    FLAGGED,
    INTER,
    INTRA,
    LEASED,
    SETTLE,
    WAITING,
    QueuedSlice,
    queued_slice,
)
from CACAnnotationLib.queueing.rounds import ChosenSlice, DoubleReading, rounds_of, start_round
from CACAnnotationLib.store.actions import Action, slice_status_detail
from CACAnnotationLib.store.label_store import LabelStore
from CACAnnotationLib.store.parts import TRAINING, VALIDATION, give_parts, parts_of_patients
from CACAnnotationLib.store.progress import progress_of, signed_off_slices
from CACAnnotationLib.store.reading_rows import now_utc
from CACAnnotationLib.store.scan_register import ScanEntry, register_scan
from CACAnnotationLib.store.schema import QUEUE, ROUNDS, SCHEMA_VERSION, VERSIONS
from CACAnnotationLib.store.slice_listing import SliceFilter, list_slices
from CACAnnotationLib.store.snapshot import snapshot
from CACScoringLib.errors import CACError
from forked import done_at_once, killed_before_each_statement
from sqlalchemy import event, insert, select, text
from store_samples import SHAPE, label

SLICES = 2


def slices_of(series: str, number: int = SLICES) -> list[ChosenSlice]:
    return [ChosenSlice(series, index, 0.5, "for tests") for index in range(number)]


def in_store(database: str, work: Callable[[LabelStore], object]) -> None:
    with LabelStore.open(database) as store:
        work(store)


def start(series: str, store: LabelStore, number: int = SLICES) -> int:
    return start_round(store, slices_of(series, number), strategy="x", double=DoubleReading(INTRA, 0.5))


def leave(store: LabelStore, queue: LabellingQueue, entry: QueuedSlice, status: str, note: str = "") -> None:
    """Do what a session does when its reader leaves a slice with a status."""
    reading = store.reading(entry.series, SHAPE, queue.reader, entry.reading)
    details = {"slice_status": [slice_status_detail(entry.slice_index, status, note)]}
    reading.record(Action(status, (), details))
    queue.slice_became(entry.series, entry.slice_index, entry.reading, status, note)


def test_a_kill_leaves_no_half_round(database: str) -> None:
    with LabelStore.open(database) as store:
        for _ in killed_before_each_statement(lambda: LabelStore.open(database), partial(start, "1.2")):
            assert rounds_of(store) == []
            with store.engine.connect() as connection:
                assert connection.execute(select(QUEUE)).all() == []
        (made,) = rounds_of(store)
        assert (made.number_of(), made.number_of(kinds=(INTRA,))) == (SLICES, 1)


@pytest.mark.parametrize("status", ["signed off", "flagged"])
def test_after_a_kill_the_queue_knows_what_was_done_and_gives_the_rest_out(
    database: str, status: str
) -> None:
    series = ["1.0"]

    def taken() -> tuple[LabellingQueue, QueuedSlice]:
        queue = LabellingQueue(LabelStore.open(database), "Anna")
        entry = queue.take()
        assert entry is not None
        return queue, entry

    def left(taken: tuple[LabellingQueue, QueuedSlice]) -> None:
        queue, entry = taken
        leave(queue.store, queue, entry, status, "a stent?")

    now = now_utc() + LEASE + timedelta(minutes=1)
    with LabelStore.open(database) as store:
        start_round(store, slices_of(series[0]), strategy="x")
        for number in killed_before_each_statement(taken, left):
            told = store.reading(series[0], SHAPE, "Anna", 1).slice_status[0].status
            queues = [LabellingQueue(store, name, lambda: now) for name in ("Ben", "Anna")]
            given = []
            while entry := queues[0].take():
                given.append((entry.slice_index, entry.note))
                leave(store, queues[0], entry, "signed off")
            if told == "flagged":
                assert sorted(given) == [(0, "a stent?"), (1, "")]
            else:
                assert sorted(given) == [(0, ""), (1, "")][told == "signed off" :]
            assert queues[1].take() is None
            assert signed_off_slices(store, series) == {series[0]: {0, 1}}
            assert rounds_of(store)[-1].number_of(statuses=(DONE,)) == SLICES
            series[0] = f"1.{number}"
            start_round(store, slices_of(series[0]), strategy="x")


def test_rounds_that_are_started_at_the_same_moment_come_one_after_the_other(database: str) -> None:
    with LabelStore.open(database) as store:
        works = [
            partial(in_store, database, partial(start, f"1.{number}", number=300)) for number in range(3)
        ]
        assert done_at_once(*works) == [True] * 3
        assert [(each.number, each.number_of()) for each in rounds_of(store)] == [
            (1, 300),
            (2, 300),
            (3, 300),
        ]
        same = partial(in_store, database, partial(start, "2.1"))
        assert sorted(done_at_once(same, same)) == [False, True], "each slice once"
        assert [each.number for each in rounds_of(store)] == [1, 2, 3, 4]


def test_patients_that_are_divided_at_the_same_moment_are_divided_once(database: str, tmp_path: Path) -> None:
    url = database if "://" in database else None
    project = Project.create(tmp_path / "project", store_url=url)
    for number in range(60):
        entry = ScanEntry(f"1.{number}", None, "s", f"P-{number}", "s", None, False, SHAPE, (1, 1, 3))
        assert register_scan(project.store, entry)
    folder = project.folder
    works = [lambda seed=seed: split_patients(Project.open(folder), 0.2, 0.2, seed) for seed in (1, 2)]
    assert any(done_at_once(*works))
    parts = list(parts_of_patients(project.store).values())
    assert (len(parts), parts.count(TRAINING), parts.count(VALIDATION)) == (60, 36, 12)


@contextmanager
def held(store: LabelStore):
    """Another program that writes, and does not come to an end."""
    with store.engine.begin() as other:
        if store.engine.dialect.name == "sqlite":
            other.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            other.exec_driver_sql("LOCK TABLE queue, rounds, patient_parts IN EXCLUSIVE MODE")
        yield


def test_a_locked_store_is_said_and_the_queue_goes_on_afterwards(database: str) -> None:
    with LabelStore.open(database) as other, LabelStore.open(database, patience_s=0.02) as store:
        start("1.2", other)
        queue = LabellingQueue(store, "Anna")
        entry = queue.take()
        assert entry is not None
        steps: list[Callable[[], object]] = [
            lambda: start("1.3", store),
            LabellingQueue(store, "Ben").take,
            lambda: queue.slice_became(entry.series, entry.slice_index, 1, "signed off", ""),
            queue.give_back,
            lambda: give_parts(store, {"P-1": VALIDATION}),
        ]
        with held(other):
            for step in steps:
                with pytest.raises(CACError, match=r"in use by another program.*nothing was lost"):
                    step()
            assert len(rounds_of(store)) == 1
            assert list_slices(store, SliceFilter()).total == 0
        for step in steps:
            step()
        assert [each.number for each in rounds_of(store)] == [1, 2]
        assert rounds_of(store)[0].counts[FIRST, DONE] == 1
        assert parts_of_patients(store) == {"P-1": VALIDATION}


def test_a_full_disk_is_said_and_there_is_no_half_round(tmp_path: Path) -> None:
    store = LabelStore.open(tmp_path / "labels.sqlite")
    pages = [1]

    @event.listens_for(store.engine, "begin")
    def limit(connection: object) -> None:
        # SQLite counts what it may use up as it counts what a disk has left.
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages[0]}")  # type: ignore[attr-defined]

    many = {f"P-{number}": VALIDATION for number in range(5000)}
    for step in (lambda: start("1.2", store, 5000), lambda: give_parts(store, many)):
        with pytest.raises(CACError, match="the disk is full: make room and do the last step again"):
            step()
    assert (rounds_of(store), parts_of_patients(store)) == ([], {})
    pages[0] = 1 << 20
    assert start("1.2", store, 5000) == 1
    assert give_parts(store, many)


def test_a_queue_that_may_only_be_read_can_be_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    with LabelStore.open(path) as store:
        start("1.2", store)
    with LabelStore.open(f"sqlite:///file:{path}?mode=ro&uri=true") as store:
        assert [each.number_of() for each in rounds_of(store)] == [SLICES]
        assert progress_of(store).readings == []
        for step in (LabellingQueue(store, "Anna").take, lambda: give_parts(store, {"P": VALIDATION})):
            with pytest.raises(CACError, match="may be read but not written"):
                step()


def test_commands_leave_labels_of_a_newer_version_alone(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "study")
    with sqlite3.connect(project.folder / "labels.sqlite") as connection:
        connection.execute("UPDATE cac_store SET version = version + 1")
    for command in (("queue", "show"), ("project", "split"), ("project", "slices"), ("project", "status")):
        said = run_cac(*command, project.folder, code=2).stderr
        assert "written by a newer version" in said
        assert "nothing was changed" in said


def made_old(store: LabelStore) -> None:
    """Make a store what the first version made."""
    with store.engine.begin() as connection:
        for table in ("queue", "rounds", "patient_parts", "cac_project"):
            connection.execute(text(f"DROP TABLE {table}"))
        connection.execute(VERSIONS.update().values(version=1))


def test_an_old_store_is_brought_up_to_date_while_others_read_it_and_in_spite_of_kills(database: str) -> None:
    with LabelStore.open(database) as old:
        reading = old.reading("1.2.3", SHAPE, "Anna", 1)
        reading.record(label(reading, [1], 2))
        made_old(old)
        with snapshot(old.engine) as connection:
            assert connection.scalar(select(VERSIONS.c.version)) == 1
            for _ in killed_before_each_statement(lambda: database, LabelStore.open):
                with old.engine.connect() as other:
                    assert other.scalar(select(VERSIONS.c.version)) in (1, SCHEMA_VERSION)
                reading.record(label(reading, [2], len(reading.done) % 2 + 1))
            assert connection.scalar(select(VERSIONS.c.version)) == 1, (
                "as of the moment when it began to read"
            )
        made_old(old)
        done = done_at_once(*[partial(in_store, database, partial(start, f"1.{each}")) for each in range(2)])
        assert done == [True, True]
        assert [each.number for each in rounds_of(old)] == [1, 2]
        assert len(old.reading("1.2.3", SHAPE, "Anna", 1).done) == len(reading.done) > 10


def test_the_next_slice_is_the_first_of_a_plain_sort(database: str) -> None:
    rng, now = np.random.default_rng(8), datetime(2026, 3, 1, 9)
    with LabelStore.open(database) as store:
        entries = [random_entry(rng, number, now) for number in range(1, 150)]
        with store.engine.begin() as connection:
            for number in (1, 2, 3):
                row = {"number": number, "strategy": "x", "model": "", "made": now}
                connection.execute(insert(ROUNDS), row)
            connection.execute(insert(QUEUE), [entry._asdict() for entry in entries])
        for draw in range(60):
            skipped = int(rng.integers(1, 150)) if draw % 2 else None
            only = (None, None, 2)[draw % 3]
            series = (None, "1.1", "1.2")[draw % 3]
            asked = Asked(("Anna", "Ben", "Zoe")[draw % 3], now, series, draw % 4 == 0, only, skipped)
            with store.engine.begin() as connection:
                found = next_slice(connection, asked)
                entries = [queued_slice(row) for row in connection.execute(select(QUEUE))]
                assert found == plain_next(entries, asked)
                if found is not None:
                    done = QUEUE.update().where(QUEUE.c.id == found.id)
                    connection.execute(done.values(status=DONE, reader=asked.reader))


def random_entry(rng: np.random.Generator, number: int, now: datetime) -> QueuedSlice:
    """Of each slice a first reading and some other."""
    of_slice = number // 2
    kind = FIRST if number % 2 else str(rng.choice([INTRA, INTER, SETTLE]))
    status = str(rng.choice([WAITING, WAITING, LEASED, DONE, FLAGGED]))
    reader = None if status == WAITING else str(rng.choice(["Anna", "Ben"]))
    ends = now + timedelta(minutes=int(rng.integers(-30, 30))) if status == LEASED else None
    return QueuedSlice(
        number, of_slice % 3 + 1, number, f"1.{of_slice % 4}", of_slice, 0.5, "", kind, status, reader, ends,
        int(rng.integers(0, 2)), "",
    )  # fmt: skip


def plain_next(entries: list[QueuedSlice], asked: Asked) -> QueuedSlice | None:
    first_readers = {
        (each.round, each.series, each.slice_index): each.reader
        for each in entries
        if (each.kind, each.status) == (FIRST, DONE)
    }

    def is_mine(entry: QueuedSlice) -> bool:
        return (entry.status, entry.reader) == (LEASED, asked.reader)

    def may_have(entry: QueuedSlice) -> bool:
        first = first_readers.get((entry.round, entry.series, entry.slice_index))
        may_read = {
            FIRST: True,
            INTRA: first == asked.reader,
            INTER: first not in (None, asked.reader),
            SETTLE: asked.adjudicates,
        }[entry.kind]
        ended = entry.lease_ends is not None and entry.lease_ends < asked.now
        free = (
            entry.status == WAITING
            or is_mine(entry)
            or (entry.status == LEASED and ended)
            or (entry.status == FLAGGED and entry.reader != asked.reader)
        )
        return may_read and free and asked.only_round in (None, entry.round)

    return min(
        filter(may_have, entries), key=lambda entry: (not is_mine(entry), asked.order(entry)), default=None
    )
