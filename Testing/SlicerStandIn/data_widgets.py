"""Views of tables and plots, which Slicer's core has nodes for and no pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer
from PySide6.QtCore import QTimer
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkChartsCore import vtkAxis, vtkChart, vtkChartXY
from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
from vtkmodules.vtkViewsContext2D import vtkContextView

from .mrml_widgets import Observing, qMRMLTableView
from .problems import reporting
from .proxies import implementation
from .slice_widgets import qMRMLAbstractViewWidget

_COALESCED_MS = 30
_KINDS = {
    slicer.vtkMRMLPlotSeriesNode.PlotTypeBar: vtkChart.BAR,
    slicer.vtkMRMLPlotSeriesNode.PlotTypeScatterBar: vtkChart.BAR,
    slicer.vtkMRMLPlotSeriesNode.PlotTypeLine: vtkChart.LINE,
    slicer.vtkMRMLPlotSeriesNode.PlotTypeScatter: vtkChart.LINE,
}


@implementation
class qMRMLPlotView(QWidget):
    """Picture of the chart that a plot view node shows, drawn by VTK as Slicer's is."""

    def __init__(self, node: Any) -> None:
        super().__init__()
        self._node = node
        self._chart_node: Any = None
        self._chart = vtkChartXY()
        self._view = vtkContextView()
        self._view.GetRenderWindow().SetOffScreenRendering(1)
        self._view.GetScene().AddItem(self._chart)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_COALESCED_MS)
        self._timer.timeout.connect(self.fitToContent)
        self._followed = [Observing("ModifiedEvent")]
        self._followed[0].observe(node, self._changed)
        self._picture = QImage()
        self._pixels = np.empty(0, np.uint8)
        self.setMinimumSize(80, 60)

    def mrmlPlotViewNode(self) -> Any:
        return self._node

    def chart(self) -> Any:
        return self._chart

    def renderWindow(self) -> Any:
        return self._view.GetRenderWindow()

    def fitToContent(self) -> None:
        """Draw the chart anew."""
        self._follow()
        self._chart.ClearPlots()
        if self._chart_node is not None:
            self._draw(self._chart_node)
        self._render()

    def finalize(self) -> None:
        """Let go of the nodes and of graphics memory."""
        self._timer.stop()
        for each in self._followed:
            each.observe(None, None)
        self._view.GetRenderWindow().Finalize()

    def _changed(self, _caller: Any, _event: str) -> None:
        self._timer.start()

    def _follow(self) -> None:
        """Observe the chart, its series and their tables."""
        self._chart_node = self._node.GetPlotChartNode()
        for each in self._followed[1:]:
            each.observe(None, None)
        del self._followed[1:]
        series = self._series()
        for node in (self._chart_node, *series, *(each.GetTableNode() for each in series)):
            if node is not None:
                self._followed.append(Observing("ModifiedEvent"))
                self._followed[-1].observe(node, self._changed)

    def _series(self) -> list[Any]:
        chart = self._chart_node
        if chart is None:
            return []
        found = (chart.GetNthPlotSeriesNode(index) for index in range(chart.GetNumberOfPlotSeriesNodes()))
        return [each for each in found if each is not None]

    def _draw(self, chart: Any) -> None:
        self._chart.SetTitle(chart.GetTitle() or "")
        self._chart.SetShowLegend(chart.GetLegendVisibility())
        self._chart.GetAxis(vtkAxis.BOTTOM).SetTitle(chart.GetXAxisTitle() or "")
        self._chart.GetAxis(vtkAxis.LEFT).SetTitle(chart.GetYAxisTitle() or "")
        for each in self._series():
            table = each.GetTableNode()
            if table is None or table.GetColumnIndex(each.GetYColumnName()) < 0:
                continue
            plot = self._chart.AddPlot(_KINDS.get(each.GetPlotType(), vtkChart.LINE))
            x = each.GetXColumnName()
            if x and table.GetColumnIndex(x) >= 0:
                plot.SetInputData(table.GetTable(), x, each.GetYColumnName())
            else:
                plot.SetUseIndexForXSeries(True)
                plot.SetInputData(table.GetTable(), "", each.GetYColumnName())
            plot.SetLabel(each.GetName())
            plot.SetColorF(*each.GetColor())
            plot.SetWidth(each.GetLineWidth())

    def _render(self) -> None:
        window = self._view.GetRenderWindow()
        window.SetSize(self.width(), self.height())
        window.Render()
        data = vtkUnsignedCharArray()
        window.GetPixelData(0, 0, self.width() - 1, self.height() - 1, 0, data, 0)
        rows = vtk_to_numpy(data).reshape(self.height(), self.width(), 3)
        self._pixels = np.ascontiguousarray(rows[::-1])
        size = (self.width(), self.height(), 3 * self.width())
        self._picture = QImage(self._pixels.data, *size, QImage.Format.Format_RGB888)
        self.update()

    @reporting
    def resizeEvent(self, _event: Any) -> None:
        self._timer.start()

    @reporting
    def paintEvent(self, _event: Any) -> None:
        with QPainter(self) as painter:
            painter.drawImage(self.rect(), self._picture)


def _frame(widget: QWidget, title: str, view: QWidget) -> None:
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    bar = QLabel(f" {title}")
    bar.setFixedHeight(22)
    layout.addWidget(bar)
    layout.addWidget(view, 1)


@implementation
class qMRMLPlotWidget(qMRMLAbstractViewWidget):
    """A plot view with its bar."""

    def __init__(self, node: Any, label: str) -> None:
        super().__init__()
        self._plot = qMRMLPlotView(node)
        _frame(self, label, self._plot)

    def plotView(self) -> qMRMLPlotView:
        return self._plot

    viewWidget = plotView

    def mrmlPlotViewNode(self) -> Any:
        return self._plot.mrmlPlotViewNode()

    mrmlAbstractViewNode = mrmlPlotViewNode


@implementation
class qMRMLTableWidget(qMRMLAbstractViewWidget):
    """A table view with its bar."""

    def __init__(self, node: Any, label: str) -> None:
        super().__init__()
        self._node = node
        self._table = qMRMLTableView(self)
        self._followed = Observing("ModifiedEvent")
        self._followed.observe(node, self._changed)
        _frame(self, label, self._table)
        self._changed()

    def _changed(self, *_: Any) -> None:
        self._table.setMRMLTableNode(self._node.GetTableNode())

    def tableView(self) -> qMRMLTableView:
        return self._table

    viewWidget = tableView

    def mrmlTableViewNode(self) -> Any:
        return self._node

    mrmlAbstractViewNode = mrmlTableViewNode

    def finalize(self) -> None:
        """Let go of the nodes."""
        self._followed.observe(None, None)
        self._table.setMRMLTableNode(None)
