"""A network made ready to answer: batch norms folded into convolutions, class scores into probabilities."""

from __future__ import annotations

import copy
from typing import cast

from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ..blocks import DownBlock, UpBlock
from ..networks import Answer
from .innermost import FeaturedAnswer


def folded(network: nn.Module) -> nn.Module:
    """Return a copy of a network, in evaluation mode, whose batch norms are part of the convolutions.

    The answers are the same up to rounding (below 1e-6 in probability).
    """
    ready = copy.deepcopy(network).cpu().eval()
    for block in ready.modules():
        if isinstance(block, DownBlock):
            block.conv = fuse_conv_bn_eval(block.conv, block.norm)
            block.norm = cast(nn.BatchNorm2d, nn.Identity())
        elif isinstance(block, UpBlock):
            block.conv2 = fuse_conv_bn_eval(block.conv2, block.norm)
            block.norm = cast(nn.BatchNorm2d, nn.Identity())
    return ready


class ProbabilityNetwork(nn.Module):
    """A network whose answers are probabilities: ``(region, lesion)``, or ``(lesion,)`` without regions.

    The features of a :class:`~.innermost.FeaturedNetwork` come last, as ``(batch, feature, 1, 1)``.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Answer for ``(batch, 2, rows, columns)``, each ``(batch, class, rows, columns)``."""
        answer = self.network(image)
        features: tuple[Tensor, ...] = ()
        if isinstance(answer, FeaturedAnswer):
            answer, pooled = answer
            features = (pooled.float()[:, :, None, None],)
        scores = tuple(answer) if isinstance(answer, Answer) else (answer,)
        return (*(each.float().softmax(dim=1) for each in scores), *features)
