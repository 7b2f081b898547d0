"""A scored scan as a whole: facts, warnings, review state, scores, risk; and its JSON form."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..candidates.candidates import find_candidates
from ..scans.ct_scan import CTScan
from ..schemes import label_scheme
from .protocol import ScoringProtocol
from .review import ReviewState, review_of_labels
from .risk import arterial_age_years, risk_category
from .scores import ArteryScores, ScanScores, score_scan


@dataclass(frozen=True)
class ScoredScan:
    """A scan, its review state, and its scores where there is something to score.

    Parameters
    ----------
    scan
        The scan.
    protocol
        How it was scored.
    candidates
        Number of candidate lesions.
    review
        How much of it was looked at.
    scores
        None while nothing coronary is labelled and not every slice is signed off: not reviewed is not zero.
    """

    scan: CTScan
    protocol: ScoringProtocol
    candidates: int
    review: ReviewState
    scores: ScanScores | None

    @property
    def risk_category(self) -> str | None:
        """Risk category by the protocol's scheme, None without scores."""
        if self.scores is None:
            return None
        return risk_category(self.scores.total.agatston, self.protocol.risk_scheme, self.scores.vessels)

    @property
    def arterial_age_years(self) -> float | None:
        """Arterial age, None without scores."""
        return None if self.scores is None else arterial_age_years(self.scores.total.agatston)


def scored_scan(
    scan: CTScan,
    protocol: ScoringProtocol,
    labels: NDArray[np.uint8] | None = None,
    *,
    signed_off: bool = False,
) -> ScoredScan:
    """Score a scan, with or without labels.

    Parameters
    ----------
    scan
        The scan.
    protocol
        How to score it.
    labels
        CAC label map ``[slice, row, column]``, None for a scan that nobody labelled.
    signed_off
        Take every slice for reviewed: what is unlabelled is not coronary.
    """
    slices = scan.geometry.size[2]
    candidates = len(find_candidates(scan, protocol))
    if labels is None:
        return ScoredScan(scan, protocol, candidates, ReviewState(slices, None), None)
    review = ReviewState(slices, slices) if signed_off else review_of_labels(scan, labels, protocol)
    scores = score_scan(scan, labels, protocol)
    nothing_yet = not scores.lesions and not review.complete
    return ScoredScan(scan, protocol, candidates, review, None if nothing_yet else scores)


def as_json(scored: ScoredScan) -> dict[str, Any]:
    """Return the scored scan as a JSON-able dictionary; scores that are not known are null."""
    scan, scores = scored.scan, scored.scores
    names = [label.name for label in label_scheme(with_lm=scored.protocol.keep_lm_apart).arteries]
    return {
        "scan": scan_facts(scan) | {"candidates": scored.candidates},
        "warnings": [dataclasses.asdict(warning) for warning in scan.warnings],
        "review": dataclasses.asdict(scored.review) | {"state": str(scored.review)},
        "protocol": dataclasses.asdict(scored.protocol),
        "arteries": {name: _scores_json(scores.arteries[name] if scores else None) for name in names},
        "total": _scores_json(scores.total if scores else None)
        | {"vessels": scores.vessels if scores else None},
        "risk": {
            "scheme": scored.protocol.risk_scheme,
            "category": scored.risk_category,
            "arterial_age_years": scored.arterial_age_years,
        },
        "lesions": [dataclasses.asdict(lesion) for lesion in scores.lesions] if scores else [],
    }


def scan_facts(scan: CTScan) -> dict[str, Any]:
    """Return size, spacing and acquisition facts of a scan as a JSON-able dictionary."""
    columns, rows, slices = scan.geometry.size
    return {
        "columns": columns,
        "rows": rows,
        "slices": slices,
        "pixel_spacing_mm": list(scan.geometry.spacing_mm[:2]),
        "increment_mm": scan.geometry.increment_mm,
        **dataclasses.asdict(scan.acquisition),
    }


def _scores_json(scores: ArteryScores | None) -> dict[str, Any]:
    if scores is None:
        return {field.name: None for field in dataclasses.fields(ArteryScores)}
    return dataclasses.asdict(scores)
