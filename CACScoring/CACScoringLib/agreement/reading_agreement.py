"""Agreement of paired readings of many scans: ICC, Bland-Altman, risk categories."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import CACError
from ..scoring.risk import RiskScheme
from .bland_altman import BlandAltman, bland_altman
from .bootstrap import BootstrapPlan, Estimate, Interval, Resampling
from .icc import icc_a1, icc_f_interval, icc_features
from .kappa import confusion_matrix, weighted_kappa
from .paired_table import FEWEST_ROWS, PairedReadings, PairedTable


@dataclass(frozen=True)
class MeasureAgreement:
    """Agreement of one measure.

    Parameters
    ----------
    pairs, left_out
        Complete pairs, and rows left out for an empty cell.
    reference_mean, test_mean
        Mean of either reading.
    icc
        ICC(A,1), with bootstrap interval.
    icc_f_interval
        Its interval by F distributions (McGraw & Wong 1996); None where readings are identical.
    bland_altman
        Bias and limits of agreement of "test minus reference".
    """

    pairs: int
    left_out: int
    reference_mean: float
    test_mean: float
    icc: Estimate
    icc_f_interval: Interval | None
    bland_altman: BlandAltman


@dataclass(frozen=True, eq=False)
class RiskAgreement:
    """Agreement of risk categories.

    Parameters
    ----------
    scheme
        The scheme that made categories of Agatston scores.
    confusion
        Scans by category, rows reference, columns test.
    kappa
        Linearly weighted Cohen's kappa, with bootstrap interval.
    """

    scheme: RiskScheme
    confusion: NDArray[np.int64]
    kappa: Estimate

    @property
    def same_category(self) -> int:
        """Number of scans that both readings put into the same category."""
        return int(np.trace(self.confusion))


@dataclass(frozen=True, eq=False)
class TableAgreement:
    """Agreement of all measures of a table.

    Parameters
    ----------
    measures
        By measure.
    skipped
        Why a measure has no figures, by measure.
    risk
        Agreement of risk categories, None where the table has no total Agatston scores.
    """

    measures: dict[str, MeasureAgreement]
    skipped: dict[str, str]
    risk: RiskAgreement | None


def table_agreement(table: PairedTable, scheme: RiskScheme, plan: BootstrapPlan) -> TableAgreement:
    """Compare the two readings of every measure of a table.

    Raises
    ------
    CACError
        If no measure has at least three complete pairs.
    """
    enough = {name: pairs for name, pairs in table.measures.items() if pairs.reference.size >= FEWEST_ROWS}
    skipped = {
        name: f"{pairs.reference.size} complete pairs; at least {FEWEST_ROWS} are needed"
        for name, pairs in table.measures.items()
        if name not in enough
    }
    if not enough:
        reasons = "; ".join(f"'{name}' has {reason}" for name, reason in skipped.items())
        raise CACError(f"no measure can be compared: {reasons}")
    agatston = table.agatston
    return TableAgreement(
        {name: measure_agreement(pairs, plan) for name, pairs in enough.items()},
        skipped,
        None
        if agatston is None or agatston.reference.size < FEWEST_ROWS
        else risk_agreement(agatston, scheme, plan),
    )


def measure_agreement(readings: PairedReadings, plan: BootstrapPlan) -> MeasureAgreement:
    """Compare two readings of one measure on at least three scans."""
    resampling = Resampling(icc_features(np.stack([readings.reference, readings.test], axis=1)), plan)
    return MeasureAgreement(
        readings.reference.size,
        readings.left_out,
        float(readings.reference.mean()),
        float(readings.test.mean()),
        resampling.estimate(icc_a1, "undefined: all readings have the same value"),
        icc_f_interval(resampling.total),
        bland_altman(readings.reference, readings.test, plan),
    )


def risk_indices(readings: PairedReadings, scheme: RiskScheme) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Positions of both readings' risk categories in the scheme, shape ``(pairs,)`` each."""
    reference, test = (
        np.array([scheme.index(score) for score in scores], np.intp)
        for scores in (readings.reference, readings.test)
    )
    return reference, test


def risk_agreement(readings: PairedReadings, scheme: RiskScheme, plan: BootstrapPlan) -> RiskAgreement:
    """Compare the risk categories of two readings of the total Agatston score."""
    categories = len(scheme.categories)
    reference, test = risk_indices(readings, scheme)
    cells = np.eye(categories**2)[reference * categories + test]
    kappa = Resampling(cells, plan).estimate(
        lambda sums: weighted_kappa(sums.reshape(*sums.shape[:-1], categories, categories)),
        "undefined: both readings put every scan into one category",
    )
    return RiskAgreement(scheme, confusion_matrix(reference, test, categories), kappa)
