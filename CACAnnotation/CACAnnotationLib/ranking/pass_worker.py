"""What runs passes over one scan after the other, in this process or in one of many."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import connection, parent_process
from pathlib import Path

from CACScoringLib.cores import CORES_VARIABLE, available_cores
from CACScoringLib.errors import CACError
from CACScoringLib.model.prediction.engines import Device
from CACScoringLib.model.prediction.gathered_passes import PassOptions
from CACScoringLib.model.prediction.pass_engines import PassEngines
from CACScoringLib.model.prediction.slices import PredictionCancelledError
from CACScoringLib.model.store import Model, load_model
from CACScoringLib.model.weights import fingerprint
from CACScoringLib.scoring.protocol import ScoringProtocol

from ..project.project import Project
from ..store.scan_register import ScanEntry
from .cancelling import Cancelled, RankingCancelledError
from .scan_passes import AskedScan, asked_scan, scan_doubts
from .slice_doubts import ScanDoubts


@dataclass(frozen=True)
class PassSetup:
    """What passes depend on; all of it can be sent to another process or machine.

    Parameters
    ----------
    project, model
        Folder of the project, and name or folder of the model; the same everywhere.
    weights
        The model's fingerprint.
    options, device, protocol
        How passes are run, where, and how they are scored.
    """

    project: Path
    model: str
    weights: str
    options: PassOptions
    device: Device
    protocol: ScoringProtocol


@dataclass(frozen=True)
class ScanTask:
    """A scan, and its slices that are asked about."""

    entry: ScanEntry
    slices: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class ScanOutcome:
    """What became of a task.

    Parameters
    ----------
    task
        The task.
    doubts
        None where there are none.
    error
        Why: in one sentence.
    ends_all
        Whether the other tasks would fail alike.
    """

    task: ScanTask
    doubts: ScanDoubts | None
    error: str = ""
    ends_all: bool = False


class PassWorker:
    """Reads scans and runs passes over them, with engines that are kept.

    Parameters
    ----------
    setup
        What to run.
    project, model
        If they are open already.

    Raises
    ------
    CACError
        If the project or the model cannot be opened, or the model has other weights.
    """

    def __init__(self, setup: PassSetup, project: Project | None = None, model: Model | None = None) -> None:
        self.setup = setup
        self._project = project or Project.open(setup.project)
        model = model or load_model(setup.model)
        if fingerprint(model.network) != setup.weights:
            raise CACError(
                f"the model '{setup.model}' has other weights than when the ranking began; begin it anew"
            )
        self._engines = PassEngines(model, setup.options.rate, setup.device, features=True)

    def read(self, task: ScanTask) -> AskedScan:
        """Read a scan and find what has to be computed.

        Raises
        ------
        CACError
            If it cannot be read.
        """
        return asked_scan(task.entry.id, self._project.read_scan(task.entry), task.slices)

    def outcome(
        self,
        task: ScanTask,
        read: Callable[[], AskedScan],
        progress: Callable[[float], object] | None = None,
        cancelled: Cancelled | None = None,
    ) -> ScanOutcome:
        """Run the passes over a scan.

        Raises
        ------
        RankingCancelledError
            As soon as ``cancelled()`` is true between two batches of slices.
        """
        try:
            asked = read()
        except CACError as error:
            return ScanOutcome(task, None, str(error))
        try:
            setup = self.setup
            found = scan_doubts(
                self._engines, asked, setup.protocol, setup.options, progress=progress, cancelled=cancelled
            )
        except PredictionCancelledError as error:
            raise RankingCancelledError from error
        except CACError as error:
            return ScanOutcome(task, None, str(error), ends_all=True)
        return ScanOutcome(task, found)


def outcome_elsewhere(
    setup: PassSetup, task: ScanTask, workers: int, flag: Path | None = None
) -> ScanOutcome:
    """Run the passes over a scan in a process that was made for it, and return what became of it.

    Parameters
    ----------
    setup, task
        What to do.
    workers
        How many such processes share this machine.
    flag
        A file that appears once the caller cancels.
    """
    try:
        worker = _worker_here(setup, workers)
        return worker.outcome(
            task, lambda: worker.read(task), cancelled=None if flag is None else flag.exists
        )
    except RankingCancelledError as error:
        return ScanOutcome(task, None, str(error))
    except CACError as error:
        return ScanOutcome(task, None, str(error), ends_all=True)


@lru_cache(maxsize=1)
def _worker_here(setup: PassSetup, workers: int) -> PassWorker:
    import SimpleITK as sitk
    import torch

    _end_with_parent()
    # Each worker has its share of the cores: more threads would only compete.
    cores = max(1, available_cores() // workers)
    os.environ[CORES_VARIABLE] = str(cores)
    torch.set_num_threads(cores)
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(cores)
    return PassWorker(setup)


def _end_with_parent() -> None:
    """End this process as soon as its parent is gone: a pool does not notice that it was killed."""
    parent = parent_process()
    if parent is not None:
        sentinel = parent.sentinel

        def watch() -> None:
            connection.wait([sentinel])
            os._exit(1)

        threading.Thread(target=watch, daemon=True).start()
