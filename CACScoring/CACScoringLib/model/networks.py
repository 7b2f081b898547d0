"""The multitask network, the single-task U-Net and the sequential pair."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from .blocks import LEAK, DownBlock, UpBlock
from .configuration import NetworkConfig
from .inputs import hu_of

IMAGE_CHANNELS = 2
"""Scaled HU, and the mask of candidates."""
LESION_CLASSES = 2
"""OTHER and CAC."""
SHADE_HU = 200.0
"""What a network with a window sees as 1: about the distance between fat and calcium at the threshold."""


class Answer(NamedTuple):
    """Class scores before softmax, ``(batch, class, row, column)``.

    ``region`` follows :attr:`NetworkConfig.region_classes`; ``lesion`` is OTHER and CAC.
    """

    region: Tensor
    lesion: Tensor


class Encoder(nn.Module):
    """The half of a network that looks: two 5 x 5 layers at full size, then level after level."""

    def __init__(self, inputs: int, config: NetworkConfig) -> None:
        super().__init__()
        self.conv00 = nn.Conv2d(inputs, config.first_channels, 5, padding=2)
        self.conv01 = nn.Conv2d(config.first_channels, config.first_channels, 5, padding=2)
        sizes = (config.first_channels, *config.channels)
        self.down = nn.ModuleList(DownBlock(*pair) for pair in pairwise(sizes))
        self.innermost_dropout = nn.Dropout(config.innermost_dropout)

    def forward(self, image: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the innermost feature maps, and those of the levels above it, deepest first."""
        features = functional.leaky_relu(self.conv00(image), LEAK)
        maps = [functional.leaky_relu(self.conv01(features), LEAK)]
        for block in self.down:
            maps.append(block(maps[-1]))
        return self.innermost_dropout(maps[-1]), maps[-2::-1]


class Decoder(nn.Module):
    """The half of a network that answers: level after level back to full size.

    Parameters
    ----------
    innermost
        Feature maps of the innermost level.
    skips
        Feature maps joined at each level, deepest first.
    outputs
        Feature maps given by each level.
    """

    def __init__(self, innermost: int, skips: Sequence[int], outputs: Sequence[int]) -> None:
        super().__init__()
        before = (innermost, *outputs[:-1])
        self.up = nn.ModuleList(
            UpBlock(features + skip, output)
            for features, skip, output in zip(before, skips, outputs, strict=True)
        )

    def forward(self, features: Tensor, skips: Sequence[Sequence[Tensor]]) -> list[Tensor]:
        """Return the feature maps of every level, deepest first."""
        maps = []
        for block, joined in zip(self.up, skips, strict=True):
            features = block(features, *joined)
            maps.append(features)
        return maps


class MultitaskNetwork(nn.Module):
    """One encoder, a decoder for regions, and one for calcium that also sees what the first one found.

    The feature maps of the region decoder feed the calcium decoder at every level, never the other way round
    (MTAL Figure 2). With the default configuration this is the published network.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        innermost, above = config.channels[-1], _above(config)
        # what decides on calcium at full size is twice as wide as what finds arteries there
        lesion_features = 2 * config.first_channels
        lesion_outputs = [*above[:-1], lesion_features]
        lesion_skips = [2 * features for features in above]
        lesion_skips[-1] += IMAGE_CHANNELS
        self.encoder = Encoder(IMAGE_CHANNELS, config)
        self.region_decoder = Decoder(innermost, above, above)
        self.lesion_decoder = Decoder(innermost, lesion_skips, lesion_outputs)
        self.region_head = _head(above[-1], len(config.region_classes), len(config.region_classes))
        self.lesion_head = _head(lesion_features, config.first_channels, LESION_CLASSES)

    def forward(self, image: Tensor) -> Answer:
        """Answer for ``image`` of shape ``(batch, 2, rows, columns)``: scaled HU and candidate mask."""
        innermost, skips = self.encoder(image)
        regions = self.region_decoder(innermost, [[skip] for skip in skips])
        joined = [[region, skip] for region, skip in zip(regions, skips, strict=True)]
        joined[-1].append(image)
        lesions = self.lesion_decoder(innermost, joined)
        return Answer(self.region_head(regions[-1]), self.lesion_head(lesions[-1]))


class SingleTaskNetwork(nn.Module):
    """A U-Net with the same blocks and one class per artery; it knows no regions (MTAL 2.2.5)."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        above = _above(config)
        classes = len(config.region_classes)
        self.encoder = Encoder(IMAGE_CHANNELS, config)
        self.decoder = Decoder(config.channels[-1], above, above)
        self.head = _head(above[-1], classes, classes)

    def forward(self, image: Tensor) -> Tensor:
        """Class scores of OTHER and each artery, ``(batch, class, row, column)``, for calcium."""
        innermost, skips = self.encoder(image)
        return self.head(self.decoder(innermost, [[skip] for skip in skips])[-1])


