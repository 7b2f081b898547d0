"""Two models on the same validation slices."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from CACScoringLib.model.store import load_model

from ..training.cancelling import stop_if
from ..training.configuration import TrainingConfig
from ..training.losses import LearningNetwork
from ..training.processes import joined_processes
from ..training.slice_cache import cached_slices
from ..training.slice_dataset import Draw, Example, SliceDataset, batch_loader
from ..training.split import split_by_patient
from ..training.validation import validate

if TYPE_CHECKING:
    from CACScoringLib.model.prediction.engines import Device
    from torch.utils.data import DataLoader


class ModelFigures(NamedTuple):
    """How well a model does on validation slices, see :class:`~..training.validation.Validation`."""

    micro_f1: float
    binary_f1: float
    region_micro_f1: float


def figures_of(
    model: Path,
    labels: Path,
    cache: Path,
    config: TrainingConfig,
    *,
    device: Device,
    progress: Callable[[int, int], object],
    cancelled: Callable[[], bool] | None,
) -> ModelFigures:
    """Run a model over the validation slices of frozen labels.

    Parameters
    ----------
    model
        Its folder.
    labels, cache
        Frozen labels, and the cache of their slices.
    config
        What decides how slices are shown, but for the network, which is the model's own.
    device
        Where to compute.
    progress
        Told how many slices are done, of how many.
    cancelled
        Asked before each slice.
    """
    loaded = load_model(str(model))
    own = dataclasses.replace(config, network=loaded.config, crop=0, workers=0)
    with joined_processes(device) as processes, cached_slices(labels, cache) as slices:
        learner = LearningNetwork(processes.prepared(loaded.network), own.loss)
        # One at a time: slices of several sizes are not filled up to each other's.
        draws = [[Draw(each)] for each in split_by_patient(slices, own.validation_share, own.seed).validation]
        loader = batch_loader(SliceDataset(slices, own), draws)
        batches = _watched(loader, progress, cancelled)
        found = validate(learner, batches, len(own.network.region_classes), processes, bf16=False)
    return ModelFigures(found.micro_f1, found.binary_f1, found.region_micro_f1)


def _watched(
    batches: DataLoader[Example], progress: Callable[[int, int], object], cancelled: Callable[[], bool] | None
) -> Iterator[Example]:
    """Pass on batches unless the caller asks to stop, and tell after each how many of all are done."""
    for done, batch in enumerate(batches, start=1):
        stop_if(cancelled, 0)
        yield batch
        progress(done, len(batches))
