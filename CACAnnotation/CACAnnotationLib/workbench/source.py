"""From what a user names to a project: scans get one beside them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from CACScoringLib.errors import CACError

from ..project.adding import FAILED, AddingOptions, add_images
from ..project.project import Project, is_project

_BESIDE = "-project"


def project_of(path: Path, say: Callable[[str], object]) -> Project:
    """Return the project that a path is, or that holds the scans that it is.

    Parameters
    ----------
    path
        A project, a scan or a folder of scans. Of scans, those that the project beside them lacks are added.
    say
        Told what becomes of each scan.

    Raises
    ------
    CACError
        If it is neither, or no project can be made beside it.
    """
    if not path.exists():
        raise CACError(f"{path} does not exist; name a project, a scan or a folder of scans")
    if is_project(path):
        return Project.open(path)
    beside = _beside(path)
    project = Project.open(beside) if is_project(beside) else Project.create(beside)
    say(f"Project: {beside}")
    for each in add_images(project, [path], AddingOptions()):
        said = each.error if each.outcome == FAILED else each.outcome
        say(f"{each.name}: {said}")
    if not project.scans:
        raise CACError(f"{path} holds no scan that can be read; name a project, a scan or a folder of scans")
    return project


def _beside(path: Path) -> Path:
    scan = path.resolve()
    stem = scan.name if scan.is_dir() else scan.name.split(".")[0]
    return scan.with_name(f"{stem}{_BESIDE}")
