"""An SQLite file that loses nothing: neither what is committed, nor the file itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from CACScoringLib.errors import CACError
from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError

_FILE = "file of labels"


def set_up_sqlite(connection: Any, _record: Any) -> None:
    """Have SQLite put every commit on the disk before it returns, and let others read meanwhile."""
    cursor = connection.cursor()
    # Where a file system cannot do this (network shares), SQLite keeps its slower journal, as safe.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def keep_to_file(engine: Engine, place: str) -> None:
    """Have every use of an SQLite file refused once it is gone, and a file put in its place opened anew.

    On Linux and macOS a file that is deleted can be written on for as long as it is open: labels would go
    nowhere, and be said to be stored. Nothing is done where there is no file, as in memory.
    """
    if _identity(place) is None:
        return
    engine.dispose()

    def about_to_open(*_: Any) -> None:
        # SQLite would make a new file, without a label, where another is to be put back.
        if _identity(place) is None:
            raise CACError(f"{place} is gone; put it back where it was and do the last step again")

    def opened(_connection: Any, record: Any) -> None:
        record.info[_FILE] = _identity(place)

    def used(_connection: Any, record: Any, _proxy: Any) -> None:
        if _identity(place) != record.info[_FILE]:
            raise DisconnectionError

    event.listen(engine, "do_connect", about_to_open)
    event.listen(engine, "connect", opened)
    event.listen(engine, "checkout", used)


def _identity(place: str) -> tuple[int, int] | None:
    """Tell a file from another of the same name; None where there is none."""
    try:
        found = Path(place).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
