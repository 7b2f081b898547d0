"""Plots of a volume's scores: Agatston score per artery, and a histogram.

Slicer's plots write numbers at their axes and names into the legend, so arteries are told apart by series.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..schemes import label_scheme
from ..scoring.scores import ScanScores
from .tables import Column, ensured_node_of_volume, node_of_volume, write_columns

if TYPE_CHECKING:
    import slicer

_ARTERIES, _HISTOGRAM = "CACScoring.arteryChartOf", "CACScoring.histogramOf"

_GREY, _BLACK = (130, 130, 130), (0, 0, 0)
_MOST_BINS = 20


class Reading(NamedTuple):
    """Scores of a volume under a name; None while nothing is known."""

    name: str
    scores: ScanScores | None


@dataclass(frozen=True)
class _Series:
    """Bars, or a line where ``line`` is set: name in the legend, columns, colour from 0 to 255."""

    name: str
    x: str
    y: str
    colour: tuple[int, int, int]
    line: bool = False


def show_artery_chart(
    scene: slicer.vtkMRMLScene, volume_node: slicer.vtkMRMLScalarVolumeNode, readings: Sequence[Reading]
) -> slicer.vtkMRMLPlotChartNode:
    """Draw the Agatston score of each artery as bars in the colours of the label scheme.

    Parameters
    ----------
    scene, volume_node
        Where, and what was scored; the same nodes are used again for the same volume.
    readings
        One, or two to be compared: their bars stand at 1 and 2.

    Returns
    -------
    The chart; its series and their table belong to it.
    """
    known = [each for each in readings if each.scores is not None]
    names = list(dict.fromkeys(name for each in known for name in each.scores.arteries))  # type: ignore[union-attr]
    columns = [
        Column("reading", "Reading", [each.name for each in readings], text=True),
        Column("position", "Position", [number + 1 for number in range(len(readings))]),
        *(
            Column(name, f"{name} Agatston", [_agatston(each.scores, name) for each in readings])
            for name in names
        ),
    ]
    series = [_Series(name, "position", name, label_scheme()[name].colour) for name in names]
    chart = _chart(scene, volume_node, _ARTERIES, "CAC Agatston per artery", columns, series)
    chart.SetTitle("Agatston score per artery")
    chart.SetYAxisTitle("Agatston score")
    places = "    ".join(f"{number}: {each.name}" for number, each in enumerate(readings, start=1))
    chart.SetXAxisTitle(places if len(readings) > 1 else "Artery: see legend")
    return chart


def show_histogram(
    scene: slicer.vtkMRMLScene,
    volume_node: slicer.vtkMRMLScalarVolumeNode,
    scores: ScanScores | None,
    distribution: dict[str, Any] | None,
) -> slicer.vtkMRMLPlotChartNode:
    """Draw how the total score is distributed over passes of the model, and where the reader's score lies.

    Where no model ran with passes, the histogram counts lesions by their Agatston score.

    Parameters
    ----------
    scene, volume_node
        Where, and what was scored; the same nodes are used again for the same volume.
    scores
        Scores of the labels; None while nothing is known.
    distribution
        What ``prediction.json`` says of the score's uncertainty.
    """
    if distribution is None:
        values = np.array([lesion.agatston for lesion in scores.lesions] if scores else [])
        title, x_title, y_title = "Lesions by Agatston score", "Agatston score of a lesion", "Lesions"
    else:
        values = np.array(distribution["total"]["agatston"])
        title = f"Total score in {distribution['passes']} passes of the model"
        x_title, y_title = "Total Agatston score", "Passes"
    centres, counts = histogram(values)
    columns = [Column("agatston", x_title, centres.tolist()), Column("count", y_title, counts.tolist())]
    series = [_Series(y_title, "agatston", "count", _GREY)]
    if distribution is not None and scores is not None:
        # A line from the axis to the highest bar, with as many points as the table has rows.
        columns += [
            Column("labelled", "Score as labelled", [scores.total.agatston] * centres.size),
            Column("height", y_title, np.linspace(0, counts.max(), centres.size).tolist()),
        ]
        series.append(_Series("Score as labelled", "labelled", "height", _BLACK, line=True))
    chart = _chart(scene, volume_node, _HISTOGRAM, "CAC score histogram", columns, series)
    chart.SetTitle(title)
    chart.SetXAxisTitle(x_title)
    chart.SetYAxisTitle(y_title)
    return chart


def find_artery_chart(
    scene: slicer.vtkMRMLScene, volume_node: slicer.vtkMRMLScalarVolumeNode
) -> slicer.vtkMRMLPlotChartNode | None:
    """Find the chart of a volume's arteries."""
    return node_of_volume(scene, "vtkMRMLPlotChartNode", _ARTERIES, volume_node)


