"""Temperatures as a part of networks, so that softmax is calibrated and nobody who uses it has to know."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from .networks import MultitaskNetwork, PreparedNetwork, SequentialNetwork, SingleTaskNetwork


def fold_temperature(network: nn.Module, temperature: Mapping[str, float]) -> None:
    """Divide class scores by a temperature for good: the weights and bias of the last layer are divided.

    Which class wins stays the same.

    Parameters
    ----------
    network
        Of :func:`~CACScoringLib.model.networks.build_network`; changed in place.
    temperature
        Above 0, for some or all of :func:`calibrated_tasks`.
    """
    layers = _last_layers(network)
    with torch.no_grad():
        for task, value in temperature.items():
            for parameter in layers[task].parameters():
                parameter.div_(value)


def calibrated_tasks(network: nn.Module) -> tuple[str, ...]:
    """Which of ``region`` and ``lesion`` can have a temperature.

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
