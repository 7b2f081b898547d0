"""Intraclass correlation: two-way random effects, absolute agreement, single measures.

ICC(A,1) of McGraw & Wong (1996), ICC(2,1) of Shrout & Fleiss (1979).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .bootstrap import CONFIDENCE, Interval


class MeanSquares(NamedTuple):
    """Mean squares of the two-way analysis of variance: between subjects, between readings, residual."""

    subjects: NDArray[np.float64]
    readings: NDArray[np.float64]
    residual: NDArray[np.float64]


def icc_features(ratings: ArrayLike) -> NDArray[np.float64]:
    """Per subject, what the mean squares are made of.

    Parameters
    ----------
    ratings
        One row per subject, one column per reading, shape ``(n, k)``.

    Returns
    -------
    Shape ``(n, 4 + k)``: 1, the subject's mean, its square, the k deviations from it and the sum of their
    squares. Identical readings so have a residual of exactly 0.
    """
    values = np.asarray(ratings, float)
    values = _without_rounding(values - values.mean(), np.abs(values).max())
    mean = values.mean(axis=1, keepdims=True)
    deviation = values - mean
    squares = (deviation**2).sum(axis=1, keepdims=True)
    return np.hstack([np.ones_like(mean), mean, mean**2, deviation, squares])


def mean_squares(sums: NDArray[np.float64]) -> MeanSquares:
    """Mean squares from sums of :func:`icc_features` over subjects, shape ``(..., 4 + k)``."""
    subjects, mean, mean_squared = sums[..., 0], sums[..., 1], sums[..., 2]
    deviations, within = sums[..., 3:-1], sums[..., -1]
    readings = deviations.shape[-1]
    between_subjects = readings * _without_rounding(mean_squared - mean**2 / subjects, mean_squared)
    between_readings = (deviations**2).sum(-1) / subjects
    residual = _without_rounding(within - between_readings, within)
    return MeanSquares(
        between_subjects / (subjects - 1),
        between_readings / (readings - 1),
        residual / ((subjects - 1) * (readings - 1)),
    )


def icc_a1(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """ICC(A,1) from sums of :func:`icc_features` over subjects; NaN where nothing varies.

    (MSR - MSE) / (MSR + (k - 1) MSE + k (MSC - MSE) / n), McGraw & Wong 1996, Table 4.
    """
    between, readings, residual = mean_squares(sums)
    n, k = sums[..., 0], sums.shape[-1] - 4
    whole = between + (k - 1) * residual + k / n * (readings - residual)
    return np.divide(between - residual, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0)


def icc_f_interval(sums: NDArray[np.float64]) -> Interval | None:
    """Confidence interval of ICC(A,1) by F distributions (McGraw & Wong 1996, Table 7).

    Parameters
    ----------
    sums
        Sums of :func:`icc_features` over all subjects, shape ``(4 + k,)``.

    Returns
    -------
    The interval, None where readings are identical or nothing varies. It takes readings as normal with one
    variance, which calcium scores are not: the bootstrap interval stands beside it.
    """
    from scipy.stats import f

    between, readings, residual = (float(each) for each in mean_squares(sums))
    n, k = float(sums[0]), sums.size - 4
    icc = float(icc_a1(sums))
    if not np.isfinite(icc) or readings + residual == 0:
        return None
    # Satterthwaite's degrees of freedom; both terms carry the factor n (1 - ICC), which cancels.
    by_reading, by_residual = k * icc * readings, (n + n * icc * (k - 1) - k * icc) * residual
    spread = by_reading**2 / (k - 1) + by_residual**2 / ((n - 1) * (k - 1))
    if spread == 0:
        return None
    freedom = (by_reading + by_residual) ** 2 / spread
    level = (1 + CONFIDENCE) / 2
    below, above = f.ppf(level, n - 1, freedom), f.ppf(level, freedom, n - 1)
    rest = k * readings + (k * n - k - n) * residual
    low = n * (between - below * residual) / (below * rest + n * between)
    high = n * (above * between - residual) / (rest + n * above * between)
    return Interval(float(low), float(high))


def _without_rounding(difference: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Set to 0 what is left of a difference by rounding: nothing that varies must not look like something."""
    return np.where(np.abs(difference) <= 1e-12 * whole, 0.0, difference)
