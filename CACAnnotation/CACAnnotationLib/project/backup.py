"""Backups of a project's labels."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

from CACScoringLib.errors import CACError
from sqlalchemy import Connection

from ..store.checking import problems_of
from ..store.copies import copy_store, is_damaged, put_aside
from ..store.label_store import LabelStore
from ..store.owner import claim_store
from ..store.plain_errors import plain_errors
from ..store.row_copies import copy_rows, replace_rows
from ..store.snapshot import snapshot
from .project import STORE_NAME, Project

BACKUPS_NAME = "backups"


def backup(project: Project, out: Path | None = None) -> Path:
    """Copy the labels of a project, while readers go on; images are not copied.

    Parameters
    ----------
    project
        The project.
    out
        File to be made; in ``backups/`` of the project, named after the time, unless given.

    Returns
    -------
    The copy.

    Raises
    ------
    CACError
        If it cannot be written, or there is such a file.
    """
    copy = out or _new_name(project, "labels")
    if project.database is None:
        copy_store(project.folder / STORE_NAME, copy)
    else:
        with plain_errors(project.store.place), snapshot(project.store.engine) as source:
            copy_rows(source, project.store.place, copy)
    return copy


def restore(project: Project, copy: Path) -> Path | None:
    """Put a backup in the place of the labels, of which a backup is taken first.

    A backup is an SQLite file, wherever the labels are: so they can move between a file and PostgreSQL.

    Returns
    -------
    The backup of the labels as they were, or the file that was put aside if it was damaged; None where there
    were none.

    Raises
    ------
    CACError
        If the backup is damaged, no store, or of a newer version; the labels are then what they were.
    """
    if not copy.is_file() or copy.stat().st_size == 0:
        raise CACError(f"there is no backup {copy}")
    with LabelStore.open(copy) as store:
        problems = list(problems_of(store))
    if problems:
        raise CACError(f"{copy} is damaged and was not put back: {problems[0]}")
    file = project.folder / STORE_NAME
    if project.database is None and is_damaged(file):
        aside = _new_name(project, "damaged")
        was_there = put_aside(file, aside)
        copy_store(copy, file)
        return aside if was_there else None

    before = _new_name(project, "labels")

    def keep(target: Connection) -> None:
        if project.database is None:
            copy_store(file, before)
        else:
            copy_rows(target, project.store.place, before)

    if project.database is not None:
        # A database may be new, in the place of one that was lost.
        with LabelStore.open(project.database.url) as store:
            claim_store(store, project.database.project, project.folder)
    replace_rows(project.store, copy, keep)
    return before


def check(project: Project) -> Iterator[str]:
    """Look for what is wrong with a project; each problem is a sentence, and nothing is changed."""
    for scan in project.scans:
        if not project.scan_path(scan).exists():
            yield f"scan {scan.id}, {scan.name}, is not where it was: {project.scan_path(scan)}"
    yield from problems_of(project.store)


def _new_name(project: Project, what: str) -> Path:
    now = datetime.now(timezone.utc).strftime("%Y%m%d-%H%M%S-%f")
    return project.folder / BACKUPS_NAME / f"{what}-{now}.sqlite"
