"""Libraries kept from printing: what is wrong is said once, and never with a patient's name."""

from __future__ import annotations

import logging
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path


class _Shared:
    """A context that the first of several threads enters and the last one leaves: it changes global state."""

    def __init__(self, make: Callable[[], AbstractContextManager]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._users = 0

    def __enter__(self) -> None:
        with self._lock:
            if self._users == 0:
                self._context = self._make()
                self._context.__enter__()
            self._users += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self._context.__exit__(None, None, None)


@contextmanager
def _quiet_pydicom() -> Iterator[None]:
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
def _quiet_itk() -> Iterator[None]:
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


def quiet_pydicom() -> AbstractContextManager:
    """Keep pydicom from printing element values, which may be a patient's name."""
    return _PYDICOM


def quiet_itk() -> AbstractContextManager:
    """Keep ITK and the C libraries below it from printing; they write past Python to file descriptor 2."""
    return _ITK


_PYDICOM, _ITK = _Shared(_quiet_pydicom), _Shared(_quiet_itk)
