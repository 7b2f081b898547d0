"""A store's SQLite file: copied while others work on it, looked at, and put aside."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from CACScoringLib.errors import CACError, os_reason


def copy_store(file: Path, copy: Path) -> None:
    """Copy a store as it is at one moment; the copy appears only once it is whole.

    Parameters
    ----------
    file
        SQLite file of the store; others may read and write it meanwhile.
    copy
        File to be made.

    Raises
    ------
    CACError
        If ``copy`` exists, or cannot be written.
    """
    if copy.exists():
        raise CACError(f"{copy} exists already; choose another name")
    partial = copy.with_name(f".partial-{copy.name}")
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(partial)) as target:
            source.backup(target)
        partial.rename(copy)
    except (OSError, sqlite3.Error) as error:
        reason = os_reason(error) if isinstance(error, OSError) else str(error)
        raise CACError(f"cannot copy the labels to {copy}: {reason}") from error
    finally:
        partial.unlink(missing_ok=True)


def is_damaged(file: Path) -> bool:
    """Tell whether a store's file is missing, empty, or so damaged that SQLite cannot go through it.

    One that is locked, or may not be read, is not taken for damaged.
    """
    try:
        if file.stat().st_size == 0:
            return True
        with closing(sqlite3.connect(file, timeout=5)) as connection:
            return [row[0] for row in connection.execute("PRAGMA quick_check(1)")] != ["ok"]
    except FileNotFoundError:
        return True
    except (OSError, sqlite3.OperationalError):
        return False
    except sqlite3.DatabaseError:
        return True


def put_aside(file: Path, aside: Path) -> bool:
    """Move a store's file, and what SQLite keeps beside it, to another name; False where there is none.

    Raises
    ------
    CACError
        If that is not allowed.
    """
    there = file.exists()
    try:
        aside.parent.mkdir(parents=True, exist_ok=True)
        for ending in ("-wal", "-shm", ""):
            part = Path(f"{file}{ending}")
            if part.exists():
                part.rename(f"{aside}{ending}")
    except OSError as error:
        raise CACError(f"cannot move {file} out of the way: {os_reason(error)}") from error
    return there
