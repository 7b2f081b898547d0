"""What can go wrong with a store: nothing that was acknowledged is lost, and each failure is one sentence."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sqlalchemy")

from CACAnnotationLib.store.actions import LAYERS, Action, slice_status_detail
from CACAnnotationLib.store.label_store import LabelStore
from CACAnnotationLib.store.parts import VALIDATION, give_parts, parts_of_patients
from CACAnnotationLib.store.schema import SCHEMA_VERSION
from CACScoringLib.errors import CACError
from sqlalchemy import event
from store_samples import SHAPE, PlainReading, change, label, same_layers

WORKER = """
import sys
import numpy as np
from CACAnnotationLib.store.label_store import LabelStore
from store_samples import SHAPE, random_action

path, reader, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
reading = LabelStore.open(path).reading("1.2.3", SHAPE, reader, 1)
rng = np.random.default_rng(len(reading.done) + 1)
for number in range(count):
    if number % 7 == 6:
        reading.record_undo()
    else:
        reading.record(random_action(rng, reading.layers))
    print(len(reading.done), flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "labels.sqlite"


def worker(database: str, reader: str, count: int) -> subprocess.Popen[str]:
    search = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, database, reader, str(count)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": search},
    )


def replayed(store: LabelStore, reader: str) -> int:
    """Check that the labels are what the actions lead to, and return how many there are."""
    reading, plain = store.reading("1.2.3", SHAPE, reader, 1), PlainReading()
    for action in reading.done:
        plain.record(action)
    assert same_layers(reading.layers, plain.layers)
    return len(reading.done)


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_a_kill_loses_at_most_the_action_not_acknowledged(database: str) -> None:
    rng = np.random.default_rng(2)
    for _ in range(3):
        process = worker(database, "Anna", 100_000)
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(10)]
        time.sleep(float(rng.uniform(0.05, 0.25)))
        process.send_signal(signal.SIGKILL)
        said += process.stdout.read().splitlines()
        process.wait()
        with LabelStore.open(database) as store:
            assert abs(replayed(store, "Anna") - int(said[-1])) <= 1


def test_two_readers_at_once(database: str) -> None:
    processes = {reader: worker(database, reader, 70) for reader in ("Anna", "Bo")}
    for process in processes.values():
        assert process.wait(60) == 0
        assert process.stdout is not None
        process.stdout.close()
    with LabelStore.open(database) as store:
        for reader in processes:
            assert replayed(store, reader) == 50


def test_the_same_reading_opened_twice_is_noticed_before_anything_is_overwritten(database: str) -> None:
    first, second = (LabelStore.open(database).reading("1.2.3", SHAPE, "Anna", 1) for _ in range(2))
    first.record(label(first, [1], 2))
    lost = label(second, [1], 4)
    for _ in range(2):
        with pytest.raises(
            CACError, match="labelled elsewhere, as Anna in round 1; the last step was not stored"
        ):
            second.record(lost)
    assert not second.layers["cac"].any()
    assert len(second.done) == 0

    again = LabelStore.open(database).reading("1.2.3", SHAPE, "Anna", 1)

    assert again.layers["cac"].reshape(-1)[1] == 2
    first.record_undo()
    with pytest.raises(CACError, match="labelled elsewhere"):
        again.record_undo()
    assert again.layers["cac"].reshape(-1)[1] == 2


def test_a_locked_store_is_said_and_the_step_can_be_repeated(path: Path) -> None:
    reading = LabelStore.open(path, patience_s=0.05).reading("1.2.3", SHAPE, "Anna", 1)
    reading.record(label(reading, [1], 2))
    other = sqlite3.connect(path)
    other.execute("BEGIN IMMEDIATE")
    action = label(reading, [2], 3)
    with pytest.raises(CACError, match=r"labels\.sqlite is in use by another program.*nothing was lost"):
        reading.record(action)
    assert reading.layers["cac"].reshape(-1)[2] == 0
    assert LabelStore.open(path).reading("1.2.3", SHAPE, "Anna", 1).done, "reading is possible meanwhile"
    other.rollback()
    other.close()
    reading.record(action)
    assert reading.layers["cac"].reshape(-1)[2] == 3


