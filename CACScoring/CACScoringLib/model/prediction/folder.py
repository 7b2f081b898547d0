"""The folder of a prediction: an older prediction in it is replaced as a whole, or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ...errors import CACError, os_reason

DOCUMENT_NAME = "prediction.json"
"""Removed first and put there last: where it lies, the files beside it belong to it."""
FILE_NAMES = (DOCUMENT_NAME, "cac.nrrd", "car.nrrd", "uncertainty.nrrd", "probabilities.npz")


@contextmanager
def prediction_folder(out: Path) -> Iterator[Path]:
    """Give a folder to write the files of a prediction into, which move to ``out`` once all are written.

    Files of an older prediction in ``out`` that the new one lacks go away then. Whatever ends the work
    before, an error or Ctrl-C, leaves ``out`` as it was.

    Raises
    ------
    CACError
        If ``out`` is a file or cannot be written.
    """
    existed = out.exists()
    if existed and not out.is_dir():
        raise CACError(f"{out} is a file; name a folder for the prediction")
    partial = out / ".partial-prediction"
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        yield partial
        written = sorted(path.name for path in partial.iterdir())
        for name in dict.fromkeys((*FILE_NAMES, *written)):
            (out / name).unlink(missing_ok=True)
        for name in sorted(written, key=DOCUMENT_NAME.__eq__):
            (partial / name).rename(out / name)
    except OSError as error:
        raise CACError(f"cannot write a prediction to {out}: {os_reason(error)}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        if not existed:
            with suppress(OSError):
                # only while it is empty
                out.rmdir()
