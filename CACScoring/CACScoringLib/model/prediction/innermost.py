"""What a network makes of a slice as a whole: the means of its innermost feature maps."""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

from torch import Tensor, nn

from ..networks import Answer, Encoder


class FeaturedAnswer(NamedTuple):
    """Class scores, and the features of the whole slice, ``(batch, feature)``."""

    answer: Answer | Tensor
    features: Tensor


class FeaturedNetwork(nn.Module):
    """A network that also answers with the means of its innermost feature maps over rows and columns.

    These maps see the whole slice whatever window is answered for. Of a sequential pair they are those of the
    second network, which decides on calcium.

    Parameters
    ----------
    network
        Answers with class scores; it is copied.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = copy.deepcopy(network)
        encoder = [each for each in self.network.modules() if isinstance(each, Encoder)][-1]
        encoder.register_forward_hook(self._keep)
        self._innermost: Tensor | None = None

    def forward(self, image: Tensor) -> FeaturedAnswer:
        """Answer for ``(batch, 2, rows, columns)``."""
        answer = self.network(image)
        innermost, self._innermost = self._innermost, None
        assert innermost is not None
        return FeaturedAnswer(answer, innermost.mean(dim=(2, 3)))

    def _keep(self, _encoder: nn.Module, _inputs: Any, maps: tuple[Tensor, list[Tensor]]) -> None:
        self._innermost = maps[0]
