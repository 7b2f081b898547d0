"""Figures over many scans, with intervals that resample scans."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from CACScoringLib.agreement.bootstrap import BootstrapPlan, Estimate, Resampling
from CACScoringLib.agreement.icc import icc_a1, icc_features
from CACScoringLib.agreement.kappa import weighted_kappa
from CACScoringLib.agreement.overlap import binary_counts, binary_f1, f1_score, micro_f1
from CACScoringLib.model.calibration import Reliability
from CACScoringLib.scoring.risk import risk_scheme
from numpy.typing import NDArray
from results import ARTERIES, PROTOCOL, ScanResult

PLAN = BootstrapPlan("scan")
Statistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]

_SCHEME = risk_scheme(PROTOCOL.risk_scheme)
_CELLS, _RISKS = (1 + ARTERIES) ** 2, len(_SCHEME.categories)
_LESIONS, _RISK, _ICC = _CELLS, _CELLS + 4, _CELLS + 4 + _RISKS**2
"""Where a scan's features begin: volumes by class, then lesion counts, risk categories, terms of the ICC."""


def features(rows: Sequence[ScanResult]) -> NDArray[np.float64]:
    """Per scan, the terms whose sums all figures are made of, ``(scans, features)``."""
    volumes = np.array([row.volume_mm3 for row in rows])
    lesions = np.array([row.lesions for row in rows], float)
    scores = np.array([row.agatston for row in rows])
    risk = [[_SCHEME.index(score) for score in pair] for pair in scores.tolist()]
    cells = np.eye(_RISKS**2)[[truth * _RISKS + proposed for truth, proposed in risk]]
    return np.hstack([volumes, lesions, cells, icc_features(scores)])


def volume_micro_f1(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Micro-F1 over the arteries, by volume."""
    return micro_f1(_volumes(sums))


def volume_f1(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """F1 of calcium in any artery, by volume."""
    return f1_score(*binary_counts(_volumes(sums)))


def lesion_f1(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """F1 of calcium in any artery, by lesion."""
    return binary_f1(*np.moveaxis(sums[..., _LESIONS:_RISK], -1, 0))


def risk_kappa(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linearly weighted kappa of risk categories."""
    return weighted_kappa(sums[..., _RISK:_ICC].reshape(*sums.shape[:-1], _RISKS, _RISKS))


def agatston_icc(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """ICC of the Agatston score: two-way, absolute agreement, single measures."""
    return icc_a1(sums[..., _ICC:])


FIGURES: dict[str, Statistic] = {
    "F1, volume": volume_f1,
    "F1, lesions": lesion_f1,
    "micro-F1": volume_micro_f1,
    "ICC, Agatston": agatston_icc,
    "κ, risk": risk_kappa,
}


def estimate(rows: Sequence[ScanResult], statistic: Statistic) -> Estimate:
    """Return a figure of one model."""
    return Resampling(features(rows), PLAN).estimate(statistic)


def estimate_mean(seeds: Sequence[Sequence[ScanResult]], statistic: Statistic) -> Estimate:
    """Return the mean of a figure over models that differ in their seed, all tested on the same scans."""
    return Resampling(np.hstack([features(rows) for rows in seeds]), PLAN).estimate(
        lambda sums: _mean(sums, len(seeds), statistic)
    )


def estimate_difference(
    seeds: Sequence[Sequence[ScanResult]], baseline: Sequence[Sequence[ScanResult]], statistic: Statistic
) -> Estimate:
    """Return by how much a method's mean over seeds is above a baseline's on the same scans."""
    both = np.hstack([features(rows) for rows in (*seeds, *baseline)])
    width = both.shape[1] * len(seeds) // (len(seeds) + len(baseline))
    return Resampling(both, PLAN).estimate(
        lambda sums: (
            _mean(sums[..., :width], len(seeds), statistic)
            - _mean(sums[..., width:], len(baseline), statistic)
        )
    )


def calibration(rows: Sequence[ScanResult]) -> Reliability:
    """Return how the probability of CAC came true over the candidate voxels of all scans."""
    count, predicted, came_true = np.array([row.candidates for row in rows]).sum(axis=0)
    mean = np.divide(predicted, count, out=np.full(count.shape, np.nan), where=count > 0)
    return Reliability(count.astype(np.intp), mean, came_true.astype(np.intp))


def _mean(sums: NDArray[np.float64], seeds: int, statistic: Statistic) -> NDArray[np.float64]:
    return np.mean([statistic(part) for part in np.split(sums, seeds, axis=-1)], axis=0)


def _volumes(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    return sums[..., :_CELLS].reshape(*sums.shape[:-1], 1 + ARTERIES, 1 + ARTERIES)
