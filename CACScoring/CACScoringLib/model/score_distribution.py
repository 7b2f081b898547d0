"""What passes with dropout make of the score: its distribution, risk categories, and whether it is zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..scans.ct_scan import CTScan
from ..scoring.protocol import ScoringProtocol
from ..scoring.risk import risk_scheme
from ..scoring.scores import score_scan

INTERVAL = (0.05, 0.95)
"""Quantiles between which nine passes in ten lie."""


@dataclass(frozen=True, eq=False)
class ScoreDistribution:
    """Agatston scores of a scan, one per pass.

    With few passes all of this is coarse: probabilities are shares of passes, so ten of them know no 5 %.
    Passes of dropout approximate what the network's weights leave open (Gal & Ghahramani 2016), not noise of
    the scan nor what readers disagree on.

    Parameters
    ----------
    total
        Agatston score of each pass.
    arteries
        The same of each artery.
    scheme
        Name of the risk scheme.
    """

    total: NDArray[np.float64]
    arteries: dict[str, NDArray[np.float64]]
    scheme: str

    @property
    def passes(self) -> int:
        """Number of passes."""
        return self.total.size

    @property
    def zero_probability(self) -> float:
        """Share of passes in which no calcium counts."""
        return float(np.mean(self.total == 0))

    @property
    def risk_probabilities(self) -> dict[str, float]:
        """Share of passes in each risk category, lowest category first; they sum to 1."""
        scheme = risk_scheme(self.scheme)
        index = [scheme.index(score) for score in self.total.tolist()]
        shares = np.bincount(index, minlength=len(scheme.categories)) / self.passes
        return dict(zip(scheme.categories, shares.tolist(), strict=True))

    def as_document(self) -> dict[str, Any]:
        """Return the distribution as a JSON-able dictionary, the scores of all passes included."""
        return {
            "passes": self.passes,
            "interval_quantiles": list(INTERVAL),
            "total": _summary(self.total) | {"zero_probability": self.zero_probability},
            "arteries": {name: _summary(scores) for name, scores in self.arteries.items()},
            "risk": {"scheme": self.scheme, "probabilities": self.risk_probabilities},
        }


class ScorePasses:
    """Scores passes one by one, each like any labelled scan; their labels are not kept.

    Parameters
    ----------
    scan
        The scan.
    protocol
        How it is scored.
    """

    def __init__(self, scan: CTScan, protocol: ScoringProtocol) -> None:
        self._scan = scan
        self._protocol = protocol
        self._scores: list[dict[str, float]] = []
        self._totals: list[float] = []

    def add(self, labels: NDArray[np.uint8]) -> None:
        """Take in a pass: its CAC label map, ``[slice, row, column]`` on the scan's grid."""
        scores = score_scan(self._scan, labels, self._protocol)
        self._scores.append({name: artery.agatston for name, artery in scores.arteries.items()})
        self._totals.append(scores.total.agatston)

    def distribution(self) -> ScoreDistribution:
        """Return the distribution over the passes so far."""
        if not self._totals:
            raise ValueError("there is no pass yet")
        arteries = {name: np.array([each[name] for each in self._scores]) for name in self._scores[0]}
        return ScoreDistribution(np.array(self._totals), arteries, self._protocol.risk_scheme)


def _summary(scores: NDArray[np.float64]) -> dict[str, Any]:
    low, median, high = np.quantile(scores, [INTERVAL[0], 0.5, INTERVAL[1]]).tolist()
    return {
        "mean": float(scores.mean()),
        "standard_deviation": float(scores.std()),
        "median": median,
        "interval": [low, high],
        "agatston": scores.tolist(),
    }
