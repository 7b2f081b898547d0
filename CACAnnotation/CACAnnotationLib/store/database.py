"""Opening the database: an SQLite file that loses nothing, or whatever a URL names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from CACScoringLib.errors import CACError
from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError, NoSuchModuleError

from .plain_errors import plain_errors
from .schema import prepare_schema

PATIENCE_S = 5.0
"""How long to wait for another process that writes; each of its actions takes milliseconds."""
_FILE = "file of labels"


def open_database(url_or_path: str | os.PathLike[str], patience_s: float = PATIENCE_S) -> tuple[Engine, str]:
    """Open a database and make or check its tables.

    Parameters
    ----------
    url_or_path
        SQLite file, made if it is missing, or any URL that SQLAlchemy knows.
    patience_s
        How long to wait for another process that writes, in seconds (SQLite).

    Returns
    -------
    The database, and what messages call it (never with a password).

    Raises
    ------
    CACError
        If it cannot be opened, is damaged, of a newer version, or not a store.
    """
    url = _url(url_or_path)
    sqlite = url.get_backend_name() == "sqlite"
    place = url.database if sqlite and url.database else url.render_as_string(hide_password=True)
    try:
        engine = create_engine(url, connect_args={"timeout": patience_s} if sqlite else {})
    except ImportError as error:
        raise CACError(f"{place} needs the package {error.name}; install it with pip") from error
    except NoSuchModuleError as error:
        raise CACError(f"{place} names a database that is unknown here") from error
    if sqlite:
        event.listen(engine, "connect", _set_up_sqlite)
    try:
        with plain_errors(place):
            prepare_schema(engine, place)
            if sqlite and _identity(place) is not None:
                engine.dispose()
                _keep_to_file(engine, place)
    except BaseException:
        engine.dispose()
        raise
    return engine, place


def _url(url_or_path: str | os.PathLike[str]) -> URL:
    text = os.fspath(url_or_path)
    if "://" not in text:
        path = Path(text)
        if path.is_dir():
            raise CACError(f"{path} is a folder; name the file of labels in it")
        if not path.parent.is_dir():
            raise CACError(f"there is no folder {path.parent}")
        return URL.create("sqlite", database=text)
    try:
        return make_url(text)
    except ArgumentError as error:
        raise CACError("the address of the database is not of the form dialect://user@host/name") from error


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    """Have SQLite put every commit on the disk before it returns, and let others read meanwhile."""
    cursor = connection.cursor()
    # Where a file system cannot do this (network shares), SQLite keeps its slower journal, as safe.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _keep_to_file(engine: Engine, place: str) -> None:
    """Have every use of an SQLite file refused once it is gone, and a file put in its place opened anew.

    On Linux and macOS a file that is deleted can be written on for as long as it is open: labels would go
    nowhere, and be said to be stored.
    """

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
    """Tell a file from another of the same name; None where there is none, as in memory."""
    try:
        found = Path(place).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
