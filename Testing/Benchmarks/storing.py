"""The store: actions that are on the disk, one after the other, and a project of 100,000 slices."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from CACAnnotationLib.queueing.labelling_queue import LabellingQueue
from CACAnnotationLib.queueing.rounds import rounds_of
from CACAnnotationLib.store.actions import Action, LayerChange
from CACAnnotationLib.store.label_store import LabelStore
from CACAnnotationLib.store.progress import progress_of
from CACAnnotationLib.store.slice_listing import SliceFilter, list_slices
from CACAnnotationLib.store.stored_reading import StoredReading
from large_store import fill
from postgres_server import PostgresServer, server_programs
from timing import Row, medians

ACTION_BUDGET_S, LISTING_BUDGET_S = 1 / 200, 0.1
ACTIONS, PAGE = 300, 1000
_SHAPE = (50, 512, 512)
_EMPTY = "100,000 slices"


def storing_rows() -> Iterator[Row]:
    """Time clicks until they are stored, and the lists of a large project; in a file and in PostgreSQL.

    The baseline of an action appends 4 KB to a file and waits for the disk; that of a list is a count of the
    queue's rows by the database.
    """
    with tempfile.TemporaryDirectory() as name:
        yield from _rows("SQLite", Path(name), lambda: str(Path(name) / "labels.sqlite"))
    programs = server_programs()
    if programs is not None:
        with _server(programs) as server:
            yield from _rows("PostgreSQL", server.folder, server.new_database)


@contextmanager
def _server(programs: Path) -> Iterator[PostgresServer]:
    server = PostgresServer(programs, "-c fsync=on -c shared_buffers=128MB")
    try:
        yield server
    finally:
        server.remove()


def _rows(kind: str, folder: Path, new: Callable[[], str]) -> Iterator[Row]:
    with LabelStore.open(new()) as store:
        action_s, bare_s = _actions(store.reading("1.2", _SHAPE, "Anna", 1), folder)
    what = f"an action, stored, {ACTIONS} in turn"
    yield Row(what, kind, ACTION_BUDGET_S, action_s, "4 KB and fsync", bare_s)
    for file in folder.glob("labels.sqlite*"):
        file.unlink()
    with LabelStore.open(new()) as store:
        fill(store)
        if kind == "PostgreSQL":
            # What its autovacuum does within a minute.
            with store.engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM ANALYZE")
        queue = LabellingQueue(store, "Eve")
        scan = "1.2.826.0.1.900"

        def take_and_give_back() -> None:
            queue.take(scan)
            queue.give_back()

        def counted() -> None:
            with store.engine.connect() as connection:
                connection.exec_driver_sql("SELECT count(*) FROM queue").all()

        lists: dict[str, Callable[[], object]] = {
            f"listing: {PAGE:,} of all": lambda: list_slices(store, SliceFilter(), PAGE),
            f"listing: the last {PAGE:,} of all": lambda: list_slices(store, SliceFilter(), PAGE, 99_000),
            "listing: flagged": lambda: list_slices(store, SliceFilter("flagged"), PAGE),
            "listing: signed off by a reader": lambda: list_slices(
                store, SliceFilter("signed off", "Anna"), PAGE
            ),
            "listing: untouched": lambda: list_slices(store, SliceFilter("untouched"), PAGE),
            "listing: of a round": lambda: list_slices(store, SliceFilter(round=40), PAGE),
            "progress of all scans and readers": lambda: progress_of(store),
            "rounds of the queue": lambda: rounds_of(store),
            "next slice, taken and given back": take_and_give_back,
        }
        *times, plain = medians(*lists.values(), counted)
        for what, taken in zip(lists, times, strict=True):
            yield Row(what, f"{kind}, {_EMPTY}", LISTING_BUDGET_S, taken, "count of the queue", plain)


def _actions(reading: StoredReading, folder: Path) -> tuple[float, float]:
    """Median time of a click that labels a lesion, and of what the disk alone takes for it, in turn."""
    rng = np.random.default_rng(0)
    taken, bare = [], []
    with (folder / "bare").open("wb", buffering=0) as file:
        for number in range(ACTIONS):
            first = int(rng.integers(np.prod(_SHAPE) - 40))
            voxels = np.arange(first, first + 30)
            before = reading.layers["cac"].reshape(-1)[voxels].copy()
            after = np.full(voxels.size, number % 4 + 1, np.uint8)
            start = time.perf_counter()
            reading.record(Action("label lesion", (LayerChange("cac", voxels, before, after),)))
            taken.append(time.perf_counter() - start)
            start = time.perf_counter()
            file.write(os.urandom(4096))
            os.fsync(file.fileno())
            bare.append(time.perf_counter() - start)
    (folder / "bare").unlink()
    return statistics.median(taken), statistics.median(bare)
