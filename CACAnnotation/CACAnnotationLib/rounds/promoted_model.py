"""The model of a project: the last one that was promoted."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from CACScoringLib.errors import CACError, os_reason
from CACScoringLib.whole_files import write_whole

MODELS_NAME, PROMOTED_NAME = "models", "promoted.json"


def promoted_model(project_folder: Path) -> Path | None:
    """Return the folder of the project's model; None before the first.

    Raises
    ------
    CACError
        If it is gone, or what names it is damaged.
    """
    models = project_folder / MODELS_NAME
    try:
        folder: Path = models / json.loads((models / PROMOTED_NAME).read_text(encoding="utf-8"))["model"]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CACError(f"{models / PROMOTED_NAME} is damaged: it must name a model beside it") from error
    if not folder.is_dir():
        raise CACError(f"the project's model {folder} is gone: put it back, or change {PROMOTED_NAME}")
    return folder


def promote(project_folder: Path, model: Path, name: str) -> Path:
    """Make a copy of a model the project's model; the ones before it stay.

    Parameters
    ----------
    project_folder, model
        The project, and the folder of the model.
    name
        What the copy is called.

    Returns
    -------
    Folder of the copy.

    Raises
    ------
    CACError
        If it cannot be written.
    """
    models = project_folder / MODELS_NAME
    copy, partial = models / name, models / f".partial-{name}"
    try:
        if not copy.is_dir():
            shutil.rmtree(partial, ignore_errors=True)
            shutil.copytree(model, partial)
            partial.rename(copy)
    except OSError as error:
        raise CACError(f"cannot copy the model to {copy}: {os_reason(error)}") from error
    write_whole(models / PROMOTED_NAME, json.dumps({"model": name}) + "\n")
    return copy
