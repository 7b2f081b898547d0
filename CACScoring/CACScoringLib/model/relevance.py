"""Why a lesion got its label: how much each pixel of its slices speaks for that label or against it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from ..errors import CACError
from ..scans.ct_scan import CTScan
from .inputs import CANDIDATE_HU, PADDING_HU, network_input
from .memory import lacks_memory
from .prediction.answers import no_numbers
from .prediction.engines import Device, device_named
from .prediction.matrix import Matrix, candidate_mask
from .prediction.slices import PredictionCancelledError, SliceProgress
from .proposed_lesions import ProposedLesion
from .relevance_target import classes_of, followable, label_log_probability
from .store import Model

BASELINE_HU = 40
"""Soft tissue: the baseline is a slice of nothing else, without candidates."""
STEPS = 32
"""Points at which gradients are taken between baseline and slice."""


@dataclass(frozen=True, eq=False)
class Relevance:
    """How much each pixel speaks for (positive) or against (negative) the label of a lesion.

    The sum over all pixels and both inputs is what the slices add to the log-probability of the label over
    that at the baseline, up to the error of finitely many steps.

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


def explain(
    model: Model,
    scan: CTScan,
    lesion: ProposedLesion,
    device: Device = "auto",
    *,
    keep_lm_apart: bool = False,
    progress: SliceProgress | None = None,
    cancelled: Callable[[], bool] | None = None,
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
        What to explain. Its label may also be OTHER. Voxels that are no candidates of the network, those at
        exactly 130 HU, are left out: their label is no answer of the network.
    keep_lm_apart
        Whether the lesion's LAD does not hold the left main, of a model that knows it.
    progress
        Called with the number of gradients taken, and of all.
    cancelled
        Asked before each gradient.

    Raises
    ------
    PredictionCancelledError
        If the caller cancelled.
    CACError
        If the lesion cannot be explained, the device does not exist, memory does not suffice, or what the
        network answers are no numbers.
    """
    chosen = torch.device(device_named(device))
    lesion = explainable(scan, lesion)
    matrix = Matrix.of(scan, model.config)
    network = followable(model.network).to(chosen).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    classes = classes_of(lesion.label, model.config, keep_lm_apart=keep_lm_apart)
    index, row, column = np.unravel_index(lesion.voxels, scan.geometry.shape)
    slices = np.unique(index)
    done = 0

    def step() -> None:
        nonlocal done
        if cancelled is not None and cancelled():
            raise PredictionCancelledError("the explanation was cancelled; nothing was written")
        done += 1
        if progress is not None:
            progress(done, STEPS * slices.size)

    parts, ends = [], np.zeros(2)
    for each in slices:
        inside = index == each
        places = matrix.upright.places(row[inside], column[inside], matrix.shape)
        pixels = _Pixels(network, classes, matrix.factor, *places, lesion.voxels.size)
        image = matrix.input_of(scan.values[[each]]).to(chosen, memory_format=torch.channels_last)
        try:
            found, slice_ends = _integrated(pixels, image, step)
        except (RuntimeError, MemoryError) as error:
            if lacks_memory(error):
                raise CACError(
                    "there is not enough memory to explain a lesion; close other programs, "
                    "or use --device cpu"
                ) from error
            raise
        ends += slice_ends
        parts.append(_on_scan(found.cpu(), matrix))
    both = np.stack(parts)
    if not (np.isfinite(both).all() and np.isfinite(ends).all()):
        raise no_numbers(model.name)
    return Relevance(lesion, slices, both[:, 0], both[:, 1], *ends.tolist())


def explainable(scan: CTScan, lesion: ProposedLesion) -> ProposedLesion:
    """Return a lesion without the voxels that are no candidates of the network.

    Raises
    ------
    CACError
        If no voxel is left.
    """
    seen = candidate_mask(scan.values.reshape(-1)[lesion.voxels])
    if not seen.any():
        raise CACError(
            f"lesion {lesion.id} cannot be explained: it counts only voxels of exactly {CANDIDATE_HU} HU, "
            "which take their label from the calcium they touch, not from the network; explain another lesion"
        )
    return dataclasses.replace(lesion, voxels=lesion.voxels[seen])


class _Pixels(NamedTuple):
    """What some pixels of an upright slice add to the mean log-probability of a lesion's label."""

    network: nn.Module
    classes: tuple[int, ...]
    factor: int
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    of_voxels: int

    def __call__(self, image: Tensor) -> Tensor:
        scores = label_log_probability(self.network(image), self.classes)[:, None]
        if self.factor > 1:
            scores = functional.interpolate(scores, scale_factor=self.factor, mode="bilinear")
        return scores[:, 0, self.rows, self.columns].sum(dim=1) / self.of_voxels


def _integrated(pixels: _Pixels, image: Tensor, step: Callable[[], None]) -> tuple[Tensor, list[float]]:
    """Relevance of each value of a slice's input, and what the pixels have at the slice and the baseline."""
    from captum.attr import IntegratedGradients

    def target(faded: Tensor) -> Tensor:
        step()
        return pixels(faded)

    baseline = _baseline(image)
    # TensorFloat-32 would cost the third decimal
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        found = IntegratedGradients(target).attribute(
            image, baseline, n_steps=STEPS, method="gausslegendre", internal_batch_size=1
        )
        with torch.inference_mode():
            return found, [float(pixels(image)), float(pixels(baseline))]


def _baseline(image: Tensor) -> Tensor:
    """Soft tissue and no candidate for each pixel of an input that is not padding."""
    padding, tissue = (float(network_input(np.full((1, 1, 1), hu))[0, 0]) for hu in (PADDING_HU, BASELINE_HU))
    hu = image[:, :1]
    return torch.cat([torch.where(hu == padding, hu, tissue), torch.zeros_like(hu)], dim=1)


def _on_scan(found: Tensor, matrix: Matrix) -> NDArray[np.float32]:
    """Bring relevance ``(1, 2, *input_size)`` onto the scan's pixels, ``(2, rows, columns)``; sums stay."""
    spread = found.numpy()[0].repeat(matrix.factor, axis=1).repeat(matrix.factor, axis=2) / matrix.factor**2
    return matrix.upright.back.turned(spread[:, : matrix.rows, : matrix.columns])
