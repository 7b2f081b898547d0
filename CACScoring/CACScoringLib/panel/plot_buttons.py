"""Buttons that show the charts beside the images."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import slicer


class PlotButtons:
    """Shows a chart in a layout with a plot, and goes back to the layout of before.

    Parameters
    ----------
    ui
        Widgets of the panel by name.
    chart_of
        Makes the chart ``"arteries"`` or ``"histogram"``; None where there is nothing to draw.
    """

    def __init__(
        self, ui: SimpleNamespace, chart_of: Callable[[str], slicer.vtkMRMLPlotChartNode | None]
    ) -> None:
        self._ui, self._chart_of = ui, chart_of
        self._layout_before: int | None = None
        ui.arteryChartButton.connect("clicked(bool)", self._on_arteries)
        ui.histogramButton.connect("clicked(bool)", self._on_histogram)
        ui.viewsButton.connect("clicked(bool)", self._on_views)

    def enable(self, there_is_something: bool) -> None:
        """Say whether there is something to draw."""
        self._ui.arteryChartButton.enabled = self._ui.histogramButton.enabled = there_is_something

    def forget(self) -> None:
        """Forget the layout of before, as when the scene closes."""
        self._layout_before = None
        self._ui.viewsButton.enabled = False

    def _on_arteries(self, _checked: bool = False) -> None:
        self._show("arteries")

    def _on_histogram(self, _checked: bool = False) -> None:
        self._show("histogram")

    def _show(self, which: str) -> None:
        chart = self._chart_of(which)
        if chart is None:
            return
        layouts = slicer.app.layoutManager()
        if self._layout_before is None:
            self._layout_before = layouts.layout
        layouts.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpPlotView)
        logic = slicer.app.applicationLogic()
        logic.GetSelectionNode().SetActivePlotChartID(chart.GetID())
        logic.PropagatePlotChartSelection()
        self._ui.viewsButton.enabled = True

    def _on_views(self, _checked: bool = False) -> None:
        if self._layout_before is not None:
            slicer.app.layoutManager().setLayout(self._layout_before)
        self.forget()
