"""What a database says, in the user's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from CACScoringLib.errors import CACError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

_SENTENCES = (
    (
        ("locked", "busy"),
        "is in use by another program: end that one and do the last step again; nothing was lost",
    ),
    (
        ("readonly", "read-only", "permission denied"),
        "may be read but not written: ask for permission to write to it and its folder; nothing was lost",
    ),
    (
        ("is full", "no space left", "disk quota"),
        "cannot grow, the disk is full: make room and do the last step again; nothing else was lost",
    ),
    (
        ("malformed", "not a database", "corrupt"),
        "is damaged; keep it as it is, and restore the labels from a backup",
    ),
    (
        ("disk i/o error",),
        "cannot be read or written, the disk is full or fails: see to it and do the last step again; "
        "nothing else was lost",
    ),
    (("unable to open",), "cannot be opened; check that its folder is there and may be written to"),
    (
        ("no such table", "no such column"),
        "lacks a part of its own; keep it as it is, and restore the labels from a backup",
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
        said = str(error.orig if isinstance(error, DBAPIError) else error).strip()
        raise CACError(f"{place} {_sentence(said)}") from error
    except SQLAlchemyError as error:
        raise CACError(f"{place} cannot be used: {type(error).__name__}") from error


def _sentence(said: str) -> str:
    for words, sentence in _SENTENCES:
        if any(word in said.lower() for word in words):
            return sentence
    first_line = said.splitlines()[0] if said else "no reason given"
    return f"cannot be used ({first_line}); check that it can be reached"
