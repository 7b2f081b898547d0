"""Charts of scores as nodes of real Slicer core."""

from __future__ import annotations

import numpy as np
import pytest
from CACScoringLib.scene.plots import (
    Reading,
    find_artery_chart,
    find_histogram,
    histogram,
    show_artery_chart,
    show_histogram,
)
from CACScoringLib.scene.tables import read_column
from CACScoringLib.schemes import label_scheme
from CACScoringLib.scoring.protocol import ScoringProtocol
from CACScoringLib.scoring.scores import score_scan
from saved_scenes import reopened
from scene_nodes import Scene
from test_scene_lesions import DISTRIBUTION
from volumes import random_scan


@pytest.fixture
def mrml() -> Scene:
    return Scene()


@pytest.fixture
def scores():
    return score_scan(*random_scan(3), ScoringProtocol())


def series_of(chart):
    return [chart.GetNthPlotSeriesNode(number) for number in range(chart.GetNumberOfPlotSeriesNodes())]


def drawn(series) -> tuple[list, list]:
    """What a series draws: x and y."""
    table = series.GetTableNode()
    return read_column(table, series.GetXColumnName()), read_column(table, series.GetYColumnName())


def test_bars_have_the_colours_of_the_arteries(mrml, scores):
    volume = mrml.volume(np.zeros((3, 4, 5), np.int16))
    chart = show_artery_chart(mrml.scene, volume, [Reading("labels", scores)])
    assert [each.GetName() for each in series_of(chart)] == ["LAD", "LCX", "RCA"]
    for each in series_of(chart):
        assert drawn(each) == ([1], [scores.arteries[each.GetName()].agatston])
        assert each.GetPlotType() == each.PlotTypeScatterBar
        np.testing.assert_allclose(each.GetColor(), np.divide(label_scheme()[each.GetName()].colour, 255))
    assert chart.GetLegendVisibility()
    assert chart.GetYAxisTitle() == "Agatston score"
    assert find_artery_chart(mrml.scene, volume) is chart
    assert find_histogram(mrml.scene, volume) is None


def test_second_reading_stands_beside_the_first_and_goes_again(mrml, scores):
    volume = mrml.volume(np.zeros((3, 4, 5), np.int16))
    nodes = mrml.scene.GetNumberOfNodes()
    chart = show_artery_chart(mrml.scene, volume, [Reading("A", scores)])
    added = mrml.scene.GetNumberOfNodes() - nodes
    show_artery_chart(mrml.scene, volume, [Reading("A", scores), Reading("B", None)])
    assert drawn(series_of(chart)[0]) == ([1, 2], [scores.arteries["LAD"].agatston, None])
    assert "1: A" in chart.GetXAxisTitle()
    assert "2: B" in chart.GetXAxisTitle()
    for _ in range(3):
        assert show_artery_chart(mrml.scene, volume, [Reading("A", scores)]) is chart
    assert mrml.scene.GetNumberOfNodes() - nodes == added
    show_artery_chart(mrml.scene, volume, [Reading("A", None)])
    assert series_of(chart) == []
    assert mrml.scene.GetNumberOfNodes() - nodes == added - 3


def test_histogram_of_passes_shows_where_the_labelled_score_lies(mrml, scores):
    volume = mrml.volume(np.zeros((3, 4, 5), np.int16))
    chart = show_histogram(mrml.scene, volume, scores, DISTRIBUTION)
    bars, line = series_of(chart)
    x, y = drawn(bars)
    assert sum(y) == 4
    assert x[0] == 2.5
    x, y = drawn(line)
    assert set(x) == {scores.total.agatston}
    assert (min(y), max(y)) == (0, 1)
    assert chart.GetXAxisTitle() == "Total Agatston score"
    assert chart.GetYAxisTitle() == "Passes"
    assert find_histogram(mrml.scene, volume) is chart


def test_histogram_of_lesions_where_no_model_ran(mrml, scores):
    volume = mrml.volume(np.zeros((3, 4, 5), np.int16))
    chart = show_histogram(mrml.scene, volume, scores, None)
    (bars,) = series_of(chart)
    assert sum(drawn(bars)[1]) == len(scores.lesions)
    assert chart.GetXAxisTitle() == "Agatston score of a lesion"
    show_histogram(mrml.scene, volume, None, None)
    assert sum(drawn(series_of(chart)[0])[1]) == 0


@pytest.mark.parametrize("highest", [0, 0.4, 1.0, 19.9, 20, 777.7, 12345.0, 1e7])
def test_every_score_falls_into_a_bin_of_a_round_width(highest):
    values = np.array([0.0, highest / 3, highest])
    centres, counts = histogram(values)
    assert counts.sum() == 3
    assert counts[-1] >= 1 or highest < 1
    assert centres.size >= 2
    assert centres.size <= 21 or highest > 1e6
    width = centres[1] - centres[0]
    assert f"{width:e}"[0] in "125"
    assert histogram(np.array([]))[1].sum() == 0


def test_charts_of_a_saved_scene_are_there_again(mrml, scores, tmp_path):
    volume = mrml.volume(np.zeros((3, 4, 5), np.int16))
    volume.SetName("CT")
    show_artery_chart(mrml.scene, volume, [Reading("A", scores), Reading("B", scores)])
    show_histogram(mrml.scene, volume, scores, DISTRIBUTION)
    again = reopened(mrml, tmp_path)
    volume = again.scene.GetFirstNodeByName("CT")
    chart = find_artery_chart(again.scene, volume)
    assert [each.GetName() for each in series_of(chart)] == ["LAD", "LCX", "RCA"]
    x, y = drawn(series_of(chart)[0])
    assert x == [1, 2]
    assert y == pytest.approx([scores.arteries["LAD"].agatston] * 2, rel=1e-5)
    assert len(series_of(find_histogram(again.scene, volume))) == 2
    # and is brought up to date in the same nodes
    assert show_artery_chart(again.scene, volume, [Reading("A", scores)]) is chart
