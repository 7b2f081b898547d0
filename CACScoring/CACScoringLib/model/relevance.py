"""Why a lesion got its label: how much each pixel of its slices speaks for that label or against it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ..errors import CACError
from ..scans.ct_scan import CTScan
from ..schemes import label_scheme
from ..scoring.protocol import ScoringProtocol
from ..scoring.scores import counted_calcium
from .inputs import PADDING_HU, network_input
from .prediction.engines import Device, device_named
from .prediction.matrix import Matrix
from .prediction.slices import Progress
from .relevance_target import classes_of, followable, label_log_probability
from .store import Model

BASELINE_HU = 40
"""Soft tissue: the baseline is a slice of nothing else, without candidates."""
STEPS = 32
"""Points at which gradients are taken between baseline and slice."""


@dataclass(frozen=True, eq=False)
class ProposedLesion:
    """A lesion of a proposal.

    Parameters
    ----------
    id
        Its number in the proposal, from 1.
    label
        Name of its label.
    voxels
        Ascending flat indices into an array ``[slice, row, column]``.
    """

    id: int
    label: str
    voxels: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Relevance:
    """How much each pixel speaks for (positive) or against (negative) the label of a lesion.

    The sum over all pixels and both inputs is what the slices add to the log-probability of the label over
    that at the baseline, up to :attr:`gap`.

    Parameters
    ----------
    lesion
        The lesion.
    slices
        Ascending indices of the slices that hold it; the network sees each of them on its own.
    hu, candidates
        Relevance of the HU and of the mask of candidates, float32 ``[slice, row, column]`` of these slices.
    log_probability, at_baseline
        Mean over the lesion's voxels of the natural logarithm of the probability of its label, as the network
        answers for the scan and for the baseline.
    """

    lesion: ProposedLesion
    slices: NDArray[np.intp]
    hu: NDArray[np.float32]
    candidates: NDArray[np.float32]
    log_probability: float
    at_baseline: float

    @property
    def both(self) -> NDArray[np.float32]:
        """Relevance of both inputs together, ``[slice, row, column]`` of the lesion's slices."""
        return self.hu + self.candidates

    @property
    def probability(self) -> float:
        """Probability of the label, the geometric mean over the lesion's voxels."""
        return float(np.exp(self.log_probability))

    @property
    def gap(self) -> float:
        """By how much the sum misses the difference of the log-probabilities; 0 with infinite steps."""
        total = float(self.both.sum(dtype=np.float64))
        return total - (self.log_probability - self.at_baseline)


def proposed_lesion(
    scan: CTScan, cac: NDArray[np.uint8], protocol: ScoringProtocol, lesion: int
) -> ProposedLesion:
    """Find a lesion of a proposal by its number among the scored lesions.

    Parameters
    ----------
    scan, cac, protocol
        The scan, the proposed labels ``[slice, row, column]``, and how they were scored.
    lesion
        Number from 1, as :class:`LesionScore` counts.

    Raises
    ------
    CACError
        If there is no such lesion; those there are are named.
    """
    calcium, components = counted_calcium(scan, cac, protocol)
    _, first, number = np.unique(components.in_volume, return_index=True, return_inverse=True)
    if not first.size:
        raise CACError(f"there is no lesion {lesion} to explain: the model proposes none in this scan")
    if not 1 <= lesion <= first.size:
        there = "1" if first.size == 1 else f"1 to {first.size}"
        raise CACError(f"there is no lesion {lesion} to explain; this proposal has {there}")
    chosen = np.argsort(first)[lesion - 1]
    label = label_scheme().of_value(int(calcium.artery[first[chosen]])).name
    return ProposedLesion(lesion, label, calcium.voxels[number == chosen])


def explain(
    model: Model,
    scan: CTScan,
    lesion: ProposedLesion,
    device: Device = "auto",
    *,
    keep_lm_apart: bool = False,
    progress: Progress | None = None,
) -> Relevance:
    """Follow the label of a lesion back to the pixels that led to it, by integrated gradients.

    Integrated gradients (Sundararajan 2017) fade a slice in from a baseline that tells the network nothing,
    and sum up what each pixel contributes to the log-probability of the label on the way. Contributions add
    up to all that the slice has over the baseline. The baseline is soft tissue everywhere and no candidate;
    padding stays padding.

    Parameters
    ----------
    model, scan, device
        What to run, on what, where; in float32 whatever the precision of the proposal.
    lesion
        What to explain. Its label may also be OTHER.
    keep_lm_apart
        Whether the lesion's LAD does not hold the left main, of a model that knows it.
    progress
        Called with the number of slices done, and of all.

    Raises
    ------
    CACError
        If the device does not exist or memory does not suffice.
    """
    from captum.attr import IntegratedGradients

    chosen = torch.device(device_named(device))
    matrix = Matrix.of(scan, model.config)
    network = followable(model.network).to(chosen).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    classes = classes_of(lesion.label, model.config, keep_lm_apart=keep_lm_apart)
    index, row, column = np.unravel_index(lesion.voxels, scan.geometry.shape)
    slices = np.unique(index)
    parts, ends = [], np.zeros(2)
    for number, each in enumerate(slices):
        inside = index == each

        def target(image: Tensor, rows: NDArray = row[inside], columns: NDArray = column[inside]) -> Tensor:
            scores = label_log_probability(network(image), classes)
            if matrix.factor > 1:
                scores = functional.interpolate(scores[:, None], scale_factor=matrix.factor, mode="bilinear")[
                    :, 0
                ]
            return scores[:, rows, columns].sum(dim=1) / lesion.voxels.size

        image = matrix.input_of(scan.values[[each]]).to(chosen, memory_format=torch.channels_last)
        baseline = _baseline(image)
        found = IntegratedGradients(target).attribute(
            image, baseline, n_steps=STEPS, method="gausslegendre", internal_batch_size=1
        )
        with torch.inference_mode():
            ends += [float(target(image)), float(target(baseline))]
        parts.append(_on_scan(found.cpu(), matrix))
        if progress is not None:
            progress(number + 1, slices.size)
    both = np.stack(parts)
    return Relevance(lesion, slices, both[:, 0], both[:, 1], *ends.tolist())


def _baseline(image: Tensor) -> Tensor:
    """Soft tissue and no candidate for each pixel of an input that is not padding."""
    padding, tissue = (float(network_input(np.full((1, 1, 1), hu))[0, 0]) for hu in (PADDING_HU, BASELINE_HU))
    hu = image[:, :1]
    return torch.cat([torch.where(hu == padding, hu, tissue), torch.zeros_like(hu)], dim=1)


def _on_scan(found: Tensor, matrix: Matrix) -> NDArray[np.float32]:
    """Bring relevance ``(1, 2, *input_size)`` onto the scan's pixels, ``(2, rows, columns)``; sums stay."""
    spread = found.numpy()[0].repeat(matrix.factor, axis=1).repeat(matrix.factor, axis=2) / matrix.factor**2
    return spread[:, : matrix.rows, : matrix.columns]
