"""MTAL's Figure 5 for a simulation, and the same over the reader's hours."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

from CACScoringLib.agreement.bootstrap import Estimate

from .curves import Curves
from .over_seeds import over_seeds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = {"random": "#767676", "hybrid": "#0072B2"}
"""Of MTAL's two strategies; others get the next one of the following."""
_OTHER_COLOURS = ("#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_LINES = {"uncertainty": "-", "static": "--"}
_APART = 1.025
"""Points of curves are moved apart by this factor so that their intervals can be told apart."""

Measure = Callable[[str, str, int], Estimate]


def figure_5(curves: Curves) -> bytes:
    """Draw micro-F1 over labelled slices (MTAL Figure 5), as PNG."""

    def slices(_loss: str, _strategy: str, number: int) -> Estimate:
        return Estimate(float(curves.plan.rounds[number - 1]))

    return _picture(curves, slices, "Labelled slices", list(map(float, curves.plan.rounds)))


def timeline(curves: Curves) -> bytes:
    """Draw micro-F1 over the reader's hours, as PNG."""
    return _picture(
        curves, curves.reader_hours, "Hours of the simulated reader, validation slices apart", None
    )


def _picture(curves: Curves, across: Measure, title: str, ticks: list[float] | None) -> bytes:
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullLocator, StrMethodFormatter

    figure = Figure(figsize=(7.5, 4.6), layout="constrained")
    axes = figure.subplots()
    axes.set_xscale("log")
    pairs = curves.pairs
    for place, (loss, strategy) in enumerate(pairs):
        _curve(axes, curves, across, loss, strategy, _APART ** (place - (len(pairs) - 1) / 2))
    for loss in curves.plan.losses:
        full = over_seeds([each.figures["micro_f1"] for each in curves.all_data(loss).values()]).value
        if full is not None:
            slices = max(each.labelled.slices for each in curves.all_data(loss).values())
            axes.axhline(
                full,
                color="black",
                linewidth=1,
                linestyle=_LINES[loss],
                label=f"all {slices:,} slices, {loss}",
            )
    if ticks:
        axes.set_xticks(ticks)
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel(title)
    axes.set_ylabel("Micro-F1 of calcium by artery")
    axes.set_ylim(bottom=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    axes.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    picture = io.BytesIO()
    figure.savefig(picture, dpi=110)
    return picture.getvalue()


def _curve(axes: Axes, curves: Curves, across: Measure, loss: str, strategy: str, moved: float) -> None:
    """Draw one curve; bars are intervals over seeds."""
    others = [each for each in curves.plan.strategies if each not in _COLOURS]
    colour = _COLOURS.get(strategy) or _OTHER_COLOURS[others.index(strategy) % len(_OTHER_COLOURS)]
    x, y, low, high = [], [], [], []
    for number in range(1, curves.last + 1):
        place, found = across(loss, strategy, number).value, curves.micro_f1(loss, strategy, number)
        if place is None or found.value is None:
            continue
        bounds = found.bootstrap
        x.append(place * moved)
        y.append(found.value)
        low.append(found.value - max(bounds.low, 0) if bounds else 0.0)
        high.append(min(bounds.high, 1) - found.value if bounds else 0.0)
    axes.errorbar(
        x,
        y,
        yerr=(low, high),
        color=colour,
        linestyle=_LINES[loss],
        marker="o",
        markersize=4,
        linewidth=1.5,
        elinewidth=0.7,
        capsize=2,
        label=f"{strategy}, {loss}",
    )
