"""Means over repetitions, and how sure they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from CACScoringLib.agreement.bootstrap import CONFIDENCE, BootstrapPlan, Estimate, Interval, Resampling
from CACScoringLib.agreement.overlap import micro_f1
from numpy.typing import ArrayLike, NDArray

from .testing import ScanResult


def over_seeds(values: ArrayLike) -> Estimate:
    """Return the mean of a figure over repetitions with Student's t interval; undefined ones are left out.

    With three repetitions the interval is 2.5 standard deviations wide on either side, and rests on those
    three being drawn from a normal distribution.
    """
    from scipy.stats import t

    found = np.asarray(values, float)
    found = found[np.isfinite(found)]
    if not found.size:
        return Estimate(None, note="undefined")
    mean = float(found.mean())
    if found.size < 2:
        return Estimate(mean, note="no interval: one repetition")
    reach = float(t.ppf((1 + CONFIDENCE) / 2, found.size - 1) * found.std(ddof=1) / found.size**0.5)
    return Estimate(mean, Interval(mean - reach, mean + reach))


class Comparison(NamedTuple):
    """By how much micro-F1 is higher with one thing than with another.

    Parameters
    ----------
    over_seeds
        Mean over repetitions; interval over them, each paired with its own.
    over_scans
        The same mean, with a bootstrap interval over the scans that both were tested on.
    """

    over_seeds: Estimate
    over_scans: Estimate

    @property
    def decided(self) -> bool | None:
        """Whether it is higher, as far as both intervals tell; None if one of them holds 0 or is missing."""
        sides = {
            None if bounds is None or bounds.low <= 0 <= bounds.high else bounds.low > 0
            for bounds in (self.over_seeds.bootstrap, self.over_scans.bootstrap)
        }
        return sides.pop() if len(sides) == 1 else None


Models = Sequence[Sequence[Sequence[ScanResult]]]
"""What models make of scans, by repetition, round and scan."""


def compared(one: Models, other: Models) -> Comparison:
    """Compare models by their micro-F1 on the same scans, mean over their rounds.

    Parameters
    ----------
    one, other
        Results of as many repetitions and rounds, in the same order.
    """
    cells = np.array([[[_cells(scans) for scans in rounds] for rounds in side] for side in (one, other)])
    # side, repetition, round, scan, cell
    *models, scans, count = cells.shape
    classes = round(count**0.5)

    def difference(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        confusion = sums.reshape(*sums.shape[:-1], *models, classes, classes)
        by_repetition = micro_f1(confusion).mean(axis=-1)
        return by_repetition[..., 0, :] - by_repetition[..., 1, :]

    by_scan = np.moveaxis(cells, 3, 0).reshape(scans, -1)
    over_scans = Resampling(by_scan, BootstrapPlan("scan"))
    return Comparison(
        over_seeds(difference(by_scan.sum(axis=0))),
        over_scans.estimate(lambda sums: difference(sums).mean(axis=-1)),
    )


def _cells(scans: Sequence[ScanResult]) -> list[list[float]]:
    return [each.volume_mm3 for each in sorted(scans)]
