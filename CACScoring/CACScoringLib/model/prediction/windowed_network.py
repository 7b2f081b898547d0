"""Networks that compute a window of the slice only, and exactly what they compute for the whole slice.

The encoder sees the whole slice: context is not cut. On each level of a decoder the window is larger by what
the convolutions above it look at, so that nothing from beyond its edge reaches the answer.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..blocks import UpBlock
from ..networks import (
    Answer,
    Decoder,
    Encoder,
    MultitaskNetwork,
    PreparedNetwork,
    SequentialNetwork,
    SingleTaskNetwork,
)
from .windows import PixelWindow, Span

CoreNetwork = MultitaskNetwork | SingleTaskNetwork | SequentialNetwork
_HEAD_REACH = 2
_BLOCK_REACH = 2
"""Pixels that two 3 x 3 convolutions look beyond their output."""


def windowed(network: nn.Module, window: PixelWindow) -> nn.Module:
    """Return a network that answers for a window of the slice.

    Parameters
    ----------
    network
        Of :func:`~CACScoringLib.model.networks.build_network`, folded or not.
    window
        What to answer for, at full resolution.
    """
    if isinstance(network, PreparedNetwork):
        return WindowedPreparedNetwork(network, window)
    assert isinstance(network, CoreNetwork)
    return WindowedNetwork(network, window)


class WindowedPreparedNetwork(nn.Module):
    """A network that looks at a reduced slice, and answers for a window of the whole one.

    Parameters
    ----------
    network
        The network.
    window
        What to answer for, at full resolution.
    """

    def __init__(self, network: PreparedNetwork, window: PixelWindow) -> None:
        super().__init__()
        self.window = window
        inside = window.reduced(network.reduction)
        self._answered = PixelWindow(*(Span(*(end * network.reduction for end in span)) for span in inside))
        self.network = copy.deepcopy(network)
        self.network.network = windowed(self.network.network, inside)

    def extra_repr(self) -> str:
        """Tell windows apart."""
        return f"window={self.window}"

    def forward(self, image: Tensor) -> Answer | Tensor:
        """Answer for ``(batch, 2, rows, columns)`` with class scores of the window."""
        answer = self.network(image)
        return Answer(*map(self._cut, answer)) if isinstance(answer, Answer) else self._cut(answer)

    def _cut(self, scores: Tensor) -> Tensor:
        return self.window.cut(scores, self._answered)


class WindowedNetwork(nn.Module):
    """A network that answers for one window of the slice.

    Parameters
    ----------
    network
        The network, folded or not.
    window
        What to answer for, at full resolution.
    """

    def __init__(self, network: CoreNetwork, window: PixelWindow) -> None:
        super().__init__()
        self.network = network
        self.window = window
        # The calcium decoder reads the region decoder's maps, so both margins add up.
        reach = _BLOCK_REACH * (2 if isinstance(network, MultitaskNetwork) else 1)
        level = window.wider(_HEAD_REACH + reach)
        self._levels = [level]
        for _ in range(len(network.encoder.down)):
            below = self._levels[-1].below()
            self._levels.append(below.wider(reach))

    def extra_repr(self) -> str:
        """Tell windows apart."""
        return f"window={self.window}"

    def forward(self, image: Tensor) -> Answer | Tensor:
        """Answer for ``(batch, 2, rows, columns)`` with class scores of the window."""
        network = self.network
        if isinstance(network, MultitaskNetwork):
            return self._multitask(network, image)
        if isinstance(network, SingleTaskNetwork):
            return self._single(network, image)
        region = network.region_network(image)
        return Answer(self.window.cut(region), self._single(network, network.seen(image, region)))

    def _multitask(self, network: MultitaskNetwork, image: Tensor) -> Answer:
        innermost, skips = self._encoded(network.encoder, image)
        regions = self._decoded(network.region_decoder, innermost, [[skip] for skip in skips])
        joined = [[region, skip] for region, skip in zip(regions, skips, strict=True)]
        joined[-1].append(self._levels[0].cut(image))
        lesions = self._decoded(network.lesion_decoder, innermost, joined)
        return Answer(
            self._head(network.region_head, regions[-1]), self._head(network.lesion_head, lesions[-1])
        )

    def _single(self, network: SingleTaskNetwork | SequentialNetwork, seen: Tensor) -> Tensor:
        innermost, skips = self._encoded(network.encoder, seen)
        maps = self._decoded(network.decoder, innermost, [[skip] for skip in skips])
        return self._head(network.head, maps[-1])

    def _encoded(self, encoder: Encoder, seen: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the innermost maps, which are small and kept whole, and the windows of those above."""
        innermost, skips = encoder(seen)
        # deepest first, as decoders go
        windows = self._levels[-2::-1]
        return innermost, [window.cut(skip) for window, skip in zip(windows, skips, strict=True)]

    def _decoded(
        self, decoder: Decoder, innermost: Tensor, skips: Sequence[Sequence[Tensor]]
    ) -> list[Tensor]:
        whole = self._levels[-1]
        below = PixelWindow(*(Span(0, span.size, span.size) for span in whole))
        features, maps = innermost, []
        for block, window, joined in zip(decoder.up, self._levels[-2::-1], skips, strict=True):
            assert isinstance(block, UpBlock)
            features = block.convolved(torch.cat([_doubled(features, below, window), *joined], dim=1))
            maps.append(features)
            below = window
        return maps

    def _head(self, head: nn.Module, features: Tensor) -> Tensor:
        return self.window.cut(head(features), self._levels[0])


def _doubled(features: Tensor, below: PixelWindow, window: PixelWindow) -> Tensor:
    """Double maps of the window ``below`` as the whole level would be, and cut ``window`` out.

    What is filled in around them is not read: ``below`` holds all that ``window`` needs.
    """
    rows, columns = below
    around = (columns.first, columns.size - columns.end, rows.first, rows.size - rows.end)
    whole = functional.pad(features, around)
    return window.cut(functional.interpolate(whole, scale_factor=2, mode="bilinear", align_corners=True))
