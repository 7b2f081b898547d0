"""Folders that one process at a time writes into; a lock ends with the process that holds it."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from CACScoringLib.errors import CACError, os_reason


@contextmanager
def only_writer(folder: Path, *, wait: bool) -> Iterator[None]:
    """Hold a folder while inside the ``with`` block; it is made if it does not exist.

    Processes that ``torchrun`` started go on when it is killed, and a command is easily given twice. Nothing
    is held on Windows, nor on file systems that know no locks.

    Parameters
    ----------
    folder
        The folder.
    wait
        Whether to wait for another process that holds it, or to raise.

    Raises
    ------
    CACError
        If another process holds the folder, or it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CACError(f"cannot write into {folder}: {os_reason(error)}") from error
    if sys.platform == "win32":
        yield
        return
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CACError(f"another process trains in {folder}; wait for it, or end it") from error
        except OSError as error:
            if error.errno not in (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP):
                raise
        yield
    finally:
        os.close(handle)
