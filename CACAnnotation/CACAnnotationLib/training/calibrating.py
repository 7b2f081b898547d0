"""Calibrating a network on the validation slices, at the end of a run (Guo 2017; Platt 1999)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import torch
from CACScoringLib.model.calibration import (
    Reliability,
    Scaling,
    fit_scaling,
    fit_temperature,
    reliability,
)
from CACScoringLib.model.networks import Answer
from CACScoringLib.model.scaling import calibrated_tasks, fold_scaling
from numpy.typing import NDArray
from scipy.special import softmax
from torch import Tensor, nn

from .losses import NO_CLASS
from .slice_dataset import Example

MOST_PIXELS = {"region": 500_000, "lesion": 4_000_000}
"""Of each task; more would make the fit slower and hardly better. Calcium is rare among candidates."""


class TaskCalibration(NamedTuple):
    """Calibration of one task's probabilities on the validation slices.

    For calcium, predicted is the probability of CAC; for regions, that of the class that wins.

    Parameters
    ----------
    scaling
        What was done to class scores; nothing where they were left alone.
    before, after
        How probabilities came true before and after that.
    """

    scaling: Scaling
    before: Reliability
    after: Reliability

    def as_document(self) -> dict[str, Any]:
        """Return what a model's card says of it; undefined figures are None."""
        figures: dict[str, Any] = {
            "temperature": self.scaling.temperature,
            "shift_of_other": self.scaling.shift,
            "expected_calibration_error_before": self.before.expected_calibration_error,
            "expected_calibration_error": self.after.expected_calibration_error,
            "error_above_first_bin_before": self.before.error_above_first_bin,
            "error_above_first_bin": self.after.error_above_first_bin,
        }
        return {name: None if value != value else value for name, value in figures.items()} | {
            "voxels": int(self.after.count.sum())
        }


def calibrate(
    network: nn.Module, slices: Iterable[Example], device: torch.device, seed: int
) -> dict[str, TaskCalibration]:
    """Fit a scaling for each task that can have one, and make it part of the network.

    Regions get a temperature alone: how often a region occurs among labelled pixels follows from how readers
    draw, not from the heart, and says nothing of how probable it is.

    Parameters
    ----------
    network
        The best one of a run; changed in place.
    slices
        Batches of validation slices.
    device
        Where to compute; the network is left there.
    seed
        Draws the pixels that are used where there are more than :data:`MOST_PIXELS`.

    Returns
    -------
    ``region`` and ``lesion``; a task without any labelled pixel is missing.
    """
    network = network.eval().to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    found = {}
    for task, pixels in _drawn_pixels(network, slices, device, seed).items():
        scores, classes = pixels.chosen()
        if classes.size:
            scaling = _FITTED[task](scores, classes) if task in calibrated_tasks(network) else Scaling()
            before, after = (_COMPARED[task](each(scores), classes) for each in (Scaling(), scaling))
            found[task] = TaskCalibration(scaling, before, after)
    fold_scaling(network, {task: found[task].scaling for task in calibrated_tasks(network) if task in found})
    return found


@torch.inference_mode()
def _drawn_pixels(
    network: nn.Module, slices: Iterable[Example], device: torch.device, seed: int
) -> dict[str, _DrawnPixels]:
    drawn: dict[str, _DrawnPixels] = {}
    for batch in slices:
        answer = network(batch.image.to(device))
        if isinstance(answer, Answer):
            tasks = {
                "lesion": (answer.lesion, batch.lesion.clamp(max=1)),
                "region": (answer.region, batch.region),
            }
        else:
            tasks = {"lesion": (answer, batch.lesion)}
        for task, (scores, classes) in tasks.items():
            pixels = drawn.setdefault(task, _DrawnPixels(MOST_PIXELS[task], np.random.default_rng(seed)))
            pixels.add(scores, classes)
    return drawn


class _DrawnPixels:
    """At most so many of all pixels added; every one is as likely as any other to be among them."""

    def __init__(self, most: int, rng: np.random.Generator) -> None:
        self._most, self._rng = most, rng
        self._kept: list[tuple[NDArray[np.float64], NDArray[np.float32], NDArray[np.int8]]] = []

    def add(self, scores: Tensor, classes: Tensor) -> None:
        """Add a batch: scores ``(batch, class, row, column)``, and the class of each pixel that has one."""
        labelled = classes != NO_CLASS
        chosen = scores.movedim(1, -1)[labelled.to(scores.device)].float().cpu().numpy()
        lot = self._rng.random(len(chosen))
        self._kept.append((lot, chosen, classes[labelled].numpy()))
        if sum(len(lot) for lot, *_ in self._kept) > 2 * self._most:
            self._kept = [self._smallest()]

    def chosen(self) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
        """Scores ``(pixel, class)``, and classes."""
        _, scores, classes = self._smallest()
        return scores.astype(np.float64), classes

    def _smallest(self) -> tuple[NDArray[np.float64], NDArray[np.float32], NDArray[np.int8]]:
        lot, scores, classes = (np.concatenate(each) for each in zip(*self._kept, strict=True))
        first = np.argsort(lot)[: self._most]
        return lot[first], scores[first], classes[first]


def _of_calcium(scores: NDArray[np.float64], classes: NDArray[np.int8]) -> Reliability:
    return reliability((1 - softmax(scores, axis=1)[:, 0]).clip(0, 1), classes > 0)


def _of_winner(scores: NDArray[np.float64], classes: NDArray[np.int8]) -> Reliability:
    return reliability(softmax(scores, axis=1).max(axis=1), scores.argmax(axis=1) == classes)


def _by_temperature(scores: NDArray[np.float64], classes: NDArray[np.int8]) -> Scaling:
    return Scaling(fit_temperature(scores, classes))


_FITTED = {"region": _by_temperature, "lesion": fit_scaling}
_COMPARED = {"region": _of_winner, "lesion": _of_calcium}
