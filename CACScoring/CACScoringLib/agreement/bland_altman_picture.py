"""The Bland-Altman picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..disclaimer import DISCLAIMER
from .bland_altman import BlandAltman, Limit
from .bootstrap import Estimate, Interval
from .paired_table import PairedReadings
from .wording import number, with_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#555555"
"""Told apart by readers of any colour vision (Okabe & Ito 2008)."""

FOOTNOTE = (
    "Solid: bias; dashed: 95 % limits of agreement; bands: their 95 % confidence intervals (bootstrap over "
    f"scans).{{axes}}\n{DISCLAIMER}."
)

_SKEWED = 20
"""Where the largest mean is this many times the median, the axes are logarithmic beyond a bound."""


def bland_altman_figure(
    measure: str,
    readings: PairedReadings,
    analysis: BlandAltman,
    icc: Estimate,
    changed: NDArray[np.bool_] | None = None,
) -> Figure:
    """Draw differences over means, with bias, limits of agreement and their intervals.

    Parameters
    ----------
    measure
        Name of the measure.
    readings
        The pairs.
    analysis, icc
        Their agreement.
    changed
        True where the two readings fall into different risk categories; such pairs stand out.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 5.4), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    mean, difference = (readings.reference + readings.test) / 2, readings.test - readings.reference
    _draw_limits(axes, analysis)
    _draw_pairs(axes, mean, difference, changed)
    _count_zeros(axes, mean, difference)
    bound = _logarithmic_beyond(mean)
    if bound is not None:
        _spread_small_scores(axes, bound, mean.max())
    highest = max(abs(edge) for edge in axes.get_ylim()) if difference.any() else 1.0
    axes.set_ylim(-highest, highest)
    left_out = f", {readings.left_out} left out" if readings.left_out else ""
    axes.set_title(
        f"{measure}: {mean.size:,} pairs{left_out}; ICC(A,1) {with_interval(icc)}",
        loc="left",
        fontsize=11,
        parse_math=False,
    )
    # A name may hold dollar signs, which matplotlib would read as a formula.
    axes.set_xlabel(f"Mean of reference and test, {measure}", parse_math=False)
    axes.set_ylabel(f"Test minus reference, {measure}", parse_math=False)
    beyond = "" if bound is None else f" Axes are logarithmic beyond {bound:g}."
    figure.supxlabel(FOOTNOTE.format(axes=beyond), fontsize=7.5, color=GREY)
    return figure


def _lines(analysis: BlandAltman) -> tuple[tuple[str, Limit, str, float], ...]:
    """Name, value, line style and height of the caption of everything that is drawn across."""
    return (
        ("Upper limit", analysis.upper, "--", 0.82),
        ("Bias", analysis.bias, "-", 0.5),
        ("Lower limit", analysis.lower, "--", 0.18),
    )


def _interval(limit: Limit) -> Interval:
    """Bootstrap interval, or Student's where every resample gives the same value."""
    return limit.estimate.bootstrap or limit.t_interval


def _draw_limits(axes: Axes, analysis: BlandAltman) -> None:
    axes.axhline(0, color=GREY, linewidth=0.6, zorder=1)
    for name, limit, style, height in _lines(analysis):
        low, high = _interval(limit)
        axes.axhspan(low, high, color=GREY, alpha=0.14, linewidth=0, zorder=0)
        axes.axhline(limit.value, color="black", linewidth=1.1, linestyle=style, zorder=3)
        axes.annotate(
            f"{name}\n{number(limit.value)}\n({number(low)} to {number(high)})",
            (1.01, height),
            xycoords="axes fraction",
            va="center",
            fontsize=9,
        )


def _draw_pairs(
    axes: Axes, mean: NDArray[np.float64], difference: NDArray[np.float64], changed: NDArray[np.bool_] | None
) -> None:
    size = float(np.clip(4000 / mean.size, 10, 36))
    if changed is None:
        axes.scatter(mean, difference, s=size, color=BLUE, alpha=0.55, linewidths=0, zorder=2)
        return
    for shown, marker, colour, meaning in (
        (~changed, "o", BLUE, "same risk category"),
        (changed, "^", VERMILION, "changed risk category"),
    ):
        label = f"{meaning} ({np.count_nonzero(shown):,})"
        axes.scatter(
            mean[shown],
            difference[shown],
            s=size,
            marker=marker,
            color=colour,
            alpha=0.55,
            linewidths=0,
            zorder=2,
            label=label,
        )
    axes.legend(loc="upper left", frameon=False, fontsize=9)


def _count_zeros(axes: Axes, mean: NDArray[np.float64], difference: NDArray[np.float64]) -> None:
    """Say how many pairs lie on one point, without calcium in either reading."""
    zeros = np.count_nonzero((mean == 0) & (difference == 0))
    if zeros:
        axes.annotate(
            f"{zeros:,} pairs are 0 in both readings",
            (0, 0),
            xytext=(12, -34),
            textcoords="offset points",
            fontsize=9,
            arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.6},
        )


def _logarithmic_beyond(mean: NDArray[np.float64]) -> float | None:
    """Power of ten beyond which the axes of skewed, non-negative readings are logarithmic; None if never."""
    positive = mean[mean > 0]
    if mean.min() < 0 or positive.size == 0 or positive.max() < _SKEWED * np.median(positive):
        return None
    return float(10.0 ** np.floor(np.log10(np.median(positive))))


def _spread_small_scores(axes: Axes, bound: float, largest: float) -> None:
    """Show the many small scores beside a few large ones."""
    axes.set_xscale("symlog", linthresh=bound)
    axes.set_yscale("symlog", linthresh=bound)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:,.10g}".replace("-", "\N{MINUS SIGN}"))
    axes.set_xlim(-0.1 * bound, 1.4 * largest)
