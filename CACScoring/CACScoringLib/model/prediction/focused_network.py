"""A network made ready to answer for a part of the slice."""

from __future__ import annotations

from typing import NamedTuple

from torch import nn

from ..store import Model
from .focus import Focus
from .folding import folded
from .matrix import Matrix
from .windowed_network import windowed
from .windows import PixelWindow


class FocusedNetwork(NamedTuple):
    """A network that answers for what a focus needs.

    Parameters
    ----------
    network
        Answers with class scores, folded.
    window
        The part of its input that it answers for.
    traced_size
        Rows and columns of the smallest slice that it takes.
    """

    network: nn.Module
    window: PixelWindow
    traced_size: tuple[int, int]


def focused_network(model: Model, focus: Focus, matrix: Matrix) -> FocusedNetwork:
    """Make a network ready that answers for what a focus needs.

    Parameters
    ----------
    model
        The network; it stays as it is.
    focus
        What is to be computed.
    matrix
        How slices become the network's input.
    """
    network, window = folded(model.network), focus.window(matrix)
    if window.is_whole:
        return FocusedNetwork(network, window, model.config.smallest_input)
    return FocusedNetwork(windowed(network, window), window, matrix.input_size)
