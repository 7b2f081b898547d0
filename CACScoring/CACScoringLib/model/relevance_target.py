"""How strongly a network gives pixels a label, as one number that can be followed back to its input."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .configuration import NetworkConfig
from .networks import Answer, PreparedNetwork, SequentialNetwork
from .prediction.folding import folded


def label_log_probability(answer: Answer | Tensor, classes: Sequence[int]) -> Tensor:
    """Log-probability that a proposal labels a candidate so, for each pixel.

    An artery's label is the product of both tasks: log p(CAC) + log p(artery). OTHER is everything else: a
    candidate is OTHER where it is no calcium or lies in no artery.

    Parameters
    ----------
    answer
        Class scores of a network, ``(batch, class, row, column)``.
    classes
        Region classes that are proposed under this label: that of OTHER, or those of one artery.

    Returns
    -------
    Natural logarithm, ``(batch, row, column)``.
    """
    chosen = list(classes)
    if not isinstance(answer, Answer):
        return answer.log_softmax(dim=1)[:, chosen].logsumexp(dim=1)
    region = answer.region.log_softmax(dim=1)[:, chosen].logsumexp(dim=1)
    lesion = answer.lesion.log_softmax(dim=1)
    calcified = lesion[:, 1] + region
    return torch.logaddexp(lesion[:, 0], calcified) if 0 in chosen else calcified


def classes_of(label: str, config: NetworkConfig, *, keep_lm_apart: bool) -> tuple[int, ...]:
    """Region classes of a network that are counted under a label: LM with LAD unless it is kept apart."""
    counted = {label, "LM"} if label == "LAD" and not keep_lm_apart else {label}
    return tuple(number for number, name in enumerate(config.region_classes) if name in counted)


def followable(network: nn.Module) -> nn.Module:
    """Return a copy of a network whose answers can be followed back to its input, all the way.

    Its weights are constants, batch norms are folded into convolutions, and a sequential network's calcium
    answer no longer hides what it owes to the region answer.
    """
    ready = folded(network).requires_grad_(False)
    if isinstance(ready, SequentialNetwork):
        return _Connected(ready)
    if isinstance(ready, PreparedNetwork) and isinstance(ready.network, SequentialNetwork):
        ready.network = _Connected(ready.network)
    return ready


class _Connected(nn.Module):
    """A sequential network without the stop that keeps its two parts apart while training."""

    def __init__(self, network: SequentialNetwork) -> None:
        super().__init__()
        self.parts = network

    def forward(self, image: Tensor) -> Answer:
        parts = self.parts
        region = parts.region_network(image)
        innermost, skips = parts.encoder(parts.seen(image, region))
        return Answer(region, parts.head(parts.decoder(innermost, [[skip] for skip in skips])[-1]))
