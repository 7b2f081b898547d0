"""The training loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from CACScoringLib.errors import CACError
from CACScoringLib.model.memory import lacks_memory
from CACScoringLib.model.prediction.engines import Device
from CACScoringLib.model.prediction.matrix import Matrix
from torch.utils.data import DataLoader

from .averaging import WeightAverage
from .best_model import MODEL_NAME, best_network, save_best
from .calibrating import calibrate
from .cancelling import stop_if
from .checkpoint import CHECKPOINT_NAME, Progress, load_checkpoint, safe_until, save_checkpoint
from .configuration import TrainingConfig
from .first_weights import new_learner
from .folder_lock import locked
from .frozen_labels import PROJECT_FILE, frozen
from .history import Row, draw_curves, write_metrics
from .listener import TrainingListener
from .losses import LearningNetwork, UncertaintyWeighting
from .processes import Processes, joined_processes
from .run_record import Record, check_or_write, make_record
from .slice_cache import SliceCache, cached_slices
from .slice_dataset import Draw, Example, SliceDataset, TrainingBatches, batch_loader
from .split import Split, split_by_patient
from .tensorboard_log import TensorBoardLog
from .validation import Validation, losses_of, validate

CACHE_NAME, LABELS_NAME = "slices", "labels"
_RUN_LOCK = ".run.lock"


class TrainingRun(NamedTuple):
    """A run that ended.

    Parameters
    ----------
    model
        Folder of the best model.
    progress
        What was reached.
    """

    model: Path
    progress: Progress


def train(
    data: Path,
    config: TrainingConfig,
    out: Path,
    *,
    device: Device = "auto",
    start_from: str | None = None,
    cache: Path | None = None,
    listener: TrainingListener | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> TrainingRun:
    """Train a network, or go on with a run that was stopped or killed.

    Parameters
    ----------
    data
        Folder of labelled scans, or a project, whose slices that are signed off are learnt from as they are
        when the run begins, divided as the project's patients are.
    config
        What to train, and how.
    out
        Folder of the run: ``model/``, ``run.json``, ``metrics.csv``, ``curves.png``, ``reliability.png``,
        ``tensorboard/``, ``checkpoint.pt``.
    device
        ``"auto"``, ``"cpu"`` or ``"cuda"``.
    start_from
        Name or folder of a model whose weights to start from instead of fresh ones.
    cache
        Folder for slices read from the data, to be shared by several runs; ``out/slices`` if None.
    listener
        Told how the run gets on.
    cancelled
        Asked after each scan that is read, and before each batch that is learned from, validated or
        calibrated on; of several processes, each asks its own.

    Raises
    ------
    TrainingCancelledError
        As soon as ``cancelled()`` is true; called again, the run goes on after its last whole epoch.
    CACError
        For data without enough labels, a batch that processes cannot share evenly, another run in ``out`` or
        another process that trains there, a full disk, too little memory, or a loss that is no number.
    """
    listener = listener or TrainingListener()
    with joined_processes(device) as processes, ExitStack() as stack:
        if config.batch_size % processes.ranks:
            raise CACError(
                f"batch_size is {config.batch_size}; with {processes.ranks} processes it must be a multiple "
                "of their number"
            )
        folder = cache or out / CACHE_NAME
        found: SliceCache | None = None

        def reading(done: int, scans: int) -> None:
            listener.caching(done, scans)
            stop_if(cancelled, 0)

        def waiting() -> None:
            listener.waiting(folder)
            stop_if(cancelled, 0)

        if processes.leads:
            stack.enter_context(locked(out / _RUN_LOCK))
            if (data / PROJECT_FILE).is_file():
                data = frozen(data, out / LABELS_NAME)
            found = stack.enter_context(cached_slices(data, folder, reading, waiting))
        slices = processes.from_leader(found)
        split = split_by_patient(slices, config.validation_share, config.seed)
        torch.manual_seed(config.seed)
        learner, start_weights = new_learner(config, start_from)
        record = make_record(config, slices, split, start_weights, processes.ranks)
        if processes.leads:
            check_or_write(out, record)
        trainer = Trainer(config, slices, split, learner, record, processes, out, listener, cancelled)
        try:
            return trainer.run()
        except (MemoryError, RuntimeError) as error:
            if not lacks_memory(error):
                raise
            raise CACError("the memory is full; choose a smaller batch_size or crop") from error


class Trainer:
    """One run: its network, its optimiser and what they have reached; :meth:`run` does the work."""

    def __init__(
        self,
        config: TrainingConfig,
        cache: SliceCache,
        split: Split,
        learner: LearningNetwork,
        record: Record,
        processes: Processes,
        out: Path,
        listener: TrainingListener,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        self.config, self.split, self.record, self.processes = config, split, record, processes
        self.out, self.listener, self.cancelled, self.learner = out, listener, cancelled, learner
        self.progress = Progress()
        self.shared = processes.prepared(learner)
        self.average = WeightAverage(learner.network, config.averaging)
        self.judged = LearningNetwork(self.average.network, config.loss)
        self.judged.weighting = learner.weighting
        self.optimizer = torch.optim.Adam(
            [
                {"params": learner.network.parameters(), "weight_decay": config.weight_decay},
                # a penalty on log σ² would pull the learnt balance back to where it started
                {"params": learner.weighting.parameters(), "weight_decay": 0.0},
            ],
            lr=config.learning_rate,
        )
        self.dataset = SliceDataset(cache, config)
        self.batches = TrainingBatches(cache, split.training, config, processes.rank, processes.ranks)
        self.training: DataLoader[Example] = batch_loader(self.dataset, self.batches)
        self.validation: DataLoader[Example] = batch_loader(self.dataset, list(self._validation_batches()))

    def run(self) -> TrainingRun:
        """Train until the last epoch or until validation has not improved for long enough."""
        self._go_on()
        self.listener.starting(self.record, self.progress, self.processes.device.type)
        log = TensorBoardLog(self.out, self.progress.history) if self.processes.leads else None
        while not self._finished():
            row, validation = self._epoch(self.progress.epochs)
            better = validation.rank > tuple(self.progress.best_rank)
            self._reached(row, validation, better)
            if log:
                self._store(log, row, better)
            self.listener.epoch(row, self.progress.best_epoch)
        if self.processes.leads:
            self._end()
        return TrainingRun(self.out / MODEL_NAME, self.progress)

    def _finished(self) -> bool:
        return self.progress.ended(self.config.epochs, self.config.patience)

    def _go_on(self) -> None:
        """Take up what the last whole epoch left, if there was one."""
        path = self.out / CHECKPOINT_NAME
        if path.is_file():
            self.progress, learner, optimizer = load_checkpoint(path)
            self.learner.load_state_dict(learner)
            self.optimizer.load_state_dict(optimizer)
            if self.config.averaging:
                self.average.network.load_state_dict(self.progress.average)
        self.processes.wait_for_all()

    def _epoch(self, epoch: int) -> tuple[Row, Validation]:
        """Train on an epoch's batches and validate; everything random in it follows from seed and epoch."""
        started = time.perf_counter()
        config = self.config
        seeds = np.random.SeedSequence([config.seed, epoch, self.processes.rank])
        torch.manual_seed(int(seeds.generate_state(1)[0]))
        self.batches.epoch = epoch
        rate = config.learning_rate * config.decay ** (epoch // config.decay_epochs)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.shared.train()
        sums = torch.zeros(2, 3, dtype=torch.float64)
        for done, batch in enumerate(self.training, start=1):
            stop_if(self.cancelled, epoch)
            sums += self._step(batch)
            self.average.follow(epoch * len(self.batches) + done)
            self.listener.batch(done, len(self.batches), float(sums[0, 0] / sums[1, 0]))
        sums = self.processes.summed(sums)
        total, region, lesion = (sums[0] / sums[1]).tolist()
        if not np.isfinite(total):
            raise CACError(
                f"the loss of epoch {epoch + 1} is no number: lower learning_rate, or choose precision fp32"
                f"{safe_until(epoch)}"
            )
        validation = validate(
            self.judged,
            self._told(self.validation, self.listener.validating),
            len(config.network.region_classes),
            self.processes,
            bf16=config.precision == "bf16",
        )
        row = {"epoch": epoch + 1.0, "learning_rate": rate, "loss": total}
        row |= {"region_loss": region, "lesion_loss": lesion} | self._balance()
        row |= {f"validation_{name}": value for name, value in validation._asdict().items()}
        return row | {"seconds": time.perf_counter() - started}, validation

    def _step(self, batch: Example) -> torch.Tensor:
        """Learn from a batch; returns its :func:`losses_of`."""
        image, region, lesion = (each.to(self.processes.device, non_blocking=True) for each in batch)
        image = image.to(memory_format=torch.channels_last)
        with torch.autocast(image.device.type, torch.bfloat16, enabled=self.config.precision == "bf16"):
            objective = self.shared(image, region, lesion)
        self.optimizer.zero_grad(set_to_none=True)
        objective.total.backward()
        self.optimizer.step()
        return losses_of(objective)

    def _balance(self) -> Row:
        """What the uncertainty weighting has learnt: σ² of each task."""
        if not isinstance(self.learner.weighting, UncertaintyWeighting):
            return {}
        region, lesion = self.learner.weighting.log_variance.detach().exp().tolist()
        return {"region_variance": region, "lesion_variance": lesion}

    def _reached(self, row: Row, validation: Validation, better: bool) -> None:
        self.progress.epochs += 1
        self.progress.history.append(row)
        weights = {
            name: value.detach().cpu().clone() for name, value in self.average.network.state_dict().items()
        }
        self.progress.average = weights if self.config.averaging else {}
        if better:
            self.progress.best_epoch, self.progress.best_rank = self.progress.epochs, validation.rank
            self.progress.best_network = weights

    def _store(self, log: TensorBoardLog, row: Row, better: bool) -> None:
        """Write the checkpoint first: all else can be made from it again."""
        save_checkpoint(
            self.out / CHECKPOINT_NAME, self.progress, self.learner.state_dict(), self.optimizer.state_dict()
        )
        write_metrics(self.out, self.progress.history)
        log.add(row)
        if better:
            network = best_network(self.config, self.progress)
            save_best(self.out, network, self.config, self.record, self.progress)

    def _end(self) -> None:
        """Calibrate the best model; done again, with the same result, where a kill came between."""
        network = best_network(self.config, self.progress)
        # one slice at a time: in full precision more might not fit the device
        draws = [[Draw(reference)] for reference in self.split.validation]
        slices = self._told(batch_loader(self.dataset, draws), self.listener.calibrating)
        calibration = calibrate(network, slices, self.processes.device, self.config.seed)
        save_best(self.out, network, self.config, self.record, self.progress, calibration)
        draw_curves(self.out, self.progress.history, self.progress.best_epoch)

    def _validation_batches(self) -> Iterator[list[Draw]]:
        """This process' slices; those of a batch need no filling up to each other's size."""
        by_size: dict[tuple[int, int], list[Draw]] = {}
        for reference in self.split.validation[self.processes.rank :: self.processes.ranks]:
            matrix = Matrix(
                *self.dataset.cache.scans[reference.scan].matrix, self.config.network.size_multiple
            )
            by_size.setdefault(matrix.input_size, []).append(Draw(reference))
        for draws in by_size.values():
            for first in range(0, len(draws), self.config.batch_size):
                yield draws[first : first + self.config.batch_size]

    def _told(self, batches: DataLoader[Example], tell: Callable[[int, int], None]) -> Iterator[Example]:
        """Pass on batches unless the caller asks to stop, and tell after each how many of all are done."""
        for done, batch in enumerate(batches, start=1):
            stop_if(self.cancelled, self.progress.epochs)
            yield batch
            tell(done, len(batches))
