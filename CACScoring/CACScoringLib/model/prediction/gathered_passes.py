"""All passes of a scan, taken together: uncertainty, votes on labels, and what they make of the score."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import CACError
from ...scans.ct_scan import CTScan
from ...schemes import label_scheme
from ...scoring.protocol import ScoringProtocol
from ..dropout import check_rate
from ..score_distribution import ScoreDistribution, ScorePasses
from ..store import Model
from ..uncertainty import PassStatistics, Uncertainty
from .engines import Device
from .focus import Focus, candidate_voxels
from .passes import candidate_passes
from .threshold import label_at_threshold

FEWEST_PASSES, MOST_PASSES = 2, 1000
PassProgress = Callable[[int, int, int], object]
"""Called with the number of the pass, from 1, and the number of its slices done and of all."""


@dataclass(frozen=True)
class PassOptions:
    """How a scan is run through the network with dropout.

    Parameters
    ----------
    passes
        How many; MTAL takes 10 (2.3).
    rate
        Share of activations that are dropped, in all layers.
    seed
        The same seed gives the same passes on the same machine.

    Raises
    ------
    CACError
        If there are fewer than 2 passes or more than 1000, the rate is not at least 0 and below 1, or the
        seed is negative.
    """

    passes: int = 10
    rate: float = 0.01
    seed: int = 0

    def __post_init__(self) -> None:
        if not FEWEST_PASSES <= self.passes <= MOST_PASSES:
            raise CACError(
                f"{self.passes} Monte Carlo pass{'' if self.passes == 1 else 'es'}: how much passes disagree "
                f"takes {FEWEST_PASSES} to {MOST_PASSES} of them; MTAL takes 10"
            )
        check_rate(self.rate)
        if self.seed < 0:
            raise CACError(f"the seed is {self.seed}; it must be 0 or more")


@dataclass(frozen=True, eq=False)
class GatheredPasses:
    """What passes say of a scan.

    Parameters
    ----------
    options
        How they were run.
    voxels
        Ascending flat indices of the network's candidate voxels that the proposal looked at, into an array
        ``[slice, row, column]``.
    uncertainty
        Of each of these voxels.
    votes
        Share of passes that give each of them a label, float32 ``[label value, voxel]``; a left main that the
        protocol counts in LAD votes for LAD.
    scores
        Distribution of the score.
    seconds
        How long they took, scoring included.
    """

    options: PassOptions
    voxels: NDArray[np.intp]
    uncertainty: Uncertainty
    votes: NDArray[np.float32]
    scores: ScoreDistribution
    seconds: float

    def map_of(self, values: NDArray[np.floating], shape: tuple[int, int, int]) -> NDArray[np.float32]:
        """Put values of the voxels into a volume ``[slice, row, column]`` that is 0 elsewhere."""
        volume = np.zeros(shape, np.float32)
        volume.reshape(-1)[self.voxels] = values
        return volume


def gather_passes(
    model: Model,
    scan: CTScan,
    focus: Focus,
    protocol: ScoringProtocol,
    options: PassOptions,
    device: Device = "auto",
    *,
    progress: PassProgress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> GatheredPasses:
    """Run a scan through the network with dropout, and keep what the passes say, not the passes.

    Parameters
    ----------
    model, scan, device
        What to run, on what, where.
    focus
        What the proposal looked at. What it left out counts in no pass's score either: otherwise passes would
        differ from it where nobody doubts anything.
    protocol
        How each pass is scored.
    options
        How many passes, and how.
    progress
        Told after each batch of slices.
    cancelled
        See :meth:`SlicePass.answers`.

    Raises
    ------
    CACError
        If the device does not exist, memory does not suffice, or the caller cancelled.
    """
    start = time.perf_counter()
    voxels = candidate_voxels(scan, focus)
    scheme = label_scheme()
    counted_as = np.arange(scheme.highest + 1, dtype=np.uint8)
    if not protocol.keep_lm_apart:
        counted_as[scheme["LM"].value] = scheme["LAD"].value
    statistics, scores = PassStatistics(voxels.size), ScorePasses(scan, protocol)
    votes = np.zeros((counted_as.size, voxels.size), np.float32)
    everyone = np.arange(voxels.size)

    def told(done: int, total: int) -> None:
        if progress is not None:
            progress(statistics.passes + 1, done, total)

    for each in candidate_passes(
        model,
        scan,
        options.passes,
        options.rate,
        options.seed,
        device,
        focus=focus,
        progress=told,
        cancelled=cancelled,
    ):
        statistics.add(each.calcium)
        votes[counted_as[each.labels], everyone] += 1
        labels = np.zeros(scan.geometry.shape, np.uint8)
        labels.reshape(-1)[voxels] = each.labels
        label_at_threshold(labels, scan, protocol)
        scores.add(labels)
    return GatheredPasses(
        options,
        voxels,
        statistics.uncertainty(),
        (votes / options.passes).astype(np.float32),
        scores.distribution(),
        time.perf_counter() - start,
    )
