"""Tasks done one after the other in this process, or side by side in several: outcomes come in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from tempfile import TemporaryDirectory

from CACScoringLib.errors import CACError
from CACScoringLib.processes import process_pool

from .cancelling import Cancelled, stop_if
from .pass_worker import AskedScan, PassSetup, PassWorker, ScanOutcome, ScanTask, outcome_elsewhere

LOOK_AGAIN_S = 0.2
"""How often a caller who waits for other processes is asked whether to stop."""


def outcomes_here(
    worker: PassWorker,
    tasks: Iterable[ScanTask],
    progress: Callable[[ScanTask, float], object] | None = None,
    cancelled: Cancelled | None = None,
) -> Iterator[ScanOutcome]:
    """Do tasks in this process; while the model looks at a scan the next one is read.

    Parameters
    ----------
    worker
        What does them.
    tasks
        Taken one at a time.
    progress
        Told which share of a task's passes is done.
    cancelled
        Asked between batches of slices.

    Raises
    ------
    RankingCancelledError
        If the caller cancelled.
    """
    with ThreadPoolExecutor(1) as reader:
        ahead: deque[tuple[ScanTask, Future[AskedScan]]] = deque()

        def done() -> ScanOutcome:
            stop_if(cancelled)
            task, read = ahead.popleft()
            told = None if progress is None else lambda share: progress(task, share)
            return worker.outcome(task, read.result, told, cancelled)

        for task in tasks:
            ahead.append((task, reader.submit(worker.read, task)))
            if len(ahead) > 1:
                yield done()
        while ahead:
            yield done()


def outcomes_in_processes(
    setup: PassSetup, tasks: Iterable[ScanTask], workers: int, cancelled: Cancelled | None = None
) -> Iterator[ScanOutcome]:
    """Do tasks in several processes of this machine.

    Parameters
    ----------
    setup
        What each process is to run.
    tasks
        Taken as processes get free; outcomes come in their order.
    workers
        How many processes.
    cancelled
        Asked while waiting; what runs then ends after its batch of slices.

    Raises
    ------
    RankingCancelledError
        If the caller cancelled.
    CACError
        If a process dies.
    """
    with TemporaryDirectory() as folder, process_pool(workers) as pool:
        flag = Path(folder) / "cancelled"
        running: deque[tuple[ScanTask, Future[ScanOutcome]]] = deque()

        def done() -> ScanOutcome:
            task, future = running.popleft()
            while not wait([future], LOOK_AGAIN_S).done:
                stop_if(cancelled)
            stop_if(cancelled)
            try:
                return future.result()
            except BrokenProcessPool as error:
                raise _died(task) from error

        try:
            for task in tasks:
                try:
                    running.append((task, pool.submit(outcome_elsewhere, setup, task, workers, flag)))
                except BrokenProcessPool as error:
                    raise _died(running[0][0] if running else task) from error
                # one more for each process, so that none waits for the order of outcomes
                if len(running) >= 2 * workers:
                    yield done()
            while running:
                yield done()
        except BaseException:
            flag.touch()
            raise


def _died(task: ScanTask) -> CACError:
    return CACError(
        f"a process that ran the model ended before it was done, at scan {task.entry.id}, {task.entry.name}, "
        "or one of the next, perhaps for want of memory; run the same command with fewer --workers"
    )
