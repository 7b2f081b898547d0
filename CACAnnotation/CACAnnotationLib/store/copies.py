"""Copies of a store's SQLite file, taken while others work on it, and put back."""

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


def put_back(copy: Path, file: Path) -> None:
    """Make a store what a copy of it is; whoever writes at the moment is waited for.

    Raises
    ------
    CACError
        If another process does not let go of the labels, or the disk is full; they are then what they were.
    """
    try:
        with closing(sqlite3.connect(copy)) as source, closing(sqlite3.connect(file, timeout=5)) as target:
            # One transaction: after a kill in the middle the store is what it was.
            source.backup(target)
    except sqlite3.Error as error:
        raise CACError(f"cannot put the labels back into {file}: {error}; close what uses them") from error
