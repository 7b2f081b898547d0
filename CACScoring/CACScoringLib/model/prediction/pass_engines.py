"""Engines for passes with dropout, kept from scan to scan: getting one ready takes longer than a slice."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from ..store import Model
from .engines import Device, device_named
from .focus import Focus
from .focused_network import focused_network
from .innermost import FeaturedNetwork
from .matrix import Matrix
from .monte_carlo import PassEngine, make_pass_engine
from .windows import PixelWindow

_MOST_KEPT = 4
"""Fifteen phantoms share three windows; a published network takes some hundred MB for each."""


class ReadyEngine(NamedTuple):
    """An engine, and the part of the network's input that it answers for."""

    engine: PassEngine
    window: PixelWindow


class PassEngines:
    """Engines of one model, one for each window and size of slices; those used last are kept.

    Parameters
    ----------
    model, device
        What to run, and where.
    rate
        Share of activations that are dropped.
    features
        Whether to answer with features of the whole slice too.

    Raises
    ------
    CACError
        If the device does not exist.
    """

    def __init__(
        self, model: Model, rate: float = 0.01, device: Device = "auto", *, features: bool = False
    ) -> None:
        self.model, self.rate, self.features = model, rate, features
        self.device = device_named(device)
        self._kept: OrderedDict[tuple[PixelWindow, tuple[int, int]], ReadyEngine] = OrderedDict()

    def ready_for(self, focus: Focus, matrix: Matrix) -> ReadyEngine:
        """Return an engine for what a focus needs.

        Raises
        ------
        CACError
            If the rate is not at least 0 and below 1.
        """
        key = focus.window(matrix), matrix.input_size
        if key not in self._kept:
            ready = focused_network(self.model, focus, matrix)
            network = FeaturedNetwork(ready.network) if self.features else ready.network
            engine = make_pass_engine(network, self.rate, matrix.input_size, ready.traced_size, self.device)
            while len(self._kept) >= _MOST_KEPT:
                self._kept.popitem(last=False)
            self._kept[key] = ReadyEngine(engine, ready.window)
        self._kept.move_to_end(key)
        return self._kept[key]
