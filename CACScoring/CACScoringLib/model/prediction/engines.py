"""What runs a network: PyTorch on a processor or a GPU, OpenVINO on a processor where it is installed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Literal, Protocol, get_args

import torch
from torch import Tensor, nn

from ...errors import CACError
from .answers import are_numbers
from .conversion import converted
from .folding import ProbabilityNetwork
from .openvino_engine import Arrays, OpenVINOEngine, openvino_precisions

Device = Literal["auto", "cpu", "cuda"]


class Engine(Protocol):
    """Runs a network on a batch of slices."""

    @property
    def name(self) -> str:
        """For the record: what ran, and in which arithmetic."""
        ...

    @property
    def batch(self) -> int:
        """How many slices it likes at a time."""
        ...

    def run(self, image: Tensor) -> Arrays:
        """Return probabilities for ``(slices, 2, rows, columns)``."""
        ...


class TorchEngine:
    """PyTorch, channels last; in half precision on CUDA alone: on a processor it gained nothing.

    Half precision holds nothing above 65504. Once a network's answers are no numbers in it, they are computed
    in float32 from then on.

    Parameters
    ----------
    network
        Answers with class scores, folded.
    device
        ``"cpu"`` or ``"cuda"``.
    half
        Whether convolutions may compute in float16.
    """

    def __init__(self, network: nn.Module, device: str, *, half: bool) -> None:
        self.batch = 16 if device == "cuda" else 4
        self._device = torch.device(device)
        self._half = half
        ready: Any = ProbabilityNetwork(network).eval()
        self._network = ready.to(self._device, memory_format=torch.channels_last)

    @property
    def name(self) -> str:
        """What ran, and in which arithmetic."""
        return f"PyTorch {self._device.type} {'float16' if self._half else 'float32'}"

    def run(self, image: Tensor) -> Arrays:
        """Return probabilities for ``(slices, 2, rows, columns)``."""
        answers = self._answers(image)
        if self._half and not are_numbers(answers):
            self._half = False
            answers = self._answers(image)
        return tuple(each.contiguous().cpu().numpy() for each in answers)

    def _answers(self, image: Tensor) -> tuple[Tensor, ...]:
        with torch.inference_mode(), ExitStack() as stack:
            if self._half:
                stack.enter_context(torch.autocast(self._device.type, torch.float16))
            elif self._device.type == "cuda":
                # TensorFloat-32 would cost the third decimal.
                stack.enter_context(torch.backends.cudnn.flags(enabled=True, allow_tf32=False))
            return self._network(image.to(self._device).contiguous(memory_format=torch.channels_last))


def device_named(device: Device) -> str:
    """Return ``"cpu"`` or ``"cuda"``; ``auto`` is the GPU where there is one that works.

    Raises
    ------
    CACError
        If CUDA is asked for and PyTorch sees none.
    """
    if device not in get_args(Device):
        raise CACError(f"device '{device}' is not one of {', '.join(get_args(Device))}")
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda" and not torch.cuda.is_available():
        raise CACError("PyTorch sees no CUDA device here; use --device cpu, or auto")
    return device


def has_half(device: str) -> bool:
    """Tell whether 16-bit arithmetic gains anything on a device."""
    return device == "cuda" or "BF16" in openvino_precisions()


def make_engines(
    network: nn.Module,
    size: tuple[int, int],
    traced_size: tuple[int, int],
    device: str,
    halves: Sequence[bool],
) -> list[Engine]:
    """Make engines for one network, the fastest there are.

    Parameters
    ----------
    network
        Answers with class scores, folded.
    size
        Rows and columns of the slices.
    traced_size
        Rows and columns of the slice that OpenVINO sees the network run on; small ones take less time, but a
        network made for one size must see it.
    device
        ``"cpu"`` or ``"cuda"``.
    halves
        For each engine, whether it may compute in 16-bit arithmetic.
    """
    if device == "cpu" and "FP32" in openvino_precisions():
        ready = ProbabilityNetwork(network).eval()
        model = converted(ready, [torch.zeros(1, 2, *traced_size)], [(1, 2, *size)])
        return [OpenVINOEngine(model, half=half) for half in halves]
    return [TorchEngine(network, device, half=half) for half in halves]
