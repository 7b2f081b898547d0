"""Passes of a model over all slices of a project's pool, kept as they come."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import NamedTuple

from CACScoringLib.errors import CACError

from ..project.pool import pool_of
from ..project.project import Project
from .cancelling import Cancelled, stop_if
from .doubt_file import DoubtFile
from .pass_worker import PassWorker, ScanOutcome, ScanTask
from .pool_doubts import Unreadable
from .progress import ProgressEstimate, RankingProgress
from .ray_workers import outcomes_on_ray
from .workers import outcomes_here, outcomes_in_processes


class WhoWorks(NamedTuple):
    """Who runs the passes.

    Parameters
    ----------
    workers
        Processes on this machine, or tasks at a time of a cluster; None for one, or as many as it has cores.
    ray
        Address of a Ray cluster, see :func:`~.ray_workers.outcomes_on_ray`; None for this machine alone.
    """

    workers: int | None = None
    ray: str | None = None


def find_doubts(
    project: Project,
    doubts: DoubtFile,
    worker: PassWorker,
    who: WhoWorks = WhoWorks(),
    *,
    progress: Callable[[RankingProgress], object] | None = None,
    cancelled: Cancelled | None = None,
    unreadable: Unreadable | None = None,
) -> None:
    """Run a model over all slices of the pool that are not in a file yet, scan by scan, and put them there.

    After a kill the same call goes on where it was. A scan that cannot be read is passed over. Memory holds
    some scans at a time, whatever the size of the pool.

    Parameters
    ----------
    project, doubts
        Whose slices, and where to put what is doubted of them.
    worker, who
        What to run, and who runs it: results are the same.
    progress
        Told how far it is, by slices.
    cancelled
        Asked again and again whether to stop.
    unreadable
        Told of scans that cannot be read, and why.

    Raises
    ------
    RankingCancelledError
        If the caller cancelled; what was found of whole scans is kept.
    CACError
        If the file cannot be written, or the model cannot be run.
    """
    total = sum(len(slices) for _, slices in pool_of(project))
    missing = sum(len(task.slices) for task in _tasks(project, doubts, cancelled))
    estimate = ProgressEstimate(total, total - missing)
    computed = 0

    def told(task: ScanTask | None, share: float) -> None:
        if progress is not None:
            progress(estimate.at(computed + (len(task.slices) * share if task else 0)))

    told(None, 0)
    if not missing:
        return
    with closing(_outcomes(project, doubts, worker, who, told, cancelled)) as outcomes:
        for outcome in outcomes:
            if outcome.doubts is not None:
                doubts.add(outcome.doubts)
            elif outcome.ends_all:
                raise CACError(outcome.error)
            elif unreadable is not None:
                unreadable(outcome.task.entry, CACError(outcome.error))
            computed += len(outcome.task.slices)
            told(None, 0)


def _tasks(project: Project, doubts: DoubtFile, cancelled: Cancelled | None) -> Iterator[ScanTask]:
    for entry, slices in pool_of(project):
        stop_if(cancelled)
        if missing := doubts.missing(entry.id, slices):
            yield ScanTask(entry, tuple(missing))


def _outcomes(
    project: Project,
    doubts: DoubtFile,
    worker: PassWorker,
    who: WhoWorks,
    told: Callable[[ScanTask, float], object],
    cancelled: Cancelled | None,
) -> Generator[ScanOutcome]:
    tasks = _tasks(project, doubts, cancelled)
    if who.ray is not None:
        yield from outcomes_on_ray(worker.setup, tasks, who.ray, who.workers, cancelled)
    elif who.workers is not None and who.workers > 1:
        yield from outcomes_in_processes(worker.setup, tasks, who.workers, cancelled)
    else:
        yield from outcomes_here(worker, tasks, told, cancelled)
