"""What a database says, in the user's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from CACScoringLib.errors import CACError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

_SENTENCES = (
    # SQLSTATE of PostgreSQL or how it begins, words of a message, and what they mean. What fails on the way
    # to a server has words only.
    (
        ("55P03", "40P01", "40001"),
        ("locked", "busy"),
        "is in use by another program: end that one and do the last step again; nothing was lost",
    ),
    (
        ("25006",),
        ("readonly", "read-only"),
        "may be read but not written: ask for permission to write to it, for a file to its folder too; "
        "nothing was lost",
    ),
    (
        ("42501", "3F000"),
        ("permission denied",),
        "does not allow this user to do that: ask its owner for permission; nothing was lost",
    ),
    (
        ("53100",),
        ("is full", "no space left", "disk quota"),
        "cannot grow, the disk is full: make room and do the last step again; nothing else was lost",
    ),
    (
        ("XX001", "XX002"),
        ("malformed", "not a database", "corrupt"),
        "is damaged; keep it as it is, and restore the labels from a backup",
    ),
    (
        ("58030",),
        ("disk i/o error",),
        "cannot be read or written, the disk is full or fails: see to it and do the last step again; "
        "nothing else was lost",
    ),
    ((), ("unable to open",), "cannot be opened; check that its folder is there and may be written to"),
    (
        ("42P01", "42703"),
        ("no such table", "no such column"),
        "lacks a part of its own; keep it as it is, and restore the labels from a backup",
    ),
    (
        ("28P01",),
        ("password authentication failed", "no password supplied"),
        "does not take the password: put the right one into ~/.pgpass or the environment variable PGPASSWORD",
    ),
    (
        ("28",),
        ("pg_hba.conf", "role ", "authentication failed"),
        "does not let this user in: correct the user in its address, or ask whoever runs the server",
    ),
    (
        ("3D000",),
        ("does not exist",),
        "is not there: make the database with createdb, or correct its address",
    ),
    (
        ("53300",),
        ("too many clients", "connection slots"),
        "takes no more connections: close what else uses it and do the last step again; nothing was lost",
    ),
    (
        ("57P", "08"),
        (
            "connection refused",
            "no such file or directory",
            "resolve host",
            "translate host",
            "unreachable",
            "no route",
            "timeout expired",
            "timed out",
            "starting up",
            "shutting down",
            "in recovery mode",
            "server closed the connection",
            "terminating connection",
            "connection is lost",
            "connection is closed",
            "could not receive data",
            "could not send data",
        ),
        "cannot be reached: check that its server runs and that its address is right, and do the last step "
        "again; nothing was lost",
    ),
)


@contextmanager
def plain_errors(place: str) -> Iterator[None]:
    """Turn errors of the database inside the ``with`` block into a :class:`CACError`.

    Nothing of a statement or its values is repeated: they may be long or private.

    Parameters
    ----------
    place
        What messages call the database.
    """
    try:
        yield
    except (DBAPIError, PoolTimeoutError) as error:
        raise CACError(f"{place} {_sentence(error)}") from error
    except SQLAlchemyError as error:
        raise CACError(f"{place} cannot be used: {type(error).__name__}") from error


def _sentence(error: DBAPIError | PoolTimeoutError) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    said, state = str(cause).strip(), getattr(cause, "sqlstate", None)
    for states, words, sentence in _SENTENCES:
        # Where there is a state the message is in the server's language.
        meant = state.startswith(states) if state and states else any(word in said.lower() for word in words)
        if meant:
            return sentence
    first_line = said.splitlines()[0] if said else "no reason given"
    return f"cannot be used ({first_line}); check that it can be reached"
