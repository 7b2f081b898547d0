"""``project.toml``: what a project is, in a few lines that people can read."""

from __future__ import annotations

import json
import sys
import uuid
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from CACScoringLib.errors import CACError, os_reason
from CACScoringLib.whole_files import write_whole

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE_NAME = "project.toml"
FORMAT = 1


@dataclass(frozen=True)
class ProjectFile:
    """What ``project.toml`` says.

    Parameters
    ----------
    with_lm
        Whether the left main is kept apart from LAD.
    created
        When the project was made, in UTC.
    database
        Where its labels are, None for the file in its folder.
    """

    with_lm: bool
    created: datetime
    database: DatabaseOfProject | None = None


@dataclass(frozen=True)
class DatabaseOfProject:
    """A database on a server that holds the labels of one project.

    Parameters
    ----------
    url
        Its address, without a password.
    project
        What the project is known by there.
    """

    url: str
    project: str

    @classmethod
    def new(cls, url: str) -> DatabaseOfProject:
        """Name a database for a new project."""
        return cls(url, uuid.uuid4().hex)


def write_project_file(
    folder: Path, *, with_lm: bool, database: DatabaseOfProject | None = None
) -> ProjectFile:
    """Write the file of a new project; a :class:`CACError` if it cannot be written."""
    made = ProjectFile(with_lm, datetime.now(timezone.utc).replace(microsecond=0), database)
    text = (
        f"# A project of CAC Annotation; its labels are in {'PostgreSQL' if database else 'labels.sqlite'}\n"
        f"format = {FORMAT}\n"
        f"created = {made.created.isoformat().replace('+00:00', 'Z')}\n"
        "\n"
        "[labels]\n"
        "# whether the left main (LM) is labelled apart from LAD\n"
        f"with_lm = {str(with_lm).lower()}\n"
    )
    if database is not None:
        # JSON writes strings as TOML does.
        text += (
            "\n"
            "[store]\n"
            "# a password never stands here, but in ~/.pgpass or the environment variable PGPASSWORD\n"
            f"url = {json.dumps(database.url)}\n"
            "# by this the database knows the project\n"
            f"project = {json.dumps(database.project)}\n"
        )
    write_whole(folder / FILE_NAME, text)
    return made


def read_project_file(folder: Path) -> ProjectFile:
    """Read the file of a project.

    Raises
    ------
    CACError
        If the folder is no project, or the file is damaged or of a newer version.
    """
    path = folder / FILE_NAME
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise CACError(f"{folder} is no project; make one with: cac project init {folder}") from error
    except OSError as error:
        raise CACError(f"cannot read {path}: {os_reason(error)}") from error
    except ValueError as error:
        raise CACError(f"{path} is no TOML file any more: {error}") from error
    return _checked(document, path)


def _checked(document: dict[str, Any], path: Path) -> ProjectFile:
    version, labels = document.get("format"), document.get("labels")
    if isinstance(version, int) and version > FORMAT:
        raise CACError(f"{path} was written by a newer version of coronary-calcium; install that version")
    with_lm = labels.get("with_lm") if isinstance(labels, dict) else None
    created = document.get("created")
    if version != FORMAT or not isinstance(with_lm, bool) or not isinstance(created, datetime):
        raise CACError(f"{path} must say format = {FORMAT}, when the project was created, and labels.with_lm")
    return ProjectFile(with_lm, created, _database(document["store"], path) if "store" in document else None)


def _database(store: Any, path: Path) -> DatabaseOfProject:
    url, project = (store.get(key) if isinstance(store, dict) else None for key in ("url", "project"))
    if not isinstance(url, str) or not isinstance(project, str):
        raise CACError(f"{path} must say store.url and store.project, or nothing of a store")
    return DatabaseOfProject(url, project)
