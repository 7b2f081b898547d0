"""One prediction at a time into a folder; a lock ends with the process that holds it."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import CACError

_NO_LOCKS_HERE = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EBADF)
"""What file systems answer that know no locks, or none of folders (NFS)."""


@contextmanager
def only_prediction(out: Path) -> Iterator[None]:
    """Hold a folder, which exists, while inside the ``with`` block.

    Nothing is held on Windows, nor on file systems that know no locks of folders.

    Raises
    ------
    CACError
        If another prediction is being written to the folder, by this process or another.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl

    # the folder itself: a file would have to stay, as taking away one that others wait for undoes the lock
    handle = os.open(out, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CACError(
                f"another prediction is being written to {out}; wait for it, or name another folder"
            ) from error
        except OSError as error:
            if error.errno not in _NO_LOCKS_HERE:
                raise
        yield
    finally:
        os.close(handle)
