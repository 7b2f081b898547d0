"""OpenVINO on the processor: each core has a slice of its own, which beats all cores on one slice."""

from __future__ import annotations

import importlib.util
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from queue import SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ...cores import available_cores
from .openvino_import import openvino_module

Arrays = tuple[NDArray[np.float32], ...]
"""Probabilities ``[slice, class, row, column]``: region and lesion, or lesion alone."""


class OpenVINOEngine:
    """Runs a converted network, as many slices at a time as there are cores.

    Parameters
    ----------
    model
        Of :func:`~CACScoringLib.model.prediction.conversion.converted`; it takes one slice.
    half
        Whether to compute in bfloat16.
    """

    def __init__(self, model: Any, *, half: bool) -> None:
        openvino = openvino_module()

        self.name = f"OpenVINO cpu {'bfloat16' if half else 'float32'}"
        cores = available_cores()
        self.batch = 2 * cores
        options = {
            "INFERENCE_PRECISION_HINT": "bf16" if half else "f32",
            "INFERENCE_NUM_THREADS": cores,
            "NUM_STREAMS": cores,
        }
        compiled = openvino.Core().compile_model(model, "CPU", options)
        # The first look at element types sets up a table inside OpenVINO: two threads that do so at once wait
        # for each other for ever, now and then.
        for port in (*compiled.inputs, *compiled.outputs):
            port.get_element_type().to_dtype()
        self._cores = cores
        self._requests: SimpleQueue[Any] = SimpleQueue()
        for _ in range(cores):
            self._requests.put(compiled.create_infer_request())

    def run(self, image: Tensor) -> Arrays:
        """Return probabilities for ``(slices, 2, rows, columns)``."""
        return self.answers([(one[None].numpy(),) for one in image])

    def answers(self, inputs: list[tuple[NDArray, ...]]) -> Arrays:
        """Return what the network answers for the inputs of each slice."""
        if len(inputs) == 1:
            slices = [self._answer(inputs[0])]
        else:
            with ThreadPoolExecutor(self._cores) as threads:
                slices = list(threads.map(self._answer, inputs))
        return tuple(np.concatenate(parts) for parts in zip(*slices, strict=True))

    def _answer(self, inputs: tuple[NDArray, ...]) -> list[NDArray[np.float32]]:
        request = self._requests.get()
        try:
            found = request.infer(list(inputs), share_inputs=True, share_outputs=True)
            # results lie in memory that the next call writes over
            return [np.array(part) for part in found.to_tuple()]
        finally:
            self._requests.put(request)


@cache
def openvino_precisions() -> frozenset[str]:
    """What OpenVINO computes in on this processor, ``FP32`` and perhaps ``BF16``; empty without it."""
    if importlib.util.find_spec("openvino") is None:
        return frozenset()
    openvino = openvino_module()

    capabilities = openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return frozenset(capabilities) & {"FP32", "BF16"}
