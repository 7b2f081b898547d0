"""Copies of a store row by row, from one kind of database into another, and put back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from CACScoringLib.errors import CACError, os_reason
from sqlalchemy import Connection, Table, delete, insert, select, text

from .label_store import LabelStore
from .plain_errors import plain_errors
from .postgres import BACKEND
from .schema import METADATA, OWNER, VERSIONS
from .snapshot import snapshot

# Parents first. What a database says about itself stays with it.
_TABLES = [table for table in METADATA.sorted_tables if table not in (VERSIONS, OWNER)]
_AT_A_TIME = 200


def copy_rows(source: Connection, place: str, copy: Path) -> None:
    """Copy all that a connection sees into an SQLite file, which appears only once it is whole.

    Parameters
    ----------
    source
        A connection to a store on which what is read belongs together.
    place
        What messages call that store.
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
    files = [partial, *(Path(f"{partial}{ending}") for ending in ("-wal", "-shm"))]
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        for file in files:
            file.unlink(missing_ok=True)
        with LabelStore.open(partial) as new, plain_errors(str(copy)), new.engine.begin() as target:
            _transfer(source, place, target)
        partial.rename(copy)
    except OSError as error:
        raise CACError(f"cannot copy the labels to {copy}: {os_reason(error)}") from error
    finally:
        for file in files:
            file.unlink(missing_ok=True)


def replace_rows(store: LabelStore, copy: Path, keep: Callable[[Connection], None]) -> None:
    """Make a store what a copy of it is, in one transaction; whoever writes at the moment is waited for.

    Parameters
    ----------
    store
        The store.
    copy
        SQLite file with another or the same store.
    keep
        Called once nobody else can write any more, to keep what will be replaced.

    Raises
    ------
    CACError
        If another process does not let go of the store, or the disk is full; it is then what it was.
    """
    with (
        LabelStore.open(copy) as new,
        snapshot(new.engine) as source,
        plain_errors(store.place),
        store.engine.begin() as target,
    ):
        _keep_writers_out(target)
        keep(target)
        for table in reversed(_TABLES):
            target.execute(delete(table))
        _transfer(source, new.place, target)
        if target.dialect.name == BACKEND:
            _go_on_numbering(target)


def _transfer(source: Connection, place: str, target: Connection) -> None:
    for table in _TABLES:
        for rows in _batches(source, place, table):
            target.execute(insert(table), rows)


def _batches(source: Connection, place: str, table: Table) -> Iterator[list[dict[str, Any]]]:
    with plain_errors(place):
        found = source.execute(select(table).execution_options(yield_per=_AT_A_TIME))
        for rows in found.mappings().partitions():
            yield [dict(row) for row in rows]


def _keep_writers_out(connection: Connection) -> None:
    """Let others read but not write until the end of the transaction."""
    if connection.dialect.name == BACKEND:
        names = ", ".join(table.name for table in _TABLES)
        connection.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _go_on_numbering(connection: Connection) -> None:
    """Have PostgreSQL give new rows numbers above those that were put in, and never one again."""
    for table in _TABLES:
        if table.autoincrement_column is not None:
            sequence = f"pg_get_serial_sequence('{table.name}', 'id')"
            highest = f"(SELECT coalesce(max(id), 0) + 1 FROM {table.name})"
            connection.execute(
                text(f"SELECT setval({sequence}, greatest(nextval({sequence}), {highest}), false)")
            )
