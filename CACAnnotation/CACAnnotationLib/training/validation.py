"""How well a network does on the validation slices, once it is calibrated on them.

What a network calls calcium before it is calibrated follows from the weight of OTHER in its loss rather than
from what it has learned; with a small weight it calls nearly everything calcium. So epochs are judged by what
the calibration at the end of a run makes of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import torch
from CACScoringLib.agreement.overlap import binary_counts, f1_score, micro_f1
from CACScoringLib.model.calibration import fit_scaling
from CACScoringLib.model.networks import Answer
from numpy.typing import NDArray
from torch import Tensor

from .losses import NO_CLASS, LearningNetwork, Objective
from .processes import Processes
from .slice_dataset import Example, calcium_and_artery

MOST_MARGIN, MARGIN_STEP = 40.0, 0.01
"""Scores of calcium above OTHER are counted up to this, either way, in steps of this."""


class Validation(NamedTuple):
    """Figures over all validation slices; NaN where one is undefined.

    Parameters
    ----------
    micro_f1
        Of calcium by artery, over labelled candidate voxels (MTAL eqs. 5-7), after calibration.
    binary_f1
        Of calcium whatever its artery, likewise.
    region_micro_f1
        Of artery regions, over pixels with a region label.
    loss
        The objective that training minimises, mean over batches.
    region_loss, lesion_loss
        Loss of each task, mean over the batches that have labels for it.
    """

    micro_f1: float
    binary_f1: float
    region_micro_f1: float
    loss: float
    region_loss: float
    lesion_loss: float

    @property
    def rank(self) -> tuple[float, float]:
        """What is larger is better: micro-F1, and of equal ones the smaller loss."""
        return (0.0 if np.isnan(self.micro_f1) else self.micro_f1, -self.loss)


@torch.inference_mode()
def validate(
    learner: LearningNetwork, batches: Iterable[Example], classes: int, processes: Processes, *, bf16: bool
) -> Validation:
    """Run a network over this process' share of the validation slices and gather all processes' counts.

    Parameters
    ----------
    learner
        Network and losses; left in evaluation mode.
    batches
        Slices as they are, without augmentation.
    classes
        Number of region classes, OTHER included.
    processes
        Of the run.
    bf16
        Whether to compute in bfloat16.
    """
    learner.eval()
    calcium = torch.zeros(_MARGINS.size, classes, classes, dtype=torch.float64)
    regions = torch.zeros(classes, classes, dtype=torch.float64)
    losses = torch.zeros(2, 3, dtype=torch.float64)
    for batch in batches:
        image, region, lesion = (each.to(processes.device) for each in batch)
        image = image.to(memory_format=torch.channels_last)
        with torch.autocast(processes.device.type, torch.bfloat16, enabled=bf16):
            answer = learner.network(image)
        objective = learner.objective(answer, region, lesion)
        calcium += _confusion_by_margin(lesion, *calcium_and_artery(answer), classes)
        if isinstance(answer, Answer):
            regions += _confusion(region, answer.region.argmax(1), classes)
        losses += losses_of(objective)
    calcium, regions, losses = (processes.summed(each) for each in (calcium, regions, losses))
    by_artery = _calibrated(calcium.numpy())
    loss, region_loss, lesion_loss = (losses[0] / losses[1]).tolist()
    return Validation(
        float(micro_f1(by_artery)),
        float(f1_score(*binary_counts(by_artery))),
        float(micro_f1(regions.numpy())),
        loss,
        region_loss,
        lesion_loss,
    )


def _confusion_by_margin(reference: Tensor, margin: Tensor, artery: Tensor, classes: int) -> Tensor:
    """Count labelled candidates by step of the margin, true class and artery ``(margin, class, class)``."""
    labelled = reference != NO_CLASS
    step = (margin[labelled].float() / MARGIN_STEP).round().nan_to_num().long()
    step = step.clamp(-(_MARGINS.size // 2), _MARGINS.size // 2) + _MARGINS.size // 2
    cells = (step * classes + reference[labelled]) * classes + artery[labelled]
    counts = torch.bincount(cells, minlength=_MARGINS.size * classes**2)
    return counts.reshape(_MARGINS.size, classes, classes).double().cpu()


def _calibrated(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Confusion of calcium by artery once margins are calibrated, from :func:`_confusion_by_margin`."""
    other, calcium = counts[:, 0].sum(axis=1), counts[:, 1:].sum(axis=(1, 2))
    called = _MARGINS > 0
    if calcium.any():
        margins, times = np.tile(_MARGINS, 2), np.concatenate([other, calcium])
        scores = np.stack([np.zeros_like(margins), margins], axis=1)
        scaled = fit_scaling(scores, np.repeat([0, 1], _MARGINS.size), times)(scores[: _MARGINS.size])
        called = scaled[:, 1] > scaled[:, 0]
    confusion = counts[called].sum(axis=0)
    confusion[:, 0] += counts[~called].sum(axis=(0, 2))
    return confusion


_MARGINS = MARGIN_STEP * np.arange(-round(MOST_MARGIN / MARGIN_STEP), round(MOST_MARGIN / MARGIN_STEP) + 1)


def losses_of(objective: Objective) -> Tensor:
    """Loss in all, of regions and of calcium, and below them how many batches had labels for it.

    Sums over batches of the upper row over those of the lower one are means. Float64, on the CPU.
    """
    tasks = [objective.region, objective.lesion]
    found = [float(objective.total.detach()), *(float(task.loss.detach()) for task in tasks)]
    return torch.tensor([found, [1.0, *(float(task.labelled) for task in tasks)]], dtype=torch.float64)


def _confusion(reference: Tensor, test: Tensor, classes: int) -> Tensor:
    """Count labelled pixels by class, rows reference, columns test; float64, on the CPU."""
    labelled = reference != NO_CLASS
    pairs = reference[labelled].long() * classes + test[labelled]
    return torch.bincount(pairs, minlength=classes**2).reshape(classes, classes).double().cpu()
