"""PostgreSQL: one database on a server, for readers on many machines."""

from __future__ import annotations

from typing import Any

from CACScoringLib.errors import CACError
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

BACKEND = "postgresql"
_FORM = "postgresql://user@host/database"
# A network that swallows what is sent shall not stop a reader's work for longer than this.
_LOST_AFTER_MS = 15_000
_SETTINGS = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": _LOST_AFTER_MS,
    "application_name": "coronary-calcium",
}


def checked_address(text: str) -> str:
    """Return the address of a PostgreSQL database as a project may remember it.

    Raises
    ------
    CACError
        If it is another kind of address, names no database, or holds a password.
    """
    try:
        url = make_url(text.replace("postgres://", f"{BACKEND}://", 1))
    except (ArgumentError, ValueError) as error:
        raise CACError(f"the address of the database is not of the form {_FORM}") from error
    if url.get_backend_name() != BACKEND or not url.database:
        raise CACError(f"labels are kept in PostgreSQL at an address of the form {_FORM}, or without --store")
    if url.password is not None or "password" in url.query:
        raise CACError(
            "the address of the database holds a password, which would be stored in the project for all to "
            "read; leave it out, and put it into ~/.pgpass or the environment variable PGPASSWORD"
        )
    return url.set(drivername=BACKEND).render_as_string()


def engine_options(url: URL, patience_s: float) -> dict[str, Any]:
    """Return how SQLAlchemy is to use a server: nothing waits for ever, and a lost connection is made anew.

    What the address itself says about a connection counts.
    """
    patience = f"-c lock_timeout={max(round(patience_s * 1000), 1)} {url.query.get('options', '')}"
    settings = {name: value for name, value in _SETTINGS.items() if name not in url.query}
    return {
        "connect_args": settings | {"options": patience},
        "pool_pre_ping": True,
        "isolation_level": "READ COMMITTED",
    }
