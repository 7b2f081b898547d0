"""What a model's passes doubt of each slice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.scoring.protocol import ScoringProtocol

if TYPE_CHECKING:
    from CACScoringLib.model.prediction.engines import Device
    from CACScoringLib.model.prediction.gathered_passes import PassOptions
    from CACScoringLib.model.store import Model


class SliceDoubt(NamedTuple):
    """A slice of a scan and what passes doubt of it: means over its candidate voxels, 0 without any.

    Parameters
    ----------
    scan
        Number of the scan in the project.
    slice_index
        Which slice, from 0.
    candidates
        Candidate voxels in the heart's part of the slice.
    variance
        Of the probability of calcium: MTAL's uncertainty (2.3).
    entropy, mutual_information
        In nats.
    """

    scan: int
    slice_index: int
    candidates: int
    variance: float
    entropy: float
    mutual_information: float


def slice_doubts(
    model: Model,
    scan_id: int,
    scan: CTScan,
    slices: Sequence[int],
    protocol: ScoringProtocol,
    options: PassOptions,
    device: Device = "auto",
) -> list[SliceDoubt]:
    """Run a scan through a model with dropout, and say what it doubts of some slices.

    Only the heart's part of slices with candidates is looked at; all other slices have nothing to doubt.

    Parameters
    ----------
    model, device
        What to run, where.
    scan_id, scan
        Number of the scan in the project, and the scan.
    slices
        Slice indices that are asked about.
    protocol, options
        How passes are scored, and run.
    """
    from CACScoringLib.model.prediction.focus import heart_and_candidates
    from CACScoringLib.model.prediction.gathered_passes import gather_passes

    focus = heart_and_candidates(scan)
    asked = focus._replace(slices=focus.slices[np.isin(focus.slices, slices)])
    if not asked.slices.size:
        return [SliceDoubt(scan_id, index, 0, 0.0, 0.0, 0.0) for index in slices]
    gathered = gather_passes(model, scan, asked, protocol, options, device)
    shape = scan.geometry.shape
    doubts = gathered.uncertainty.of_slices(gathered.voxels, shape)
    counts = np.bincount(gathered.voxels // (shape[1] * shape[2]), minlength=shape[0])
    return [
        SliceDoubt(
            scan_id,
            int(index),
            int(counts[index]),
            float(doubts.variance[index]),
            float(doubts.entropy[index]),
            float(doubts.mutual_information[index]),
        )
        for index in slices
    ]
