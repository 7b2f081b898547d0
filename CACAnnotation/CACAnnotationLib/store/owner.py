"""Whose labels a database on a server holds: no two projects share one."""

from __future__ import annotations

import platform
from pathlib import Path

from CACScoringLib.errors import CACError
from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import IntegrityError

from .label_store import LabelStore
from .plain_errors import plain_errors
from .schema import OWNER, READINGS, SCANS


def claim_store(store: LabelStore, project: str, folder: Path) -> None:
    """Have a database hold the labels of one project from now on.

    Parameters
    ----------
    store
        The database, new or already this project's.
    project
        What the project is known by.
    folder
        Where the project is, for messages.

    Raises
    ------
    CACError
        If it holds the labels of another project.
    """
    place = f"{platform.node()}:{folder}"
    with plain_errors(store.place):
        try:
            with store.engine.begin() as connection:
                _give_up_unfinished(connection, project, place)
                if _owner(connection) != project:
                    connection.execute(insert(OWNER).values(id=1, project=project, folder=place))
        except IntegrityError:
            with store.engine.connect() as connection:
                other = connection.execute(select(OWNER.c.folder)).scalar()
            raise CACError(
                f"{store.place} holds the labels of the project {other} already: make a database for this "
                "one with createdb, and name that"
            ) from None


def check_owner(store: LabelStore, project: str) -> None:
    """Raise a :class:`CACError` unless a database holds the labels of a project."""
    with plain_errors(store.place), store.engine.connect() as connection:
        owner, folder = _owner(connection), connection.execute(select(OWNER.c.folder)).scalar()
    if owner is None:
        raise CACError(
            f"{store.place} is empty, the labels of this project are not in it: correct the address in "
            "project.toml, or restore them from a backup"
        )
    if owner != project:
        raise CACError(
            f"{store.place} holds the labels of another project, {folder}: correct the address in "
            "project.toml"
        )


def _owner(connection: Connection) -> str | None:
    return connection.execute(select(OWNER.c.project)).scalar()


def _give_up_unfinished(connection: Connection, project: str, place: str) -> None:
    """Forget a project of the same folder whose making was ended before it was a project."""
    for table in (SCANS, READINGS):
        if connection.execute(select(table.c.id).limit(1)).first() is not None:
            return
    connection.execute(delete(OWNER).where(OWNER.c.folder == place, OWNER.c.project != project))
