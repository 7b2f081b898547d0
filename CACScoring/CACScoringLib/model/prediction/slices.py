"""A scan through a network, batch after batch: what probabilities and proposals are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple, get_args

import numpy as np
import torch
from numpy.typing import NDArray

from ...errors import CACError
from ...scans.ct_scan import CTScan
from ..memory import lacks_memory
from ..store import Model
from .answers import are_numbers, no_numbers
from .checked import CheckedEngine
from .engines import Device, Engine, device_named, has_half, make_engines
from .focus import Focus, heart_and_candidates, whole
from .focused_network import focused_network
from .matrix import Matrix
from .windows import PixelWindow

Precision = Literal["exact", "fast", "focused"]
"""``exact``: float32 everywhere. ``fast``: 16-bit arithmetic where it changes the class of fewer than one
candidate voxel in 10,000, float32 elsewhere. ``focused``: 16-bit arithmetic, only where heart and candidates
are."""
SliceProgress = Callable[[int, int], object]
"""Called with the number of slices done, and of all to be done."""


class PredictionCancelledError(CACError):
    """The caller asked to stop."""


class SliceAnswers(NamedTuple):
    """Probabilities of neighbouring slices, ``[slice, class, row, column]`` of the focus.

    ``region`` is None for a single-task network, whose ``lesion`` has a class per artery. ``features``,
    ``[slice, feature]``, are None unless the network is a :class:`~.innermost.FeaturedNetwork`.
    """

    slices: NDArray[np.intp]
    region: NDArray[np.float32] | None
    lesion: NDArray[np.float32]
    features: NDArray[np.float32] | None = None


class SlicePass:
    """One pass of a scan through a network; :func:`slice_pass` makes one.

    Parameters
    ----------
    scan
        The scan; any number of slices, any matrix.
    focus
        What is computed.
    matrix
        How its slices become the network's input.
    window
        Part of the input that the engine answers for.
    engine, device
        What computes, and where.
    model
        Name of the model, for messages.
    features
        Whether the engine also answers with features.
    keep_inputs
        Whether to keep what the network sees, 2 MB for a slice of 512 x 512, for the next pass.
    """

    def __init__(
        self,
        scan: CTScan,
        focus: Focus,
        matrix: Matrix,
        window: PixelWindow,
        engine: Engine,
        device: str,
        model: str,
        *,
        features: bool = False,
        keep_inputs: bool = False,
    ) -> None:
        self.scan, self.focus, self.device, self._model = scan, focus, device, model
        self._matrix, self._window, self._engine = matrix, window, engine
        self._features = features
        self._inputs: dict[tuple[int, int], torch.Tensor] | None = {} if keep_inputs else None

    @property
    def arithmetic(self) -> str:
        """What computed, in which arithmetic."""
        return self._engine.name

    def answers(
        self, progress: SliceProgress | None = None, cancelled: Callable[[], bool] | None = None
    ) -> Iterator[SliceAnswers]:
        """Compute batch after batch; memory does not grow with the number of slices.

        Raises
        ------
        PredictionCancelledError
            As soon as ``cancelled()`` is true between two batches.
        CACError
            If memory does not suffice for a single slice, or what the network answers are no numbers.
        """
        done, batch, total = 0, self._engine.batch, len(self.focus.slices)
        while done < total:
            if cancelled is not None and cancelled():
                raise PredictionCancelledError("the prediction was cancelled; nothing was written")
            slices = self.focus.slices[done : done + batch]
            try:
                answers = self._engine.run(self._input_of(slices))
            except (RuntimeError, MemoryError) as error:
                if not lacks_memory(error):
                    raise
                if batch == 1:
                    raise CACError(
                        "there is not enough memory for a single slice; close other programs, "
                        "or use --device cpu"
                    ) from error
                batch //= 2
                self._inputs = None
                torch.cuda.empty_cache()
                continue
            if not are_numbers(answers):
                raise no_numbers(self._model)
            done += len(slices)
            features = None
            if self._features:
                features = answers[-1][:, :, 0, 0]
                answers = answers[:-1]
            parts = [
                self._matrix.back(each, self._window, self.focus.rows, self.focus.columns) for each in answers
            ]
            yield SliceAnswers(slices, parts[0] if len(parts) == 2 else None, parts[-1], features)
            if progress is not None:
                progress(done, total)

    def _input_of(self, slices: NDArray[np.intp]) -> torch.Tensor:
        key = int(slices[0]), len(slices)
        if self._inputs is not None and key in self._inputs:
            return self._inputs[key]
        seen = self._matrix.input_of(self.scan.values[slices])
        if self._inputs is not None:
            self._inputs[key] = seen
        return seen


def slice_pass(model: Model, scan: CTScan, precision: Precision, device: Device = "auto") -> SlicePass:
    """Get ready to run a scan through a network.

    Raises
    ------
    CACError
        If the device or precision does not exist.
    """
    if precision not in get_args(Precision):
        raise CACError(f"precision '{precision}' is not one of {', '.join(get_args(Precision))}")
    chosen = device_named(device)
    matrix = Matrix.of(scan, model.config)
    focus = heart_and_candidates(scan) if precision == "focused" else whole(scan)
    ready = focused_network(model, focus, matrix)
    halves = [False]
    if precision != "exact" and has_half(chosen):
        halves = [True] if precision == "focused" else [True, False]
    engines = make_engines(ready.network, matrix.input_size, ready.traced_size, chosen, halves)
    engine = engines[0] if len(engines) == 1 else CheckedEngine(*engines)
    return SlicePass(scan, focus, matrix, ready.window, engine, chosen, model.name)