def test_a_full_disk_is_said_and_the_step_can_be_repeated(path: Path) -> None:
    store = LabelStore.open(path)
    pages: list[int] = [1]

    @event.listens_for(store.engine, "begin")
    def limit(connection: object) -> None:
        # SQLite counts what it may use up as it counts what a disk has left.
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages[0]}")  # type: ignore[attr-defined]

    reading = store.reading("1.2.3", SHAPE, "Anna", 1)
    pages[0] = 1 << 20
    reading.record(label(reading, [1], 2))
    noise = np.random.default_rng(0).integers(0, 256, np.prod(SHAPE))
    large = Action(
        "large", tuple(change(reading.layers, layer, np.arange(noise.size), noise) for layer in LAYERS)
    )
    pages[0] = 1
    with pytest.raises(CACError, match="the disk is full: make room and do the last step again"):
        reading.record(large)
    assert np.flatnonzero(reading.layers["cac"]).tolist() == [1]
    assert len(reading.done) == 1
    pages[0] = 1 << 20
    reading.record(large)
    with LabelStore.open(path) as again:
        assert np.array_equal(again.reading("1.2.3", SHAPE, "Anna", 1).layers["cac"].reshape(-1), noise)


def test_a_read_only_store_can_be_looked_at(path: Path) -> None:
    with LabelStore.open(path) as store:
        reading = store.reading("1.2.3", SHAPE, "Anna", 1)
        reading.record(label(reading, [1], 2))
    reading = LabelStore.open(f"sqlite:///file:{path}?mode=ro&uri=true").reading("1.2.3", SHAPE, "Anna", 1)
    assert np.flatnonzero(reading.layers["cac"]).tolist() == [1]
    with pytest.raises(CACError, match="may be read but not written"):
        reading.record_undo()
    assert np.flatnonzero(reading.layers["cac"]).tolist() == [1]


def test_damage_is_said_and_never_repaired_by_emptying(path: Path) -> None:
    with LabelStore.open(path) as store:
        reading = store.reading("1.2.3", SHAPE, "Anna", 1)
        reading.record(
            Action("flag", (), {"slice_status": [slice_status_detail(0, "flagged", "x" * 20_000)]})
        )
        reading.record(label(reading, [1], 2))
    whole = path.read_bytes()
    for damaged in (b"labels", b"\0" * 8192, whole[:5000], whole[:100] + b"\xff" * (len(whole) - 100)):
        path.write_bytes(damaged)
        with pytest.raises(CACError, match="is damaged"):
            LabelStore.open(path).reading("1.2.3", SHAPE, "Anna", 1)
        assert path.read_bytes() == damaged


def test_newer_and_foreign_databases_are_left_alone(path: Path) -> None:
    LabelStore.open(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE cac_store SET version = version + 1")
    with pytest.raises(CACError, match="written by a newer version of coronary-calcium"):
        LabelStore.open(path)
    foreign = path.with_name("photos.db")
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE photos (name TEXT)")
    with pytest.raises(CACError, match="another program"):
        LabelStore.open(foreign)
    with sqlite3.connect(foreign) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("photos",)]


def test_a_store_of_the_first_version_gets_the_tables_it_lacks_and_keeps_its_labels(path: Path) -> None:
    with LabelStore.open(path) as store:
        reading = store.reading("1.2.3", SHAPE, "Anna", 1)
        reading.record(label(reading, [1], 2))
    with sqlite3.connect(path) as connection:
        for table in ("queue", "rounds", "patient_parts", "cac_project"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("UPDATE cac_store SET version = 1")
    with LabelStore.open(path) as store:
        assert store.reading("1.2.3", SHAPE, "Anna", 1).layers["cac"].reshape(-1)[1] == 2
        assert give_parts(store, {"P-1": VALIDATION})
        assert parts_of_patients(store) == {"P-1": VALIDATION}
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT version FROM cac_store").fetchall() == [(SCHEMA_VERSION,)]


def test_a_store_whose_making_was_interrupted_is_made_to_the_end(path: Path) -> None:
    LabelStore.open(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM cac_store")
        connection.execute("DROP TABLE slice_times")
    with LabelStore.open(path) as store:
        store.reading("1.2.3", SHAPE, "Anna", 1).add_seconds(0, 1)


def test_places_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(CACError, match="is a folder"):
        LabelStore.open(tmp_path)
    with pytest.raises(CACError, match="there is no folder"):
        LabelStore.open(tmp_path / "nowhere" / "labels.sqlite")
    with pytest.raises(CACError, match="unknown here") as raised:
        LabelStore.open("oracle9i://reader:secret@host/labels")
    assert "secret" not in str(raised.value)
