"""Backups of a project's labels."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

from CACScoringLib.errors import CACError

from ..store.checking import problems_of
from ..store.copies import copy_store, put_back
from ..store.label_store import LabelStore
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
    now = datetime.now(timezone.utc).strftime("%Y%m%d-%H%M%S-%f")
    copy = out or project.folder / BACKUPS_NAME / f"labels-{now}.sqlite"
    copy_store(project.folder / STORE_NAME, copy)
    return copy


def restore(project: Project, copy: Path) -> Path:
    """Put a backup in the place of the labels, of which a backup is taken first.

    Returns
    -------
    The backup of the labels as they were.

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
    before = backup(project)
    put_back(copy, project.folder / STORE_NAME)
    return before


def check(project: Project) -> Iterator[str]:
    """Look for what is wrong with a project; each problem is a sentence, and nothing is changed."""
    for scan in project.scans:
        if not project.scan_path(scan).exists():
            yield f"scan {scan.id}, {scan.name}, is not where it was: {project.scan_path(scan)}"
    yield from problems_of(project.store)
