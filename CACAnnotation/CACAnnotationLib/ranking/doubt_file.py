"""Doubts of many scans in a file that grows scan by scan, and is gone on with after a kill."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from CACScoringLib.errors import CACError, os_reason
from numpy.typing import NDArray

from .slice_doubts import STORED, ScanDoubts, SliceDoubt

DOUBTS_NAME = "doubts.sqlite"
_VERSION = 1
_TABLES = f"""
CREATE TABLE about (version INTEGER NOT NULL, document TEXT NOT NULL);
CREATE TABLE doubts ({", ".join(f"{each} NOT NULL" for each in STORED)}, agatston BLOB,
    PRIMARY KEY (scan, slice_index)) WITHOUT ROWID;
CREATE TABLE features (scan INTEGER NOT NULL, slice_index INTEGER NOT NULL, vector BLOB NOT NULL,
    PRIMARY KEY (scan, slice_index)) WITHOUT ROWID;
CREATE TABLE known (scan INTEGER PRIMARY KEY, labels TEXT NOT NULL, agatston REAL NOT NULL);
"""
_INSERT = "INSERT OR REPLACE INTO"
_FULL = ("is full", "disk i/o error")


class DoubtFile:
    """What the passes of one model doubt of slices, as an SQLite file; a scan is in it whole or not at all.

    Memory does not grow with what is in it. Doubts and scores per pass are rows of one table, features those
    of another: strategies that need none go through the first alone.

    Parameters
    ----------
    path
        The file, made if it is missing; its folder exists.
    about
        What doubts depend on: model, passes and so on, JSON-able.

    Raises
    ------
    CACError
        If the file is of another model or other passes, damaged, or cannot be read or written.
    """

    def __init__(self, path: Path, about: dict[str, Any]) -> None:
        self._path = path
        with self._plain_errors():
            self._database = sqlite3.connect(path, timeout=60, isolation_level=None)
        try:
            self._begin(about)
        except BaseException:
            self._database.close()
            raise

    def missing(self, scan: int, slices: Sequence[int]) -> list[int]:
        """Return those of a scan's slices of which nothing is in the file."""
        with self._plain_errors():
            found = self._database.execute("SELECT slice_index FROM doubts WHERE scan = ?", (scan,))
            known = {row[0] for row in found}
        return [index for index in slices if index not in known]

    def add(self, found: ScanDoubts) -> None:
        """Add what passes leave behind of a scan; it is on the disk when this returns."""
        rows, features = [], []
        for doubt, agatston, vector in zip(found.doubts, found.agatston, found.features, strict=True):
            scores = agatston.astype("<f8").tobytes() if agatston.any() else None
            rows.append((*doubt[: len(STORED)], scores))
            if np.isfinite(vector).all():
                features.append((doubt.scan, doubt.slice_index, vector.astype("<f4").tobytes()))
        with self._transaction():
            marks = ", ".join("?" * (len(STORED) + 1))
            self._database.executemany(f"{_INSERT} doubts VALUES ({marks})", rows)
            self._database.executemany(f"{_INSERT} features VALUES (?, ?, ?)", features)

    def __iter__(self) -> Iterator[SliceDoubt]:
        """All doubts, by scan and slice."""
        query = f"SELECT {', '.join(STORED)} FROM doubts ORDER BY scan, slice_index"
        with self._plain_errors():
            yield from (SliceDoubt(*row) for row in self._database.execute(query))

    def of_scan(self, scan: int, slices: Sequence[int]) -> list[SliceDoubt]:
        """Return the doubts of some slices of a scan; those of which nothing is known are left out."""
        query = f"SELECT {', '.join(STORED)} FROM doubts WHERE scan = ? ORDER BY slice_index"
        wanted = frozenset(slices)
        with self._plain_errors():
            rows = self._database.execute(query, (scan,)).fetchall()
        return [SliceDoubt(*row) for row in rows if row[1] in wanted]

    def agatston_of_scan(self, scan: int, slices: Sequence[int], passes: int) -> NDArray[np.float64]:
        """Return what each pass gives to slices of a scan, ``[slice, pass]``, 0 where nothing is known."""
        scores = np.zeros((len(slices), passes))
        place = {index: row for row, index in enumerate(slices)}
        query = "SELECT slice_index, agatston FROM doubts WHERE scan = ? AND agatston IS NOT NULL"
        with self._plain_errors():
            for index, blob in self._database.execute(query, (scan,)):
                if index in place:
                    scores[place[index]] = np.frombuffer(blob, "<f8")
        return scores

    def features_of(self, slices: Iterable[SliceDoubt]) -> list[NDArray[np.float32] | None]:
        """Return the features of slices; None where a slice has none."""
        found: list[NDArray[np.float32] | None] = []
        query = "SELECT vector FROM features WHERE scan = ? AND slice_index = ?"
        with self._plain_errors():
            for each in slices:
                row = self._database.execute(query, (each.scan, each.slice_index)).fetchone()
                found.append(None if row is None else np.frombuffer(row[0], "<f4"))
        return found

    def known_agatston(self, scan: int, labels: str) -> float | None:
        """Return what :meth:`keep_known_agatston` was told of the same labels of a scan."""
        query = "SELECT agatston FROM known WHERE scan = ? AND labels = ?"
        with self._plain_errors():
            row = self._database.execute(query, (scan, labels)).fetchone()
        return None if row is None else float(row[0])

    def keep_known_agatston(self, scan: int, labels: str, agatston: float) -> None:
        """Remember the score of a scan's slices that are signed off, and a digest of their labels."""
        with self._transaction():
            self._database.execute(f"{_INSERT} known VALUES (?, ?, ?)", (scan, labels, agatston))

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> DoubtFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin(self, about: dict[str, Any]) -> None:
        document = json.dumps(about, sort_keys=True)
        with self._transaction():
            tables = self._database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if not tables:
                for statement in _TABLES.split(";"):
                    self._database.execute(statement)
                self._database.execute("INSERT INTO about VALUES (?, ?)", (_VERSION, document))
            version, kept = self._database.execute("SELECT version, document FROM about").fetchone()
        if version != _VERSION:
            raise CACError(f"{self._path} is of another version of this program; name another folder")
        if kept != document:
            raise CACError(
                f"{self._path} holds the doubts of another model, or of other passes; name another folder"
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All that is written inside the ``with`` block is on the disk after it, or nothing is."""
        with self._plain_errors():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    @contextmanager
    def _plain_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            said = str(error).lower()
            if any(word in said for word in _FULL):
                said = "the disk is full or fails; make room and run the same command again"
            elif isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
                said = "it is damaged; remove it and run the same command again"
            raise CACError(f"cannot use {self._path}: {said}") from error
        except OSError as error:
            raise CACError(f"cannot use {self._path}: {os_reason(error)}") from error