class SequentialNetwork(nn.Module):
    """A network for regions, whose answer is further input of a second one for calcium (MTAL 2.2.5)."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        above, classes = _above(config), len(config.region_classes)
        self.region_network = SingleTaskNetwork(config)
        self.encoder = Encoder(IMAGE_CHANNELS + classes, config)
        self.decoder = Decoder(config.channels[-1], above, above)
        self.head = _head(above[-1], config.first_channels, LESION_CLASSES)

    def forward(self, image: Tensor) -> Answer:
        """Answer for ``image`` of shape ``(batch, 2, rows, columns)``.

        Gradients of the calcium answer stop at the region answer: the first network is trained on its own.
        """
        region = self.region_network(image)
        innermost, skips = self.encoder(self.seen(image, region.detach()))
        return Answer(region, self.head(self.decoder(innermost, [[skip] for skip in skips])[-1]))

    def seen(self, image: Tensor, region: Tensor) -> Tensor:
        """Return what the second network sees: the image, and what the first one answers."""
        return torch.cat([image, region.softmax(dim=1)], dim=1)


class PreparedNetwork(nn.Module):
    """A network that looks at a reduced slice through a window, and answers for the whole one.

    It sees the mean HU of each ``reduction`` x ``reduction`` square, clipped to the window, and whether the
    square holds a candidate. Class scores are interpolated bilinearly between the centres of the squares.

    Parameters
    ----------
    network
        What sees the prepared slice.
    config
        Its ``reduction`` and ``window_hu``.
    """

    def __init__(self, network: nn.Module, config: NetworkConfig) -> None:
        super().__init__()
        self.network = network
        self.reduction, self.window_hu = config.reduction, config.window_hu

    def extra_repr(self) -> str:
        """Tell apart what networks see."""
        return f"reduction={self.reduction}, window_hu={self.window_hu}"

    def forward(self, image: Tensor) -> Answer | Tensor:
        """Answer for ``(batch, 2, rows, columns)``, both multiples of the reduction, as the network would."""
        answer = self.network(self.prepared(image))
        return Answer(*map(self.enlarged, answer)) if isinstance(answer, Answer) else self.enlarged(answer)

    def prepared(self, image: Tensor) -> Tensor:
        """Return what the network sees of ``(batch, 2, rows, columns)``."""
        seen, candidates = image[:, :1], image[:, 1:]
        if self.reduction > 1:
            seen = functional.avg_pool2d(seen, self.reduction)
            candidates = functional.max_pool2d(candidates, self.reduction)
        if self.window_hu is not None:
            low, high = self.window_hu
            middle = (low + high) / 2
            seen = (hu_of(seen).clamp(low, high) - middle) / SHADE_HU
        return torch.cat([seen, candidates], dim=1)

    def enlarged(self, scores: Tensor) -> Tensor:
        """Return class scores for the whole slice."""
        if self.reduction == 1:
            return scores
        return functional.interpolate(scores, scale_factor=self.reduction, mode="bilinear")


def build_network(config: NetworkConfig) -> nn.Module:
    """Build the network that a configuration describes, with fresh weights."""
    network = {
        "multitask": MultitaskNetwork,
        "single_task": SingleTaskNetwork,
        "sequential": SequentialNetwork,
    }[config.kind](config)
    as_published = config.reduction == 1 and config.window_hu is None
    return network if as_published else PreparedNetwork(network, config)


def _above(config: NetworkConfig) -> list[int]:
    """Feature maps of the levels above the innermost, deepest first."""
    return [*config.channels[-2::-1], config.first_channels]


def _head(features: int, middle: int, classes: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(features, middle, 3, padding=1),
        nn.LeakyReLU(LEAK),
        nn.Conv2d(middle, classes, 3, padding=1),
    )
