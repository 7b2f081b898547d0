"""Which files a prediction wrote: only these may its successor replace.

``cac.nrrd`` and ``car.nrrd`` are also what a reader's labels beside a CT are called, and a reader may correct
a proposal in place. A mark in a file's header would not tell of that, as programs keep such marks when they
save corrected labels. So ``prediction.json`` holds a digest of each file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from ...errors import CACError

FILES_KEY = "files"
_PIECE = 1 << 20


def written_files(folder: Path, names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return the SHA-256 of files as they are, by name: what :data:`FILES_KEY` of the document holds."""
    return {name: {"sha256": _sha256(folder / name)} for name in names}


def refuse_others(folder: Path, names: Iterable[str], document: Path) -> None:
    """Check that files are as a prediction wrote them.

    Parameters
    ----------
    folder
        Where the files lie.
    names
        Their names, that of the document possibly among them.
    document
        The ``prediction.json`` that tells of them; it need not exist.

    Raises
    ------
    CACError
        If a file is not told of, or has been changed since.
    """
    told = _told_of(document)
    remedy = "and would be replaced; name another folder for the prediction, or move the file away"
    for name in names:
        path, itself = folder / name, name == document.name
        if told is None or not (itself or name in told):
            raise CACError(
                f"{path} was not written by a prediction that {document.name} tells of: it may hold a "
                f"reader's labels, {remedy}"
            )
        if not itself and told[name] != written_files(folder, [name])[name]:
            raise CACError(
                f"{path} has been changed since a prediction wrote it: it may hold a reader's "
                f"corrections, {remedy}"
            )


def _told_of(document: Path) -> dict[str, dict[str, str]] | None:
    """Digests that a document holds; None unless it is that of a prediction."""
    try:
        told = json.loads(document.read_text(encoding="utf-8"))[FILES_KEY]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return told if isinstance(told, dict) else None


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
