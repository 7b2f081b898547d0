"""Tasks spread over machines by Ray, where it is installed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from CACScoringLib.errors import CACError

from .cancelling import Cancelled, stop_if
from .pass_worker import PassSetup, ScanOutcome, ScanTask, outcome_elsewhere
from .workers import LOOK_AGAIN_S

LOCAL = "local"
"""Instead of an address: start Ray on this machine, for as long as it takes."""


def outcomes_on_ray(
    setup: PassSetup,
    tasks: Iterable[ScanTask],
    address: str,
    workers: int | None = None,
    cancelled: Cancelled | None = None,
) -> Iterator[ScanOutcome]:
    """Do tasks on the machines of a Ray cluster.

    All of them need this package, and the project and the model under the same paths. Each task has one core,
    and one GPU where the cluster has any and they may be used.

    Parameters
    ----------
    setup
        What each task is to run.
    tasks
        Taken as there is room; outcomes come in their order.
    address
        Of the cluster, as Ray understands it (``auto``: the one that this machine belongs to); ``local``
        starts Ray on this machine alone.
    workers
        How many tasks at a time; None for as many as the cluster has cores, or GPUs.
    cancelled
        Asked while waiting; what runs then is ended.

    Raises
    ------
    RankingCancelledError
        If the caller cancelled.
    CACError
        If Ray is not installed, the cluster cannot be reached, or a machine fails again and again.
    """
    with _connected(address, workers) as ray:
        gpus = 1 if setup.device != "cpu" and ray.cluster_resources().get("GPU", 0) >= 1 else 0
        if workers is None:
            workers = max(1, int(ray.cluster_resources().get("GPU" if gpus else "CPU", 1)))
        remote = ray.remote(num_cpus=1, num_gpus=gpus)(_outcome)
        shared = ray.put(setup)
        running: deque[tuple[ScanTask, Any]] = deque()

        def done() -> ScanOutcome:
            task, reference = running.popleft()
            while not ray.wait([reference], timeout=LOOK_AGAIN_S)[0]:
                stop_if(cancelled)
            stop_if(cancelled)
            try:
                return ray.get(reference)
            except ray.exceptions.RayError as error:
                raise CACError(
                    f"Ray could not run the model on scan {task.entry.id}, {task.entry.name}: "
                    f"{type(error).__name__}; is coronary-calcium installed on all its machines?"
                ) from error

        try:
            for task in tasks:
                running.append((task, remote.remote(shared, task)))
                if len(running) >= 2 * workers:
                    yield done()
            while running:
                yield done()
        except BaseException:
            for _, reference in running:
                ray.cancel(reference, force=True)
            raise


def _outcome(setup: PassSetup, task: ScanTask) -> ScanOutcome:
    from CACScoringLib.cores import available_cores

    return outcome_elsewhere(setup, task, available_cores())


@contextmanager
def _connected(address: str, workers: int | None) -> Iterator[Any]:
    """Ray, connected; whoever was connected before stays so."""
    try:
        import ray
    except ImportError:
        raise CACError(
            "Ray is not installed; install it with: pip install 'coronary-calcium[ray]', or leave out --ray"
        ) from None
    if ray.is_initialized():
        yield ray
        return
    try:
        if address == LOCAL:
            ray.init("local", num_cpus=workers, include_dashboard=False, log_to_driver=False)
        else:
            ray.init(address, log_to_driver=False)
    except Exception as error:
        # Ray raises plain exceptions too, of a machine that is too busy to start it for example
        ray.shutdown()
        said = str(error).strip().splitlines() or [type(error).__name__]
        if address == LOCAL:
            raise CACError(f"Ray cannot be started on this machine: {said[0]}") from error
        raise CACError(f"no Ray cluster can be reached at '{address}': {said[0]}") from error
    try:
        yield ray
    finally:
        ray.shutdown()
