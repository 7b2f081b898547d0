"""The reliability diagram."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..disclaimer import DISCLAIMER
from .calibration import Reliability

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, GREY = "#0072B2", "#767676"
FOOTNOTE = (
    "Bars: 95 % Wilson intervals, as if voxels were independent, which those of one lesion are not. "
    f"{DISCLAIMER}."
)


class ReliabilityPanel(NamedTuple):
    """What one column of the picture shows.

    Parameters
    ----------
    title
        Whose probabilities these are.
    before, after
        How they came true before and after calibration; without it, None and how they came true.
    """

    title: str
    before: Reliability | None
    after: Reliability


def reliability_figure(panels: Sequence[ReliabilityPanel]) -> Figure:
    """Draw what came true over what was predicted, and below it how many predictions each bin holds."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2 * len(panels), 6.4), layout="constrained")
    rows = figure.subplots(2, len(panels), height_ratios=(3, 1), sharex=True, squeeze=False)
    for (curve, histogram), panel in zip(rows.T, panels, strict=True):
        for axes in (curve, histogram):
            axes.spines[["top", "right"]].set_visible(False)
        curve.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle="--")
        if panel.before is not None:
            _draw(curve, panel.before, GREY, f"before calibration: error {_error(panel.before)}")
        found = "after it" if panel.before is not None else "observed"
        _draw(curve, panel.after, BLUE, f"{found}: error {_error(panel.after)}")
        curve.set(xlim=(0, 1), ylim=(0, 1))
        curve.set_title(panel.title, loc="left", fontsize=11)
        curve.legend(fontsize=9, loc="best")
        bins = panel.after.count.size
        histogram.bar((np.arange(bins) + 0.5) / bins, panel.after.count, width=0.9 / bins, color=BLUE)
        histogram.set_yscale("log")
        histogram.set_ylim(bottom=0.5)
        histogram.set_xlabel("Predicted probability")
    rows[0, 0].set_ylabel("Share that came true")
    rows[1, 0].set_ylabel("Voxels")
    figure.supxlabel(FOOTNOTE, fontsize=7.5, color=GREY, wrap=True)
    return figure


def _error(found: Reliability) -> str:
    return f"{found.expected_calibration_error:.4f}"


def _draw(axes: Axes, found: Reliability, colour: str, label: str) -> None:
    """Draw a point with its interval for every bin that holds anything."""
    from scipy.stats import binomtest

    filled = np.flatnonzero(found.count)
    observed = found.observed[filled]
    intervals = [
        binomtest(int(found.came_true[each]), int(found.count[each])).proportion_ci(method="wilson")
        for each in filled
    ]
    reach = [
        [max(share - interval.low, 0) for share, interval in zip(observed, intervals, strict=True)],
        [max(interval.high - share, 0) for share, interval in zip(observed, intervals, strict=True)],
    ]
    axes.errorbar(
        found.predicted[filled],
        observed,
        yerr=reach,
        color=colour,
        marker="o",
        markersize=4.5,
        linewidth=1.2,
        elinewidth=0.9,
        clip_on=False,
        label=label,
    )
