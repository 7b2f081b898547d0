"""Slices as tensors: what the network sees, and the class of each pixel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from CACScoringLib.model.inputs import network_input
from CACScoringLib.model.networks import Answer
from CACScoringLib.schemes import UNLABELLED, label_scheme
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from .augmentation import LabelledSlice, augmented, filled_up
from .batches import balanced_batches
from .configuration import TrainingConfig
from .losses import NO_CLASS
from .slice_cache import SliceCache
from .split import SliceReference


class Example(NamedTuple):
    """A slice, or a batch of slices with one more axis in front.

    Parameters
    ----------
    image
        Scaled HU and candidate mask, ``(2, row, column)``, float32.
    region, lesion
        Class of each pixel, ``(row, column)``, int8: 0 OTHER, 1 LAD, 2 LCX, 3 RCA, 4 LM where kept apart;
        :data:`NO_CLASS` where unlabelled, and in ``lesion`` also where there is no candidate.
    """

    image: Tensor
    region: Tensor
    lesion: Tensor


class Draw(NamedTuple):
    """One use of a slice.

    Parameters
    ----------
    reference
        Which slice.
    chance
        Seeds of its random changes; None to leave it as it is.
    """

    reference: SliceReference
    chance: tuple[int, ...] | None = None


class SliceDataset(Dataset[Example]):
    """Slices of a cache as examples; its keys are :class:`Draw`, not numbers."""

    def __init__(self, cache: SliceCache, config: TrainingConfig) -> None:
        self.cache, self.config = cache, config

    def __getitem__(self, draw: Draw) -> Example:
        piece = LabelledSlice(*self.cache.slice_of(*draw.reference))
        if draw.chance is not None:
            rng = np.random.default_rng(draw.chance)
            piece = augmented(piece, self.config.augmentation, rng, self.config.crop)
        network = self.config.network
        return example_of(filled_up(piece, 1, network.size_multiple), network.with_lm)


class TrainingBatches:
    """The balanced batches of one epoch after another; ``epoch`` says of which.

    Every process of a distributed run gets its share of each batch.
    """

    def __init__(
        self,
        cache: SliceCache,
        slices: Sequence[SliceReference],
        config: TrainingConfig,
        rank: int,
        ranks: int,
    ) -> None:
        self.epoch = 0
        self._slices, self._config, self._rank, self._ranks = slices, config, rank, ranks
        self._with_calcium = [cache.scans[scan].with_calcium[number] for scan, number in slices]

    def __iter__(self) -> Iterator[list[Draw]]:
        config = self._config
        rng = np.random.default_rng([config.seed, self.epoch])
        batches = balanced_batches(self._with_calcium, config.batch_size, len(self), rng)
        for number, batch in enumerate(batches):
            draws = [
                Draw(self._slices[index], (config.seed, self.epoch, number, place))
                for place, index in enumerate(batch)
            ]
            yield draws[self._rank :: self._ranks]

    def __len__(self) -> int:
        return self._config.batches_per_epoch or max(round(len(self._slices) / self._config.batch_size), 1)


def example_of(piece: LabelledSlice, with_lm: bool) -> Example:
    """Turn HU and label values into what a network sees and should answer."""
    image = network_input(piece.hu[None])[0]
    classes = torch.from_numpy(_class_of_value(with_lm))
    region, lesion = (classes[torch.from_numpy(labels.astype(np.int64))] for labels in piece[1:])
    return Example(image, region, torch.where(image[1] > 0, lesion, torch.tensor(NO_CLASS, dtype=torch.int8)))


def joined(examples: Sequence[Example]) -> Example:
    """Stack slices to a batch; smaller ones are filled up with air without labels."""
    rows = max(example.region.shape[0] for example in examples)
    columns = max(example.region.shape[1] for example in examples)
    air = float(network_input(np.full((1, 1, 1), -1000))[0, 0, 0, 0])
    image = torch.zeros(len(examples), 2, rows, columns)
    image[:, 0] = air
    region, lesion = torch.full((2, len(examples), rows, columns), NO_CLASS, dtype=torch.int8)
    for number, example in enumerate(examples):
        high, wide = example.region.shape
        image[number, :, :high, :wide] = example.image
        region[number, :high, :wide] = example.region
        lesion[number, :high, :wide] = example.lesion
    return Example(image, region, lesion)


def batch_loader(dataset: SliceDataset, batches: Iterable[list[Draw]]) -> DataLoader[Example]:
    """Load batches in their order, in as many processes as the configuration says."""
    workers = dataset.config.workers
    return DataLoader(
        dataset,
        batch_sampler=batches,
        num_workers=workers,
        collate_fn=joined,
        pin_memory=torch.cuda.is_available(),
        persistent_workers=workers > 0,
        # processes forked from one that runs threads may hang
        multiprocessing_context="spawn" if workers else None,
    )


def calcium_and_artery(answer: Answer | Tensor) -> tuple[Tensor, Tensor]:
    """Separate what a network says of calcium from what it says of its artery.

    Parameters
    ----------
    answer
        Of a network; a single-task network answers with the artery itself.

    Returns
    -------
    By how much calcium's class score is above OTHER's, and the class a pixel has if it is calcium: 0 OTHER,
    1 LAD, …; both ``(batch, row, column)``. A pixel is called calcium where the first is above 0.
    """
    if isinstance(answer, Answer):
        return answer.lesion[:, 1] - answer.lesion[:, 0], answer.region.argmax(1)
    best = answer[:, 1:].max(dim=1)
    return best.values - answer[:, 0], best.indices + 1


def _class_of_value(with_lm: bool) -> NDArray[np.int8]:
    """Class of each label value; LM is LAD where it is not kept apart."""
    classes = np.full(256, NO_CLASS, np.int8)
    names = label_scheme(with_lm=with_lm).names
    for label in label_scheme().labels:
        classes[label.value] = names.index(label.name if label.name in names else "LAD")
    assert classes[UNLABELLED] == NO_CLASS
    return classes
