"""Bland-Altman analysis: bias and 95 % limits of agreement (Bland & Altman 1986, 1999)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .bootstrap import CONFIDENCE, BootstrapPlan, Estimate, Interval, Resampling

NORMAL_95 = 1.959963984540054
"""The limits lie this many standard deviations from the bias."""


@dataclass(frozen=True)
class Limit:
    """The bias or a limit of agreement: estimate with bootstrap interval, and the interval by Student's t."""

    estimate: Estimate
    t_interval: Interval

    @property
    def value(self) -> float:
        """The estimate, which is always defined here."""
        assert self.estimate.value is not None
        return self.estimate.value


@dataclass(frozen=True)
class BlandAltman:
    """Differences "test minus reference": bias, standard deviation (n - 1), limits of agreement."""

    bias: Limit
    sd: float
    lower: Limit
    upper: Limit


def bland_altman(reference: NDArray, test: NDArray, plan: BootstrapPlan) -> BlandAltman:
    """Analyse the differences "test minus reference".

    Limits are bias ± 1.96 SD. Standard errors are SD √(1/n) for the bias and SD √(1/n + 1.96² / (2 (n - 1)))
    for the limits (Bland & Altman 1999), with Student's t on n - 1 degrees of freedom; these take the
    differences as normal, the bootstrap intervals do not.

    Parameters
    ----------
    reference, test
        Paired readings, shape ``(n,)``, n at least 3.
    """
    from scipy.stats import t

    difference = np.asarray(test, float) - reference
    n = difference.size
    # Squares are taken about the mean difference: sums of large squares would lose the small variance.
    centre = difference.mean()
    offset = difference - centre
    resampling = Resampling(np.stack([np.ones(n), offset, offset**2], axis=1), plan)
    sd = float(_standard_deviation(resampling.total))
    quantile = float(t.ppf((1 + CONFIDENCE) / 2, n - 1))

    def limit(deviations: float) -> Limit:
        estimate = resampling.estimate(
            lambda sums: centre + sums[..., 1] / sums[..., 0] + deviations * _standard_deviation(sums)
        )
        assert estimate.value is not None
        half = quantile * sd * np.sqrt(1 / n + deviations**2 / (2 * (n - 1)))
        return Limit(estimate, Interval(float(estimate.value - half), float(estimate.value + half)))

    return BlandAltman(limit(0.0), sd, limit(-NORMAL_95), limit(NORMAL_95))


def _standard_deviation(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sample standard deviation from sums of 1, x and x²."""
    variance = (sums[..., 2] - sums[..., 1] ** 2 / sums[..., 0]) / (sums[..., 0] - 1)
    return np.sqrt(np.maximum(variance, 0))
