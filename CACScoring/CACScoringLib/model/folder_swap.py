"""A folder that takes another's place: a kill at any moment leaves the old one or the new one, whole."""

from __future__ import annotations

import shutil
from pathlib import Path


def folder_as_it_stands(folder: Path) -> Path:
    """Return the folder, or where it stepped aside if a kill kept its successor from coming."""
    folder = folder.resolve()
    return folder if folder.exists() or not _aside(folder).is_dir() else _aside(folder)


def put_right(folder: Path) -> None:
    """Bring back a folder whose successor never came; to be called by whoever is to write it next."""
    folder = folder.resolve()
    if not folder.exists() and _aside(folder).is_dir():
        _aside(folder).rename(folder)


def put_in_place(partial: Path, folder: Path) -> None:
    """Rename ``partial``, which is whole; a folder already there steps aside first.

    What stepped aside goes by ``partial``'s name before it is deleted: under its own it is always whole.
    """
    folder = folder.resolve()
    if not folder.exists():
        partial.rename(folder)
        return
    aside = _aside(folder)
    if aside.exists():
        shutil.rmtree(aside)
    folder.rename(aside)
    try:
        partial.rename(folder)
    except OSError:
        aside.rename(folder)
        raise
    aside.rename(partial)
    shutil.rmtree(partial, ignore_errors=True)


def _aside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.previous")
