"""Calibration as a part of networks, so that softmax is calibrated and nobody who uses it has to know."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from .calibration import Scaling
from .networks import MultitaskNetwork, PreparedNetwork, SequentialNetwork, SingleTaskNetwork


def fold_scaling(network: nn.Module, scalings: Mapping[str, Scaling]) -> None:
    """Scale class scores for good: it goes into the weights and the bias of the last layer.

    Parameters
    ----------
    network
        Of :func:`~CACScoringLib.model.networks.build_network`; changed in place.
    scalings
        For some or all of :func:`calibrated_tasks`.
    """
    layers = _last_layers(network)
    with torch.no_grad():
        for task, scaling in scalings.items():
            layer = layers[task]
            assert isinstance(layer, nn.Conv2d)
            assert layer.bias is not None
            layer.weight.div_(scaling.temperature)
            layer.bias.div_(scaling.temperature)
            layer.bias[0] += scaling.shift


def calibrated_tasks(network: nn.Module) -> tuple[str, ...]:
    """Which of ``region`` and ``lesion`` can be scaled.

    A sequential pair's regions cannot: their probabilities are input of its second network, which has learned
    from them as they are. A single-task network answers for calcium, ``lesion``, alone.
    """
    return tuple(_last_layers(network))


def _last_layers(network: nn.Module) -> dict[str, nn.Module]:
    core = network.network if isinstance(network, PreparedNetwork) else network
    if isinstance(core, MultitaskNetwork):
        return {"region": core.region_head[-1], "lesion": core.lesion_head[-1]}
    assert isinstance(core, SingleTaskNetwork | SequentialNetwork)
    return {"lesion": core.head[-1]}
