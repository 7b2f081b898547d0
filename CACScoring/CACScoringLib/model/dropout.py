"""Dropout while predicting, so that each pass asks another sample of the network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

from ..errors import CACError


def check_rate(rate: float) -> None:
    """Raise a :class:`CACError` if a dropout rate is not at least 0 and below 1."""
    if not 0 <= rate < 1:
        raise CACError(f"the dropout rate is {rate}; it must be at least 0 and below 1")


@contextmanager
def monte_carlo_dropout(network: nn.Module, rate: float) -> Iterator[None]:
    """Let every dropout layer of a network drop at ``rate``, and everything else predict as usual.

    Batch norm keeps its running statistics. Afterwards all rates and modes are as before, whatever happened.
    Each pass through the network is then a draw from an approximate posterior over its weights (Gal &
    Ghahramani 2016); MTAL takes 10 passes with 0.01 in all layers (2.3). Layers draw from PyTorch's global
    generator: seed it for passes that can be repeated.

    Parameters
    ----------
    network
        Any network with :class:`torch.nn.Dropout` layers.
    rate
        Share of activations that are dropped, whatever rate the layers were trained with.

    Raises
    ------
    CACError
        If the rate is not at least 0 and below 1.
    """
    check_rate(rate)
    modes = [(module, module.training) for module in network.modules()]
    rates = [(module, module.p) for module, _ in modes if isinstance(module, nn.Dropout)]
    try:
        network.eval()
        for layer, _ in rates:
            layer.p = rate
            layer.train()
        yield
    finally:
        for layer, before in rates:
            layer.p = before
        for module, training in modes:
            module.training = training
