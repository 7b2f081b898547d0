"""A running average of a network's weights, which jumps less from epoch to epoch than the weights do."""

from __future__ import annotations

import copy

import torch
from torch import nn


class WeightAverage:
    """Follows a network that learns (Polyak & Juditsky 1992, with exponential forgetting).

    Parameters
    ----------
    network
        The network that learns.
    keep
        Share of the average that stays at each step; in the first steps less, so that fresh weights are soon
        forgotten. With 0 :attr:`network` is the learning network itself.
    """

    def __init__(self, network: nn.Module, keep: float) -> None:
        self._learning, self._keep = network, keep
        self.network = copy.deepcopy(network) if keep else network

    @torch.no_grad()
    def follow(self, steps: int) -> None:
        """Take in the weights and batch statistics after step number ``steps``, counted from 1."""
        if self.network is self._learning:
            return
        keep = min(self._keep, steps / (10 + steps))
        learning = self._learning.state_dict()
        for name, average in self.network.state_dict().items():
            if average.is_floating_point():
                average.lerp_(learning[name], 1 - keep)
            else:
                average.copy_(learning[name])
