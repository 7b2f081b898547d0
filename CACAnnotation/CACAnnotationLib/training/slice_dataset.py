"""Slices as tensors: what the network sees, and the class of each pixel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from CACScoringLib.model.configuration import NetworkConfig
from CACScoringLib.model.inputs import CANDIDATE_HU, seen_hu
from CACScoringLib.model.networks import Answer
from CACScoringLib.model.prediction.matrix import PADDING_SEEN, Matrix, input_of
from CACScoringLib.schemes import UNLABELLED, label_scheme
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from .augmentation import LabelledSlice, augmented
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
        hu, *labels = self.cache.slice_of(*draw.reference)
        network = self.config.network
        rows, columns = hu.shape
        factor = Matrix(rows, columns, network.size_multiple).factor
        # before anything is changed: no changed value may look like padding, nor padding like anything else
        piece = LabelledSlice(seen_hu(hu), *labels)
        if draw.chance is not None:
            rng = np.random.default_rng(draw.chance)
            piece = augmented(piece, self.config.augmentation, rng, self.config.crop * factor)
        return example_of(piece, network, factor)


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


def example_of(piece: LabelledSlice, network: NetworkConfig, factor: int = 1) -> Example:
    """Turn HU and label values into what a network sees, in prediction as here, and should answer.

    Where ``factor`` pixels along each axis become one, that has the region of the one in their middle, and
    the calcium of any candidate among them.
    """
    image = input_of(piece.hu[None], network.size_multiple, factor)[0]
    rows, columns = image.shape[1:]
    calcium = np.where(piece.hu > CANDIDATE_HU, piece.calcium, np.uint8(UNLABELLED))
    margin = [
        (0, size * factor - length) for size, length in zip((rows, columns), piece.hu.shape, strict=True)
    ]
    regions, calcium = (np.pad(labels, margin) for labels in (piece.regions, calcium))
    regions = regions[factor // 2 :: factor, factor // 2 :: factor]
    calcium = calcium.reshape(rows, factor, columns, factor).max(axis=(1, 3))
    classes = _class_of_value(network.with_lm)
    return Example(image, torch.from_numpy(classes[regions]), torch.from_numpy(classes[calcium]))


def joined(examples: Sequence[Example]) -> Example:
    """Stack slices to a batch; smaller ones are filled up with padding without labels."""
    rows = max(example.region.shape[0] for example in examples)
    columns = max(example.region.shape[1] for example in examples)
    image = torch.zeros(len(examples), 2, rows, columns)
    image[:, 0] = PADDING_SEEN
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
