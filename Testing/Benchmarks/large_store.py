"""A project's store of 100,000 slices: scans, statuses, labels, times and a queue, and no image."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

import numpy as np
from CACAnnotationLib.store.label_store import LabelStore
from CACAnnotationLib.store.packing import pack_slice
from CACAnnotationLib.store.reading_rows import now_utc
from CACAnnotationLib.store.schema import (
    QUEUE,
    READINGS,
    ROUNDS,
    SCANS,
    SLICE_LABELS,
    SLICE_STATUS,
    SLICE_TIMES,
)
from CACAnnotationLib.store.slice_status import FLAGGED, IN_WORK, SIGNED_OFF, SKIPPED
from sqlalchemy import Table, insert

SCAN_COUNT, SLICES, ROUND_SIZE = 2000, 50, 1000
READERS = ("Anna", "Ben", "Cleo", "Dora")
_SHARE_BEGUN = 0.6
_STATUSES = {SIGNED_OFF: 0.8, IN_WORK: 0.1, SKIPPED: 0.07, FLAGGED: 0.03}


def fill(store: LabelStore, seed: int = 0) -> None:
    """Put 2,000 scans of 50 slices into an empty store: three of five slices begun, all in the queue."""
    rng, now = np.random.default_rng(seed), now_utc()
    blob = pack_slice((rng.random((512, 512)) < 0.0005).astype(np.uint8))
    scans, readings, labels, statuses, times, queue = ([] for _ in range(6))  # type: ignore[var-annotated]
    for scan in range(1, SCAN_COUNT + 1):
        series, reader = f"1.2.826.0.1.{scan}", READERS[scan % len(READERS)]
        shape = {"slices": SLICES, "rows": 512, "columns": 512}
        scans.append(
            {"id": scan, "series": series, "series_uid": series, "name": f"study-{scan:04d}", "path": "dicom",
             "patient": f"P-{scan // 2:04d}", "member": None, "allow_gaps": False, "column_spacing_mm": 0.4,
             "row_spacing_mm": 0.4, "slice_increment_mm": 3.0, "added": now, **shape}
        )  # fmt: skip
        readings.append({"id": scan, "series": series, "reader": reader, "round": 1, "events": 0, **shape})
        begun = rng.random(SLICES) < _SHARE_BEGUN
        chosen = rng.choice(list(_STATUSES), SLICES, p=list(_STATUSES.values()))
        for index in range(SLICES):
            number = (scan - 1) * SLICES + index
            entry = {"round": number // ROUND_SIZE + 1, "place": number % ROUND_SIZE + 1, "series": series,
                     "slice_index": index, "score": 0.5, "reason": "variance 0.0413", "kind": "first",
                     "status": "waiting", "reader": None, "lease_ends": None, "skips": 0,
                     "note": ""}  # fmt: skip
            if begun[index]:
                status = str(chosen[index])
                key = {"reading_id": scan, "slice_index": index}
                statuses.append(key | {"status": status, "note": "stent?" if status == FLAGGED else ""})
                labels += [key | {"layer": layer, "labels": blob} for layer in ("cac", "car", "origin")]
                times += [key | {"at": now, "seconds": 20.0}] * 2
                if status in (SIGNED_OFF, FLAGGED):
                    entry |= {"status": "done" if status == SIGNED_OFF else status, "reader": reader}
                elif status == IN_WORK and index < 2:
                    entry |= {"status": "leased", "reader": reader, "lease_ends": now + timedelta(hours=1)}
            queue.append(entry)
    rounds = [
        {"number": number, "strategy": "hybrid", "model": "demo", "made": now}
        for number in range(1, SCAN_COUNT * SLICES // ROUND_SIZE + 1)
    ]
    for table, rows in (
        (SCANS, scans), (READINGS, readings), (SLICE_STATUS, statuses), (SLICE_LABELS, labels),
        (SLICE_TIMES, times), (ROUNDS, rounds), (QUEUE, queue),
    ):  # fmt: skip
        _insert(store, table, rows)


def _insert(store: LabelStore, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    rest = iter(rows)
    with store.engine.begin() as connection:
        while batch := list(islice(rest, 5000)):
            connection.execute(insert(table), batch)
