"""Monte Carlo passes: the same scan through the network again and again, each time with other dropout."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...scans.ct_scan import CTScan
from ..store import Model
from .engines import Device, device_named
from .focus import whole
from .folding import folded
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


def candidate_voxels(scan: CTScan) -> NDArray[np.intp]:
    """Ascending flat indices of the voxels that the network takes for candidates."""
    return np.flatnonzero(candidate_mask(scan.values))


def candidate_passes(
    model: Model,
    scan: CTScan,
    passes: int,
    rate: float = 0.01,
    seed: int = 0,
    device: Device = "auto",
    *,
    progress: SliceProgress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[CandidatePass]:
    """Run a scan through the network with dropout, ``passes`` times.

    MTAL 2.3 takes 10 passes with 0.01 in all layers. Only slices with candidates are computed. The same seed
    gives the same passes on the same machine.

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
    progress, cancelled
        See :meth:`SlicePass.answers`; progress starts anew with each pass.
    """
    chosen = device_named(device)
    matrix = Matrix.of(scan, model.config)
    everything = whole(scan)
    candidates = candidate_mask(scan.values)
    focus = everything._replace(slices=np.flatnonzero(candidates.any(axis=(1, 2))))
    network = folded(model.network)
    engine = make_pass_engine(network, rate, matrix.input_size, model.config.smallest_input, chosen)
    run = SlicePass(scan, focus, matrix, everything.window(matrix), engine, chosen)
    values = label_values(model.config)
    # not seed + number: the passes of neighbouring seeds would be the same
    for pass_seed in np.random.SeedSequence(seed).spawn(passes):
        engine.begin(pass_seed)
        calcium: list[NDArray[np.float32]] = []
        labels: list[NDArray[np.uint8]] = []
        for answers in run.answers(progress, cancelled):
            mask = candidates[answers.slices]
            calcium.append((1 - answers.lesion[:, 0])[mask])
            labels.append(labels_of(answers, mask, values)[0][mask])
        yield CandidatePass(
            np.concatenate(calcium) if calcium else np.zeros(0, np.float32),
            np.concatenate(labels) if labels else np.zeros(0, np.uint8),
        )
