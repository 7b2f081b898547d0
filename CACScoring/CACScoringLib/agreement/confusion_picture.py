"""A confusion matrix as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..disclaimer import DISCLAIMER

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def confusion_figure(confusion: NDArray[np.integer], names: Sequence[str], title: str) -> Figure:
    """Draw counts of pairs of categories, the more a row holds in a cell the darker.

    Parameters
    ----------
    confusion
        Counts, ``(categories, categories)``, rows reference, columns test.
    names
        Names of the categories.
    title
        What is counted, and how well it agrees.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1.6 + 0.95 * len(names), 1.9 + 0.75 * len(names)), layout="constrained")
    axes = figure.subplots()
    share = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), count in np.ndenumerate(confusion):
        colour = "white" if share[row, column] > 0.6 else "black"
        weight = "bold" if row == column else "normal"
        axes.text(column, row, f"{count:,}", ha="center", va="center", color=colour, weight=weight)
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(
        range(len(names)),
        [f"{name}\n(n = {total:,})" for name, total in zip(names, confusion.sum(axis=1), strict=True)],
    )
    axes.set_xlabel("Test")
    axes.set_ylabel("Reference")
    axes.set_title(title, loc="left", fontsize=10)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    figure.supxlabel(f"Shade: share of the row. {DISCLAIMER}.", fontsize=7.5, color="#555555")
    return figure
