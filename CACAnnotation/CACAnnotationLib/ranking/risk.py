"""What a slice is worth to the score: the risk category that changes once the slice is known."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from CACScoringLib.scoring.risk import RiskScheme
from numpy.typing import NDArray


class ExpectedChange(NamedTuple):
    """What knowing each slice is expected to change, float64 ``[slice]``: categories, and Agatston score."""

    risk: NDArray[np.float64]
    agatston: NDArray[np.float64]


def expected_change(agatston: NDArray[np.float64], known: float, scheme: RiskScheme) -> ExpectedChange:
    """Return by how much a scan's score is expected to change once one slice is known.

    An Agatston score is a sum over slices, and each pass is a draw of what all of them are worth. With a_p(s)
    what pass p gives to slice s and K what the slices that are signed off are worth, the scan's score is
    T_p = K + sum over s of a_p(s). A reader who labels slice s is taken to find what another pass q gives
    it, all else left as it is::

        change(s) = mean over p != q of |category(T_p) - category(T_p - a_p(s) + a_q(s))|

    in categories of the risk scheme, numbered from the lowest; the same of scores is the mean of
    |a_p(s) - a_q(s)|. The formula is this project's own.

    Parameters
    ----------
    agatston
        What each pass gives to each slice that is not signed off, ``[slice, pass]``, two passes at least.
    known
        Agatston score of the slices that are signed off.
    scheme
        Names the bounds of the categories.
    """
    slices, passes = agatston.shape
    risk, score = np.zeros(slices), np.zeros(slices)
    # sums of the others, not the total less one: 0 must stay 0, whose category is its own
    before = np.zeros_like(agatston)
    after = np.zeros_like(agatston)
    before[1:] = np.cumsum(agatston[:-1], axis=0)
    after[:-1] = np.cumsum(agatston[:0:-1], axis=0)[::-1]
    others = known + (before + after)
    pairs = passes * (passes - 1)
    for index in np.flatnonzero(agatston.min(axis=1, initial=np.inf) < agatston.max(axis=1, initial=0)):
        given = agatston[index]
        categories = category_of(others[index][:, None] + given[None], scheme)
        as_passed = category_of(others[index] + given, scheme)
        risk[index] = np.abs(categories - as_passed[:, None]).sum() / pairs
        score[index] = np.abs(given[:, None] - given[None]).sum() / pairs
    return ExpectedChange(risk, score)


def category_of(agatston: NDArray[np.float64], scheme: RiskScheme) -> NDArray[np.intp]:
    """Return :meth:`~CACScoringLib.scoring.risk.RiskScheme.index` of each score."""
    above = np.searchsorted(scheme.bounds, agatston, side="left" if scheme.upper_closed else "right")
    return np.where(agatston == 0, 0, 1 + above) if scheme.zero_apart else above
