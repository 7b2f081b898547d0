"""Work spread over processes."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from signal import SIG_IGN, SIGINT, signal


def python_program() -> str:
    """Return the Python that runs scripts; 3D Slicer's own program is none, but brings one."""
    return shutil.which("PythonSlicer") or sys.executable


@contextmanager
def process_pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Make a pool of processes; whoever leaves the block, with Ctrl-C too, drops what has not begun.

    The processes import the program that calls this: a script needs its ``if __name__ == "__main__"``.
    """
    # Spawned, because the threads of ITK and of linear algebra do not survive a fork.
    with ProcessPoolExecutor(workers, get_context("spawn"), _leave_interrupts) as pool:
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)


def _leave_interrupts() -> None:
    """Let a worker finish what it does when Ctrl-C reaches the whole group; the parent hands out no more."""
    signal(SIGINT, SIG_IGN)
