"""Bootstrap confidence intervals of statistics that depend on the data through sums over units.

Every statistic of this package is a function of such sums (counts of voxels, lesions or categories, sums of
readings and of their squares). A resample is then a set of multiplicities and its sums are one matrix
product, so that thousands of resamples take a fraction of a second and a few megabytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

CONFIDENCE = 0.95
"""Level of every confidence interval."""

FEWEST_UNITS = 3
"""With fewer units a bootstrap interval says nothing."""

_DRAWS_AT_ONCE = 2_000_000

Statistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""From sums of shape ``(..., features)`` to values of shape ``(...,)``; NaN where undefined."""


class Interval(NamedTuple):
    """A confidence interval of level :data:`CONFIDENCE`."""

    low: float
    high: float


@dataclass(frozen=True)
class Estimate:
    """A statistic and its bootstrap interval.

    Parameters
    ----------
    value
        The statistic, None where it is undefined.
    bootstrap
        Its interval, None where there is none.
    note
        Why the value or the interval is missing, or how many resamples had to be left out.
    """

    value: float | None
    bootstrap: Interval | None = None
    note: str | None = None


@dataclass(frozen=True)
class BootstrapPlan:
    """What is resampled, and how.

    Parameters
    ----------
    unit
        The unit drawn with replacement: ``"scan"`` across scans, ``"lesion"`` within one.
    resamples
        Number of resamples.
    seed
        Seed of the random numbers.
    """

    unit: str
    resamples: int = 2000
    seed: int = 0

    def describe(self) -> str:
        """Say in words how the intervals came about."""
        return (
            f"{CONFIDENCE * 100:.0f} % intervals by BCa bootstrap, {self.resamples} resamples of "
            f"{self.unit}s, seed {self.seed}"
        )


class Resampling:
    """Resampled sums of the units' features, shared by all statistics that are computed from them.

    Parameters
    ----------
    features
        One row per unit, shape ``(units, features)``.
    plan
        What is resampled, and how.

    Examples
    --------
    >>> readings = np.array([[1.0, 2.0], [1.0, 4.0], [1.0, 6.0]])
    >>> Resampling(readings, BootstrapPlan("scan")).estimate(lambda sums: sums[..., 1] / sums[..., 0]).value
    4.0
    """

    def __init__(self, features: ArrayLike, plan: BootstrapPlan) -> None:
        rows = np.asarray(features, float)
        self.plan = plan
        self.units = len(rows)
        self.total = rows.sum(axis=0)
        self._resampled = _resampled_sums(rows, plan) if self.units >= FEWEST_UNITS else None
        self._without_one = self.total - rows

    def estimate(self, statistic: Statistic, undefined: str = "undefined") -> Estimate:
        """Evaluate a statistic and its bias-corrected and accelerated interval (BCa, Efron 1987).

        Parameters
        ----------
        statistic
            Function of the sums.
        undefined
            Why the statistic is undefined where it is, for the reader of the result.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            value = float(statistic(self.total))
            if not np.isfinite(value):
                return Estimate(None, note=undefined)
            if self._resampled is None:
                return Estimate(value, note=f"no interval: fewer than {FEWEST_UNITS} {self.plan.unit}s")
            resampled = statistic(self._resampled)
            without_one = statistic(self._without_one)
        defined = resampled[np.isfinite(resampled)]
        left_out = resampled.size - defined.size
        if defined.size == 0 or np.ptp(defined) <= 1e-12 * max(1.0, abs(value)):
            return Estimate(value, note="no interval: every resample gives the same value")
        interval = _bca_interval(value, defined, without_one[np.isfinite(without_one)])
        note = f"{left_out} of {resampled.size} resamples undefined and left out" if left_out else None
        return Estimate(value, interval, note)


def _resampled_sums(rows: NDArray[np.float64], plan: BootstrapPlan) -> NDArray[np.float64]:
    """Sums over units drawn with replacement, shape ``(resamples, features)``."""
    units = len(rows)
    random = np.random.default_rng(plan.seed)
    at_once = max(1, _DRAWS_AT_ONCE // units)
    parts = []
    for start in range(0, plan.resamples, at_once):
        count = min(at_once, plan.resamples - start)
        drawn = random.integers(0, units, size=(count, units)) + units * np.arange(count)[:, None]
        multiplicity = np.bincount(drawn.reshape(-1), minlength=count * units).reshape(count, units)
        parts.append(multiplicity.astype(float) @ rows)
    return np.concatenate(parts)


def _bca_interval(value: float, resampled: NDArray, without_one: NDArray) -> Interval:
    """Interval by Efron 1987; the bias correction stays finite where all resamples lie on one side."""
    below = np.mean(resampled < value) + 0.5 * np.mean(resampled == value)
    edge = 0.5 / resampled.size
    bias = ndtri(np.clip(below, edge, 1 - edge))
    influence = without_one.mean() - without_one if without_one.size else np.zeros(1)
    spread = np.sum(influence**2) ** 1.5
    acceleration = np.sum(influence**3) / (6 * spread) if spread > 0 else 0.0
    normal = bias + ndtri([(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    levels = ndtr(bias + normal / (1 - acceleration * normal))
    low, high = np.quantile(resampled, levels)
    return Interval(float(low), float(high))
