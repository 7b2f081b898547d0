"""Locks on folders that several processes use; a lock ends with the process that holds it."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from CACScoringLib.errors import CACError, os_reason

_LOOK_AGAIN_S = 0.2
_NO_LOCKS_HERE = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP)


class FolderBusyError(CACError):
    """Another process holds the lock."""


@contextmanager
def locked(
    file: Path, *, shared: bool = False, waiting: Callable[[], object] | None = None
) -> Iterator[bool]:
    """Hold a lock while inside the ``with`` block; its file, and the folder of that, are made and stay.

    Processes that ``torchrun`` started go on when it is killed, and a command is easily given twice. Nothing
    is held on Windows, nor on file systems that know no locks.

    Parameters
    ----------
    file
        The lock; locks of different names in one folder have nothing to do with each other.
    shared
        Whether others may hold it too that share it.
    waiting
        Called again and again while another process holds it; what it raises ends the waiting. None not to
        wait.

    Yields
    ------
    Whether it is held.

    Raises
    ------
    FolderBusyError
        If another process holds it and nobody wants to wait.
    CACError
        If the file cannot be made.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # for writing: NFS gives no lock on what is open for reading, nor on a folder
        handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise CACError(f"cannot write into {file.parent}: {os_reason(error)}") from error
    try:
        while (held := _lock(handle, shared)) is None:
            if waiting is None:
                raise FolderBusyError(f"another process works in {file.parent}; wait for it, or end it")
            waiting()
            time.sleep(_LOOK_AGAIN_S)
        yield held
    finally:
        os.close(handle)


def _lock(handle: int, shared: bool) -> bool | None:
    """Whether a lock is held now; None if another process holds it."""
    if sys.platform == "win32":
        return False
    import fcntl

    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return None
    except OSError as error:
        if error.errno not in _NO_LOCKS_HERE:
            raise
        return False
    return True
