"""The folder of a prediction: an older prediction in it is replaced as a whole, or not at all."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from ...errors import CACError, os_reason
from .folder_lock import only_prediction
from .written_files import refuse_others

DOCUMENT_NAME = "prediction.json"
"""Leaves first and comes last: where it lies, the files beside it belong to it."""
_FILE_NAME = re.compile(
    rf"{re.escape(DOCUMENT_NAME)}|(cac|car|uncertainty|entropy|mutual-information|relevance-\d+)\.nrrd|"
    r"relevance-\d+\.png|probabilities\.npz"
)
_PARTIAL, _LEAVING, _PREVIOUS = ".partial-prediction", ".leaving-prediction", ".previous-prediction"
"""Folders beside the files: for a prediction in the making, an older one on its way out, and one that is out
as long as its successor is not there."""


@contextmanager
def prediction_folder(out: Path) -> Iterator[Path]:
    """Give a folder to write the files of a prediction into, which move to ``out`` once all are written.

    Files of an older prediction in ``out`` that the new one lacks go away then. Whatever ends the work
    before, an error or Ctrl-C, leaves ``out`` as it was; what a kill in the moment of the move leaves is put
    right by the next prediction. The document has to tell of the other files, see
    :mod:`~CACScoringLib.model.prediction.written_files`, or no later prediction will replace them.

    Raises
    ------
    CACError
        If ``out`` is a file or cannot be written, another prediction is being written to it, or a file that
        would be replaced is no prediction's, or no longer as a prediction wrote it: before or after the work.
    """
    if out.exists() and not out.is_dir():
        raise CACError(f"{out} is a file; name a folder for the prediction")
    missing = [folder for folder in (out, *out.parents) if not folder.exists()]
    partial = out / _PARTIAL
    try:
        with ExitStack() as stack:
            with _explained(out):
                out.mkdir(parents=True, exist_ok=True)
                stack.enter_context(only_prediction(out))
                _put_right(out)
                stack.callback(shutil.rmtree, partial, ignore_errors=True)
                _refuse_to_replace(out)
                # of a process that was killed: who holds the folder is alone
                shutil.rmtree(partial, ignore_errors=True)
                partial.mkdir()
            yield partial
            with _explained(out):
                _replace(out, partial)
    finally:
        with suppress(OSError):
            # only while they are empty
            for folder in missing:
                folder.rmdir()


def prediction_files(folder: Path) -> list[str]:
    """Names of the files of a prediction in a folder, its document first."""
    if not folder.is_dir():
        return []
    names = [path.name for path in folder.iterdir() if _FILE_NAME.fullmatch(path.name)]
    return sorted(names, key=lambda name: (name != DOCUMENT_NAME, name))


@contextmanager
def _explained(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CACError(f"cannot write a prediction to {out}: {os_reason(error)}") from error


def _replace(out: Path, partial: Path) -> None:
    """Take an older prediction out and the new one in; if anything goes wrong, the older one is back."""
    leaving, previous = out / _LEAVING, out / _PREVIOUS
    try:
        # once more: the work took its time, and a reader may have saved something meanwhile
        _refuse_to_replace(out)
        leaving.mkdir()
        for name in prediction_files(out):
            (out / name).rename(leaving / name)
        leaving.rename(previous)
        for name in reversed(prediction_files(partial)):
            (partial / name).rename(out / name)
    except BaseException:
        _put_right(out)
        raise
    shutil.rmtree(previous, ignore_errors=True)


def _refuse_to_replace(out: Path) -> None:
    """Raise unless what would be replaced are files that a prediction wrote."""
    names = prediction_files(out)
    for name in names:
        if (out / name).is_dir():
            raise CACError(
                f"{out / name} is a folder, where a file of the prediction has to go; move it away"
            )
    refuse_others(out, names, out / DOCUMENT_NAME)


def _put_right(out: Path) -> None:
    """Bring back a prediction whose successor did not come; clear away one whose successor did."""
    leaving, previous = out / _LEAVING, out / _PREVIOUS
    if previous.is_dir() and not (out / DOCUMENT_NAME).exists():
        came = prediction_files(out)
        refuse_others(out, came, out / _PARTIAL / DOCUMENT_NAME)
        for name in came:
            (out / name).unlink()
        previous.rename(leaving)
    if leaving.is_dir():
        for name in reversed(prediction_files(leaving)):
            (leaving / name).rename(out / name)
        leaving.rmdir()
    shutil.rmtree(previous, ignore_errors=True)
