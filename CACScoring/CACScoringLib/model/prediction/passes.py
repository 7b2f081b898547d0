"""Monte Carlo passes: the same scan through the network again and again, each time with other dropout."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...scans.ct_scan import CTScan
from ..store import Model
from .engines import Device, device_named
from .focus import Focus, whole, with_candidates
from .focused_network import focused_network
from .matrix import Matrix, candidate_mask
from .monte_carlo import make_pass_engine
from .proposal import label_values, labels_of
from .slices import SlicePass, SliceProgress


class CandidatePass(NamedTuple):
    """What one pass says about the candidate voxels, in the order of their flat indices.

    ``calcium`` is the probability of coronary calcium, float32; ``labels`` are CAC label values, uint8.
    """

    calcium: NDArray[np.float32]
    labels: NDArray[np.uint8]


def candidate_passes(
    model: Model,
    scan: CTScan,
    passes: int,
    rate: float = 0.01,
    seed: int = 0,
    device: Device = "auto",
    *,
    focus: Focus | None = None,
    progress: SliceProgress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[CandidatePass]:
    """Run a scan through the network with dropout, ``passes`` times.

    MTAL 2.3 takes 10 passes with 0.01 in all layers. Only slices with candidates are computed. The same seed
    gives the same passes on the same machine, for the same focus.

    Parameters
    ----------
    model, scan, device
        What to run, on what, where.
    passes
        How many.
    rate
        Share of activations that are dropped.
    seed
        Of the passes; no other seed shares a pass with it.
    focus
        Part of the scan to be looked at; None for all of it. Passes are in the order of
        :func:`candidate_voxels` of it.
    progress, cancelled
        See :meth:`SlicePass.answers`; progress starts anew with each pass.
    """
    chosen = device_named(device)
    matrix = Matrix.of(scan, model.config)
    focus = with_candidates(scan, whole(scan) if focus is None else focus)
    ready = focused_network(model, focus, matrix)
    engine = make_pass_engine(ready.network, rate, matrix.input_size, ready.traced_size, chosen)
    run = SlicePass(scan, focus, matrix, ready.window, engine, chosen, model.name)
    values = label_values(model.config)
    # not seed + number: the passes of neighbouring seeds would be the same
    for pass_seed in np.random.SeedSequence(seed).spawn(passes):
        engine.begin(pass_seed)
        calcium: list[NDArray[np.float32]] = []
        labels: list[NDArray[np.uint8]] = []
        for answers in run.answers(progress, cancelled):
            mask = candidate_mask(scan.values[answers.slices][:, focus.rows, focus.columns])
            calcium.append((1 - answers.lesion[:, 0])[mask])
            labels.append(labels_of(answers, mask, values)[0][mask])
        yield CandidatePass(
            np.concatenate(calcium) if calcium else np.zeros(0, np.float32),
            np.concatenate(labels) if labels else np.zeros(0, np.uint8),
        )
