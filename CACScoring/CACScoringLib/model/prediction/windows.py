"""Decoders that compute a window of the slice only, and exactly what they compute for the whole slice.

The encoder sees the whole slice: context is not cut. On each level of a decoder the window is larger by what
the convolutions above it look at, so that nothing from beyond its edge reaches the answer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..blocks import UpBlock
from ..networks import Answer, Decoder, MultitaskNetwork, SingleTaskNetwork

_HEAD_REACH = 2
_BLOCK_REACH = 2
"""Pixels that two 3 x 3 convolutions look beyond their output."""


class Span(NamedTuple):
    """Rows or columns from ``first`` up to, not including, ``end``, of ``size``."""

    first: int
    end: int
    size: int

    def wider(self, pixels: int) -> Span:
        """Return the span with pixels added at both ends, as far as there are any."""
        return Span(max(self.first - pixels, 0), min(self.end + pixels, self.size), self.size)

    def below(self) -> Span:
        """Return what bilinear doubling with aligned corners reads, on the level of half the size."""
        half = self.size // 2
        step = (half - 1) / (self.size - 1)
        return Span(
            max(math.floor(self.first * step), 0), min(math.floor((self.end - 1) * step) + 2, half), half
        )


class Window(NamedTuple):
    """Rows and columns of one level."""

    rows: Span
    columns: Span

    def wider(self, pixels: int) -> Window:
        """Return the window with a margin, within the slice."""
        return Window(self.rows.wider(pixels), self.columns.wider(pixels))

    def below(self) -> Window:
        """Return what doubling reads on the level below."""
        return Window(self.rows.below(), self.columns.below())

    def cut(self, maps: Tensor, inside: Window | None = None) -> Tensor:
        """Cut the window out of maps of the whole level, or of the window ``inside``."""
        row, column = (0, 0) if inside is None else (inside.rows.first, inside.columns.first)
        return maps[
            :,
            :,
            self.rows.first - row : self.rows.end - row,
            self.columns.first - column : self.columns.end - column,
        ]


class WindowedNetwork(nn.Module):
    """A multitask or single-task network that answers for one window of the slice.

    Parameters
    ----------
    network
        The network, folded or not.
    window
        What to answer for, at full resolution.
    """

    def __init__(self, network: MultitaskNetwork | SingleTaskNetwork, window: Window) -> None:
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
        innermost, skips = self.network.encoder(image)
        # deepest first, as decoders go; the innermost maps are small and kept whole
        windows = self._levels[-2::-1]
        cut = [window.cut(skip) for window, skip in zip(windows, skips, strict=True)]
        if isinstance(self.network, SingleTaskNetwork):
            maps = self._decoded(self.network.decoder, innermost, [[skip] for skip in cut])
            return self._head(self.network.head, maps[-1])
        regions = self._decoded(self.network.region_decoder, innermost, [[skip] for skip in cut])
        joined = [[region, skip] for region, skip in zip(regions, cut, strict=True)]
        joined[-1].append(windows[-1].cut(image))
        lesions = self._decoded(self.network.lesion_decoder, innermost, joined)
        return Answer(
            self._head(self.network.region_head, regions[-1]),
            self._head(self.network.lesion_head, lesions[-1]),
        )

    def _decoded(
        self, decoder: Decoder, innermost: Tensor, skips: Sequence[Sequence[Tensor]]
    ) -> list[Tensor]:
        whole = self._levels[-1]
        below = Window(*(Span(0, span.size, span.size) for span in whole))
        features, maps = innermost, []
        for block, window, joined in zip(decoder.up, self._levels[-2::-1], skips, strict=True):
            assert isinstance(block, UpBlock)
            features = block.convolved(torch.cat([_doubled(features, below, window), *joined], dim=1))
            maps.append(features)
            below = window
        return maps

    def _head(self, head: nn.Module, features: Tensor) -> Tensor:
        return self.window.cut(head(features), self._levels[0])


def _doubled(features: Tensor, below: Window, window: Window) -> Tensor:
    """Double maps of the window ``below`` as the whole level would be, and cut ``window`` out.

    What is filled in around them is not read: ``below`` holds all that ``window`` needs.
    """
    rows, columns = below
    around = (columns.first, columns.size - columns.end, rows.first, rows.size - rows.end)
    whole = functional.pad(features, around)
    return window.cut(functional.interpolate(whole, scale_factor=2, mode="bilinear", align_corners=True))