def find_histogram(
    scene: slicer.vtkMRMLScene, volume_node: slicer.vtkMRMLScalarVolumeNode
) -> slicer.vtkMRMLPlotChartNode | None:
    """Find the histogram of a volume."""
    return node_of_volume(scene, "vtkMRMLPlotChartNode", _HISTOGRAM, volume_node)


def histogram(values: NDArray[np.float64]) -> tuple[NDArray[np.floating], NDArray[np.integer]]:
    """Count scores in bins from 0 on whose width is 1, 2 or 5 times a power of ten; at least two bins.

    Returns
    -------
    Centres of the bins and how many scores each holds.
    """
    highest = float(values.max(initial=0.0))
    widths = [step * 10.0**power for power in range(-1, 6) for step in (1, 2, 5)]
    width = next((each for each in widths if highest < each * _MOST_BINS), widths[-1])
    bins = max(2, int(highest // width) + 1)
    counts = np.bincount((values // width).astype(np.intp), minlength=bins)
    return (np.arange(bins) + 0.5) * width, counts


def _agatston(scores: ScanScores | None, artery: str) -> float | None:
    found = scores.arteries.get(artery) if scores else None
    return None if found is None else found.agatston


def _chart(
    scene: slicer.vtkMRMLScene,
    volume_node: slicer.vtkMRMLScalarVolumeNode,
    role: str,
    name: str,
    columns: Sequence[Column],
    series: Sequence[_Series],
) -> slicer.vtkMRMLPlotChartNode:
    """Find or make a volume's chart, its table and its series, and fill them."""
    import slicer.util

    table = ensured_node_of_volume(scene, "vtkMRMLTableNode", role, volume_node, name)
    chart = ensured_node_of_volume(scene, "vtkMRMLPlotChartNode", role, volume_node, name)
    old = [chart.GetNthPlotSeriesNode(number) for number in range(chart.GetNumberOfPlotSeriesNodes())]
    with slicer.util.NodeModify(chart):
        write_columns(table, columns)
        nodes = [*old[: len(series)], *(_new_series(scene) for _ in series[len(old) :])]
        for node, each in zip(nodes, series, strict=True):
            _fill_series(node, each, table)
        chart.RemoveAllPlotSeriesNodeIDs()
        for node in nodes:
            chart.AddAndObservePlotSeriesNodeID(node.GetID())
        for node in old[len(series) :]:
            scene.RemoveNode(node)
        chart.SetLegendVisibility(len(series) > 1)
    return chart


def _new_series(scene: slicer.vtkMRMLScene) -> slicer.vtkMRMLPlotSeriesNode:
    import slicer

    node = slicer.vtkMRMLPlotSeriesNode()
    # They are the chart's and only crowd the lists of nodes.
    node.SetHideFromEditors(True)
    scene.AddNode(node)
    return node


def _fill_series(node: slicer.vtkMRMLPlotSeriesNode, series: _Series, table: slicer.vtkMRMLTableNode) -> None:
    import slicer.util

    with slicer.util.NodeModify(node):
        node.SetName(series.name)
        node.SetAndObserveTableNodeID(table.GetID())
        node.SetXColumnName(series.x)
        node.SetYColumnName(series.y)
        node.SetPlotType(node.PlotTypeScatter if series.line else node.PlotTypeScatterBar)
        node.SetMarkerStyle(node.MarkerStyleNone)
        node.SetLineStyle(node.LineStyleSolid)
        node.SetColor(*(channel / 255 for channel in series.colour))
