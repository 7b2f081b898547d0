"""The two building blocks of all networks, in the published order of layers and with its names."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

LEAK = 0.2
"""Slope of every LeakyReLU for negative values."""


class DownBlock(nn.Module):
    """Halve rows and columns: strided 4 x 4, dropout, 3 x 3, batch norm."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.down = nn.Conv2d(inputs, outputs, 4, stride=2, padding=1)
        self.dropout = nn.Dropout(0.0)
        self.conv = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, features: Tensor) -> Tensor:
        """Take ``(batch, inputs, rows, columns)``, give ``(batch, outputs, rows / 2, columns / 2)``."""
        features = self.dropout(functional.leaky_relu(self.down(features), LEAK))
        return functional.leaky_relu(self.norm(self.conv(features)), LEAK)


class UpBlock(nn.Module):
    """Double rows and columns, and join feature maps of that size: bilinear, 3 x 3, dropout, 3 x 3, norm."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.dropout = nn.Dropout(0.0)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, features: Tensor, *skips: Tensor) -> Tensor:
        """Join ``features``, doubled, with ``skips``; all counts of feature maps together make ``inputs``."""
        doubled = functional.interpolate(features, scale_factor=2, mode="bilinear", align_corners=True)
        return self.convolved(torch.cat([doubled, *skips], dim=1))

    def convolved(self, joined: Tensor) -> Tensor:
        """Take joined maps, ``(batch, inputs, rows, columns)``, give ``(batch, outputs, rows, columns)``."""
        features = self.dropout(functional.leaky_relu(self.conv1(joined), LEAK))
        return functional.leaky_relu(self.norm(self.conv2(features)), LEAK)
