"""The reliability diagram."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..disclaimer import DISCLAIMER
from .calibration import Reliability

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLUE, GREY = "#0072B2", "#555555"
FOOTNOTE = (
    "Bars: 95 % Wilson intervals, as if voxels were independent, which those of one lesion are not.\n"
    f"{DISCLAIMER}."
)


def reliability_figure(reliability: Reliability, title: str) -> Figure:
    """Draw what came true over what was predicted, and below it how many predictions each bin holds.

    Parameters
    ----------
    reliability
        What was predicted and what came true.
    title
        Whose probabilities these are.
    """
    from matplotlib.figure import Figure
    from scipy.stats import binomtest

    figure = Figure(figsize=(5.2, 6.8), layout="constrained")
    curve, histogram = figure.subplots(2, height_ratios=(3, 1), sharex=True)
    for axes in (curve, histogram):
        axes.spines[["top", "right"]].set_visible(False)
    filled = np.flatnonzero(reliability.count)
    observed = reliability.observed[filled]
    intervals = [
        binomtest(int(reliability.came_true[each]), int(reliability.count[each])).proportion_ci(
            method="wilson"
        )
        for each in filled
    ]
    reach = [
        [max(share - interval.low, 0) for share, interval in zip(observed, intervals, strict=True)],
        [max(interval.high - share, 0) for share, interval in zip(observed, intervals, strict=True)],
    ]
    curve.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle="--", label="perfect calibration")
    curve.errorbar(
        reliability.predicted[filled],
        observed,
        yerr=reach,
        color=BLUE,
        marker="o",
        markersize=5,
        linewidth=1.2,
        elinewidth=0.9,
        clip_on=False,
        label="observed",
    )
    curve.set(xlim=(0, 1), ylim=(0, 1), ylabel="Share that came true")
    curve.legend(loc="upper left", frameon=False, fontsize=9)
    error = reliability.expected_calibration_error
    curve.set_title(f"{title}\nexpected calibration error {error:.4f}", loc="left", fontsize=11)
    bins = reliability.count.size
    histogram.bar((np.arange(bins) + 0.5) / bins, reliability.count, width=0.9 / bins, color=BLUE)
    histogram.set_yscale("log")
    histogram.set_ylim(bottom=0.5)
    histogram.set(xlabel="Predicted probability", ylabel="Predictions")
    figure.supxlabel(FOOTNOTE, fontsize=7.5, color=GREY)
    return figure
