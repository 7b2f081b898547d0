"""Reading a database as it was at one moment, while others write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from .postgres import BACKEND


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection on which all that is read belongs together; nothing can be written."""
    with engine.connect() as connection:
        if engine.dialect.name == BACKEND:
            yield connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        else:
            # Python begins a transaction of SQLite only with what writes.
            connection.exec_driver_sql("BEGIN")
            yield connection
