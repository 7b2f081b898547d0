"""What runs a network with dropout: PyTorch's own, or masks that OpenVINO multiplies by."""

from __future__ import annotations

import copy
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..dropout import check_rate, monte_carlo_dropout
from .conversion import converted
from .engines import Engine, TorchEngine
from .folding import ProbabilityNetwork
from .openvino_engine import Arrays, OpenVINOEngine, openvino_precisions

_SPARE = 2**22
"""Places in a pool of masks beyond the largest mask: so many different masks can be cut out of it."""


class PassEngine(Engine, Protocol):
    """An engine whose answers differ from pass to pass."""

    def begin(self, seed: np.random.SeedSequence) -> None:
        """Begin a pass; the same seed and the same slices give the same answers."""
        ...


class TorchPasses:
    """PyTorch with dropout in all layers.

    Parameters
    ----------
    network
        Answers with class scores, folded.
    rate
        Share of activations that are dropped.
    device
        ``"cpu"`` or ``"cuda"``.
    """

    def __init__(self, network: nn.Module, rate: float, device: str) -> None:
        self._engine = TorchEngine(network, device, half=device == "cuda")
        self._network, self._rate = network, rate
        self.batch = self._engine.batch
        self._seeds = np.random.SeedSequence(0)

    @property
    def name(self) -> str:
        """What ran, and in which arithmetic."""
        return self._engine.name

    def begin(self, seed: np.random.SeedSequence) -> None:
        """Begin a pass."""
        self._seeds = seed

    def run(self, image: Tensor) -> Arrays:
        """Return probabilities for ``(slices, 2, rows, columns)``; PyTorch's generator is left as it was."""
        (batch_seed,) = self._seeds.spawn(1)
        with torch.random.fork_rng(), monte_carlo_dropout(self._network, self._rate):
            torch.manual_seed(int(batch_seed.generate_state(1)[0]))
            return self._engine.run(image)


class OpenVINOPasses:
    """OpenVINO with dropout in all layers, whose masks are cut out of one pool at random places.

    Drawing all masks anew would take longer than the network. A pool of independent values, cut at places
    that are drawn for each layer, slice and pass, gives each activation the same chance to be dropped, and
    two masks have nothing to do with each other unless they are cut at nearly the same place.

    Parameters
    ----------
    network
        Answers with class scores, folded.
    rate
        Share of activations that are dropped.
    size, traced_size
        Rows and columns of the slices, and of the smallest that the network takes.
    """

    def __init__(
        self, network: nn.Module, rate: float, size: tuple[int, int], traced_size: tuple[int, int]
    ) -> None:
        masked = MaskedNetwork(network)
        image = torch.zeros(1, 2, *traced_size)
        traced_shapes = masked.mask_shapes(image)
        # a level's share of rows and columns is the same whatever the slice
        self._shapes = [
            (1, features, rows * size[0] // traced_size[0], columns * size[1] // traced_size[1])
            for _, features, rows, columns in traced_shapes
        ]
        examples = [image, *map(torch.ones, traced_shapes)]
        model = converted(masked, examples, [(1, 2, *size), *self._shapes])
        self._engine = OpenVINOEngine(model, half=False)
        self.name, self.batch = self._engine.name, self._engine.batch
        places = max(map(np.prod, self._shapes)) + _SPARE
        kept = np.random.default_rng(0).random(places, np.float32) >= rate
        self._pool = kept.astype(np.float32) / np.float32(1 - rate)
        self._random = np.random.default_rng(0)

    def begin(self, seed: np.random.SeedSequence) -> None:
        """Begin a pass."""
        self._random = np.random.default_rng(seed)

    def run(self, image: Tensor) -> Arrays:
        """Return probabilities for ``(slices, 2, rows, columns)``."""
        return self._engine.answers([(one[None].numpy(), *self._masks()) for one in image])

    def _masks(self) -> list[NDArray[np.float32]]:
        masks = []
        for shape in self._shapes:
            count = int(np.prod(shape))
            start = int(self._random.integers(self._pool.size - count + 1))
            masks.append(self._pool[start : start + count].reshape(shape))
        return masks


class MaskedNetwork(nn.Module):
    """A network that answers with probabilities and takes the masks of its dropout layers as inputs.

    Parameters
    ----------
    network
        Answers with class scores, folded; it is copied.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = ProbabilityNetwork(copy.deepcopy(network)).eval()
        self._layers: list[_Mask] = []
        for module in list(self.network.modules()):
            for name, child in module.named_children():
                if isinstance(child, nn.Dropout):
                    self._layers.append(_Mask())
                    setattr(module, name, self._layers[-1])

    def forward(self, image: Tensor, *masks: Tensor) -> tuple[Tensor, ...]:
        """Answer for ``(1, 2, rows, columns)``; each layer multiplies by its mask."""
        for layer, mask in zip(self._layers, masks, strict=True):
            layer.mask = mask
        return self.network(image)

    def mask_shapes(self, image: Tensor) -> list[tuple[int, ...]]:
        """Shape of each mask for a slice ``(1, 2, rows, columns)``."""
        with torch.inference_mode():
            self(image, *(torch.ones(()) for _ in self._layers))
        return [layer.shape for layer in self._layers]


class _Mask(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mask = torch.ones(())
        self.shape: tuple[int, ...] = ()

    def forward(self, features: Tensor) -> Tensor:
        self.shape = tuple(features.shape)
        return features * self.mask


def make_pass_engine(
    network: nn.Module, rate: float, size: tuple[int, int], traced_size: tuple[int, int], device: str
) -> PassEngine:
    """Make the fastest engine for passes there is.

    Parameters
    ----------
    network
        Answers with class scores, folded.
    rate
        Share of activations that are dropped.
    size, traced_size
        Rows and columns of the slices, and of the smallest that the network takes.
    device
        ``"cpu"`` or ``"cuda"``.

    Raises
    ------
    CACError
        If the rate is not at least 0 and below 1.
    """
    check_rate(rate)
    if device == "cpu" and "FP32" in openvino_precisions():
        return OpenVINOPasses(network, rate, size, traced_size)
    return TorchPasses(network, rate, device)
