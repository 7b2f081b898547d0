"""What passes say, as the part of a prediction's document that tells of it."""

from __future__ import annotations

from typing import Any

from ...scans.ct_scan import CTScan
from ...scoring.protocol import ScoringProtocol
from ..inputs import CANDIDATE_HU
from .doubts import DOUBTFUL, MOST_LISTED, Doubts
from .gathered_passes import GatheredPasses
from .proposal import Proposal
from .uncertainty_maps import UNCERTAINTY_MAPS
from .usability import UNUSABLE_KEY, unusable_because


def with_doubts(
    document: dict[str, Any],
    gathered: GatheredPasses,
    proposal: Proposal,
    scan: CTScan,
    protocol: ScoringProtocol,
) -> dict[str, Any]:
    """Return a proposal's document with what passes say of it.

    ``uncertainty`` holds how the passes were run, what their maps hold, a value per slice of each measure
    (the mean over its candidate voxels, 0 without any), and the doubtful lesions, at most
    :data:`MOST_LISTED` of them.
    ``score_distribution`` holds the scores of all passes, and why they are not to be used where they are not;
    ``lesions[n].uncertainty`` what passes say of a proposed lesion: null, and a sentence among ``notes``,
    where the network saw no candidate in what counts.

    Parameters
    ----------
    document
        Of :func:`~CACScoringLib.model.prediction.proposal.proposal_document`.
    gathered, proposal, scan, protocol
        The passes, and what they are about.
    """
    doubts = Doubts(gathered, proposal, scan, protocol)
    doubtful = doubts.doubtful_lesions()
    lesions, notes = [], list(document["notes"])
    for lesion, said in zip(document["lesions"], doubts.of_proposal(), strict=True):
        lesions.append(lesion | {"uncertainty": None if said is None else said.as_document()})
        if said is None:
            notes.append(
                f"passes say nothing of lesion {lesion['id']}: it counts only voxels of exactly "
                f"{CANDIDATE_HU} HU, which take their label from the calcium they touch"
            )
    by_slice = gathered.uncertainty.of_slices(gathered.voxels, scan.geometry.shape)
    options = gathered.options
    return document | {
        "notes": notes,
        "lesions": lesions,
        "uncertainty": {
            "method": "Monte Carlo dropout in all layers",
            "passes": options.passes,
            "dropout_rate": options.rate,
            "seed": options.seed,
            "maps": {
                each.file_name: {"measure": each.measure, "meaning": each.meaning, "unit": each.unit}
                for each in UNCERTAINTY_MAPS
            },
            "slices": {name: values.tolist() for name, values in by_slice._asdict().items()},
            "doubtful_from": DOUBTFUL,
            "doubtful_lesions": [lesion.as_document() for lesion in doubtful[:MOST_LISTED]],
            "doubtful_lesions_left_out": max(len(doubtful) - MOST_LISTED, 0),
        },
        "score_distribution": gathered.scores.as_document()
        | {UNUSABLE_KEY: unusable_because(proposal, scan)},
    }
