"""Losses over sparse labels: focal loss of each task, and two ways to join the tasks (MTAL eqs. 1-4).

Reduction. The paper sums over pixels and slices. Here each task's sum is divided by the sum of its class
weights over the labelled pixels of the batch:

    L = -Σ w_c (1 - p_c)^GAMMA log p_c  /  Σ w_c

Both losses are then of the order of 1 at the start, however large slices are and however much of them is
labelled, so that a variance of 1 is a sensible start for the learnt balance, and alpha means the same for
every crop. Within a batch, a task's gradient points the same way as that of the sum.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from CACScoringLib.model.networks import Answer, PreparedNetwork, SingleTaskNetwork
from torch import Tensor, nn
from torch.nn import functional

from .configuration import LossConfig

GAMMA = 2.0
"""Focusing parameter of both tasks."""
NO_CLASS = -1
"""Class of a pixel that takes no part: unlabelled, or for calcium not a candidate."""


class TaskLoss(NamedTuple):
    """Loss of one task, and whether any pixel of the batch had a label for it (0 or 1); scalars."""

    loss: Tensor
    labelled: Tensor


def focal_loss(scores: Tensor, classes: Tensor, other_weight: float) -> TaskLoss:
    """Focal loss over labelled pixels (Lin 2017; MTAL eqs. 1 and 2), reduced as the module says.

    Parameters
    ----------
    scores
        Before softmax, ``(batch, class, row, column)``; class 0 is OTHER.
    classes
        Class of each pixel, ``(batch, row, column)``, :data:`NO_CLASS` where it takes no part.
    other_weight
        Weight of OTHER; every artery, and CAC, weighs 1.

    Returns
    -------
    0 with zero gradients where no pixel has a class. A pixel without class has a gradient of exactly 0.
    """
    taking_part = (classes != NO_CLASS).flatten().nonzero()[:, 0]
    chosen = classes.flatten()[taking_part].long()
    by_pixel = scores.movedim(1, -1).flatten(0, 2).index_select(0, taking_part)
    # classes first: over neighbouring numbers PyTorch's softmax is several times slower on a processor
    log_all = functional.log_softmax(by_pixel.float().t().contiguous(), dim=0)
    log_p = log_all.gather(0, chosen[None])[0]
    weight = torch.where(chosen == 0, other_weight, 1.0)
    # 1 - p by expm1 keeps its digits where p is close to 1.
    total = -(weight * torch.expm1(log_p).neg() ** GAMMA * log_p).sum()
    labelled = torch.tensor(float(taking_part.numel() > 0), device=total.device)
    return TaskLoss(total / weight.sum().clamp(min=other_weight), labelled)


class StaticWeighting(nn.Module):
    """``alpha L_R + (1 - alpha) L_L`` (MTAL eq. 3)."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, region: TaskLoss, lesion: TaskLoss) -> Tensor:
        """Join the losses of the two tasks."""
        return self.alpha * region.loss + (1 - self.alpha) * lesion.loss


class UncertaintyWeighting(nn.Module):
    """``L_R / v_R + L_L / v_L + log(v_R) / 2 + log(v_L) / 2`` (MTAL eq. 4; Kendall 2018).

    The variances v, which the paper calls sigma squared, are learnt by their logarithms.
    A task without a labelled pixel in the batch leaves its variance alone: otherwise it would fall for ever
    where only one of the two kinds of label was made.
    """

    def __init__(self) -> None:
        super().__init__()
        self.log_variance = nn.Parameter(torch.zeros(2))

    def forward(self, region: TaskLoss, lesion: TaskLoss) -> Tensor:
        """Join the losses of the two tasks."""
        losses = torch.stack([region.loss, lesion.loss])
        labelled = torch.stack([region.labelled, lesion.labelled])
        return (labelled * (torch.exp(-self.log_variance) * losses + self.log_variance / 2)).sum()


class Objective(NamedTuple):
    """What a step minimises, and the loss of each task beside it; scalars."""

    total: Tensor
    region: TaskLoss
    lesion: TaskLoss


class LearningNetwork(nn.Module):
    """A network together with what joins its losses: one module to optimise, distribute and store.

    Parameters
    ----------
    network
        One of :mod:`CACScoringLib.model.networks`. The single-task network has no region answer; its loss is
        the focal loss over candidates with a class per artery.
    config
        How losses are joined.
    """

    def __init__(self, network: nn.Module, config: LossConfig) -> None:
        super().__init__()
        self.network = network
        core = network.network if isinstance(network, PreparedNetwork) else network
        balanced = config.weighting == "uncertainty" and not isinstance(core, SingleTaskNetwork)
        self.weighting = UncertaintyWeighting() if balanced else StaticWeighting(config.alpha)
        self.other_weights = config.region_other_weight, config.lesion_other_weight

    def forward(self, image: Tensor, region: Tensor, lesion: Tensor) -> Objective:
        """Return the objective of a batch.

        Parameters
        ----------
        image
            ``(batch, 2, row, column)``.
        region
            Region class of each pixel, ``(batch, row, column)``.
        lesion
            Artery class of each labelled candidate pixel, likewise: 0 OTHER, 1 LAD, …
        """
        return self.objective(self.network(image), region, lesion)

    def objective(self, answer: Answer | Tensor, region: Tensor, lesion: Tensor) -> Objective:
        """Return the objective of answers already given; arguments otherwise as for a batch."""
        of_region, of_lesion = self.other_weights
        if not isinstance(answer, Answer):
            task = focal_loss(answer, lesion, of_lesion)
            return Objective(task.loss, TaskLoss(torch.zeros_like(task.loss), task.labelled * 0), task)
        tasks = (
            focal_loss(answer.region, region, of_region),
            focal_loss(answer.lesion, lesion.clamp(max=1), of_lesion),
        )
        return Objective(self.weighting(*tasks), *tasks)
