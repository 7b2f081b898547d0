"""Opening the database: an SQLite file that loses nothing, or whatever a URL names."""

from __future__ import annotations

import os
from pathlib import Path

from CACScoringLib.errors import CACError
from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from . import postgres
from .plain_errors import plain_errors
from .schema import prepare_schema
from .sqlite_file import keep_to_file, set_up_sqlite

PATIENCE_S = 5.0
"""How long to wait for another process that writes; each of its actions takes milliseconds."""


def open_database(url_or_path: str | os.PathLike[str], patience_s: float = PATIENCE_S) -> tuple[Engine, str]:
    """Open a database and make or check its tables.

    Parameters
    ----------
    url_or_path
        SQLite file, made if it is missing, or a URL: of PostgreSQL, or of anything that SQLAlchemy knows.
    patience_s
        How long to wait for another process that writes, in seconds.

    Returns
    -------
    The database, and what messages call it (never with a password).

    Raises
    ------
    CACError
        If it cannot be opened, is damaged, of a newer version, or not a store.
    """
    url = _url(url_or_path)
    sqlite, place = url.get_backend_name() == "sqlite", _place(url)
    try:
        if url.get_backend_name() == postgres.BACKEND:
            url = url.set(drivername=f"{postgres.BACKEND}+psycopg")
            engine = create_engine(url, **postgres.engine_options(url, patience_s))
        else:
            engine = create_engine(url, connect_args={"timeout": patience_s} if sqlite else {})
    except ImportError as error:
        raise CACError(
            f"{place} needs the package {error.name}; install it with: pip install "
            "'coronary-calcium[annotate,postgres]'"
        ) from error
    except NoSuchModuleError as error:
        raise CACError(f"{place} names a database that is unknown here") from error
    if sqlite:
        event.listen(engine, "connect", set_up_sqlite)
    try:
        with plain_errors(place):
            prepare_schema(engine, place)
            if sqlite:
                keep_to_file(engine, place)
    except BaseException:
        engine.dispose()
        raise
    return engine, place


def _place(url: URL) -> str:
    """Return what messages call a database: no password, no settings of the connection."""
    if url.get_backend_name() == "sqlite":
        return url.database or "the database in memory"
    return url.set(drivername=url.get_backend_name(), password=None, query={}).render_as_string()


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
        return make_url(text.replace("postgres://", "postgresql://", 1))
    except ArgumentError as error:
        raise CACError("the address of the database is not of the form dialect://user@host/name") from error
