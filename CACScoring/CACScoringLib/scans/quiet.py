"""Libraries kept from printing: what is wrong is said once, and never with a patient's name."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def quiet_pydicom() -> Iterator[None]:
    """Keep pydicom from printing element values, which may be a patient's name."""
    logger = logging.getLogger("pydicom")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


@contextmanager
def quiet_itk() -> Iterator[None]:
    """Keep ITK and the C libraries below it from printing; they write past Python to file descriptor 2."""
    try:
        kept = os.dup(2)
    except OSError:
        # A program without a console has nothing to print to.
        yield
        return
    try:
        if sys.stderr is not None:
            sys.stderr.flush()
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
