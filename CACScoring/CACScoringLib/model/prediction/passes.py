"""Monte Carlo passes: the same scan through the network again and again, each time with other dropout."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...scans.ct_scan import CTScan
from ..store import Model
from .engines import Device
from .focus import Focus, whole, with_candidates
from .matrix import Matrix, candidate_mask
from .pass_engines import PassEngines
from .proposal import label_values
from .slices import SliceAnswers, SlicePass, SliceProgress


class CandidatePass(NamedTuple):
    """What one pass says about the candidate voxels, in the order of their flat indices.

    Parameters
    ----------
    calcium
        Probability of coronary calcium, float32.
    labels
        CAC label values, uint8.
    """

    calcium: NDArray[np.float32]
    labels: NDArray[np.uint8]


class AnsweredSlices(NamedTuple):
    """What one pass answered for neighbouring slices.

    Parameters
    ----------
    answers
        Probabilities on rows and columns of the focus.
    candidates
        Mask of the candidate voxels there, ``[slice, row, column]``.
    """

    answers: SliceAnswers
    candidates: NDArray[np.bool_]

    def at_candidates(self, values: NDArray[np.uint8]) -> CandidateAnswers:
        """Return the answers at the candidate voxels, which is a small part of them.

        Parameters
        ----------
        values
            Label value of each class, see :func:`~.proposal.label_values`.
        """
        lesion = _at(self.answers.lesion, self.candidates)
        if self.answers.region is None:
            return CandidateAnswers(1 - lesion[0], lesion, None, values[lesion.argmax(axis=0)])
        region = _at(self.answers.region, self.candidates)
        # as labels_of has it, which would look for the region of every pixel
        labels = np.where(lesion[1] > 0.5, values[region.argmax(axis=0)], values[0])
        return CandidateAnswers(1 - lesion[0], lesion, region, labels)


class CandidateAnswers(NamedTuple):
    """What one pass answered at some candidate voxels, in the order of their flat indices.

    Parameters
    ----------
    calcium
        Probability of coronary calcium, float32 ``[voxel]``.
    lesion, region
        Probabilities of the classes, float32 ``[class, voxel]``; a single-task network has no ``region``.
    labels
        CAC label values, uint8 ``[voxel]``.
    """

    calcium: NDArray[np.float32]
    lesion: NDArray[np.float32]
    region: NDArray[np.float32] | None
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
    focus = with_candidates(scan, whole(scan) if focus is None else focus)
    values = label_values(model.config)
    engines = PassEngines(model, rate, device)
    for answered in answered_passes(
        engines, scan, focus, passes, seed, progress=progress, cancelled=cancelled
    ):
        parts = [each.at_candidates(values) for each in answered]
        yield CandidatePass(
            np.concatenate([np.zeros(0, np.float32), *(part.calcium for part in parts)]),
            np.concatenate([np.zeros(0, np.uint8), *(part.labels for part in parts)]),
        )


def answered_passes(
    engines: PassEngines,
    scan: CTScan,
    focus: Focus,
    passes: int,
    seed: int = 0,
    *,
    progress: SliceProgress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[Iterator[AnsweredSlices]]:
    """Run a scan through engines with dropout, pass after pass and batch after batch.

    Parameters
    ----------
    engines
        What to run.
    scan, passes, seed, progress, cancelled
        See :func:`candidate_passes`, whose passes these are.
    focus
        Part of the scan to be looked at; all of its slices have candidates.

    Yields
    ------
    Each pass, to be gone through before the next one is asked for.
    """
    matrix = Matrix.of(scan, engines.model.config)
    engine, window = engines.ready_for(focus, matrix)
    run = SlicePass(
        scan,
        focus,
        matrix,
        window,
        engine,
        engines.device,
        engines.model.name,
        features=engines.features,
        keep_inputs=passes > 1,
    )
    masks = {
        int(index): candidate_mask(scan.values[index, focus.rows, focus.columns]) for index in focus.slices
    }

    def answered() -> Iterator[AnsweredSlices]:
        for answers in run.answers(progress, cancelled):
            yield AnsweredSlices(answers, np.stack([masks[int(index)] for index in answers.slices]))

    # not seed + number: the passes of neighbouring seeds would be the same
    for pass_seed in np.random.SeedSequence(seed).spawn(passes):
        engine.begin(pass_seed)
        yield answered()


def _at(probabilities: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Probabilities ``[class, voxel]`` of the voxels in a mask ``[slice, row, column]``."""
    return np.stack([probabilities[:, each][mask] for each in range(probabilities.shape[1])])
