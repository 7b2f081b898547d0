"""Slice and 3-D views in their frames."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Property, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QToolButton, QVBoxLayout, QWidget
from trame_slicer.views import SliceView, ThreeDView

from .proxies import implementation
from .view_surface import ViewSurface

_STEPS_PER_MM = 100


@implementation
class ctkVTKAbstractView(ViewSurface):
    """What slice and 3-D views share."""


@implementation
class ctkVTKSliceView(ctkVTKAbstractView):
    """A view of a slice."""


@implementation
class ctkVTKRenderView(ctkVTKAbstractView):
    """A view in three dimensions."""


@implementation
class qMRMLSliceView(ctkVTKSliceView):
    """Picture of a slice."""

    view: SliceView

    def fit_to_size(self) -> None:
        self.view._logic.ResizeSliceNode(self.width(), self.height())

    def mrmlSliceNode(self) -> Any:
        return self.view.get_view_node()

    def interactorObserver(self) -> Any:
        return self.view._interactor_observer

    sliceViewInteractorStyle = interactorObserver

    def convertRASToXYZ(self, ras: list[float]) -> list[float]:
        matrix = self.mrmlSliceNode().GetXYToRAS()
        inverse = type(matrix)()
        inverse.DeepCopy(matrix)
        inverse.Invert()
        return list(inverse.MultiplyPoint([*ras, 1.0])[:3])

    def convertXYZToRAS(self, xyz: list[float]) -> list[float]:
        return list(self.mrmlSliceNode().GetXYToRAS().MultiplyPoint([*xyz, 1.0])[:3])

    def convertDeviceToXYZ(self, position: list[int]) -> list[float]:
        return [position[0], self.height() - position[1] - 1, 0]


@implementation
class qMRMLThreeDView(ctkVTKRenderView):
    """Picture in three dimensions."""

    view: ThreeDView

    def mrmlViewNode(self) -> Any:
        return self.view.get_view_node()

    def cameraNode(self) -> Any:
        manager = self.view.get_displayable_manager_by_class("vtkMRMLCameraDisplayableManager")
        return manager.GetCameraNode()

    def interactorObserver(self) -> Any:
        return self.view._interactor_observer

    def resetFocalPoint(self) -> None:
        self.view.reset_focal_point()

    def resetCamera(self, *_what: bool) -> None:
        self.view.reset_camera()

    def rotateToViewAxis(self, axis: int) -> None:
        self.cameraNode().RotateTo(axis)


class _Bar(QWidget):
    """The coloured bar above a view."""

    def __init__(self, label: str, colour: str) -> None:
        super().__init__()
        self._label = QLabel(label)
        self._label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._label.setFixedWidth(26)
        self._label.setStyleSheet(f"background: {colour}; color: black; font-weight: bold")
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(3)
        self.row.addWidget(self._label)
        self.setFixedHeight(22)


@implementation
class qMRMLSliceControllerWidget(_Bar):
    """Offset of a slice."""

    def __init__(self, view: SliceView, label: str, colour: str) -> None:
        super().__init__(label, colour)
        self._view = view
        self._fit = QToolButton()
        self._fit.setText("⊡")
        self._fit.setAutoRaise(True)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._offset = QLabel()
        self._offset.setMinimumWidth(70)
        for each in (self._fit, self._slider, self._offset):
            self.row.addWidget(each)
        self._fit.clicked.connect(self.fitSliceToBackground)
        self._slider.valueChanged.connect(lambda value: self.setSliceOffsetValue(value / _STEPS_PER_MM))
        self._tag = view.get_view_node().AddObserver("ModifiedEvent", self._show)
        self._show()

    def _show(self, *_: Any) -> None:
        low, high = self._view.get_slice_range()
        value = self._view.get_slice_value()
        self._slider.blockSignals(True)
        self._slider.setRange(round(low * _STEPS_PER_MM), round(high * _STEPS_PER_MM))
        self._slider.setSingleStep(max(1, round(self._view.get_slice_step() * _STEPS_PER_MM)))
        self._slider.setValue(round(value * _STEPS_PER_MM))
        self._slider.blockSignals(False)
        orientation = self._view.get_view_node().GetOrientation()[:1]
        names = {"A": ("S", "I"), "C": ("A", "P"), "S": ("R", "L")}.get(orientation, ("", ""))
        self._offset.setText(f"{names[value < 0]}: {abs(value):.2f} mm")

    def fitSliceToBackground(self) -> None:
        self._view._logic.FitSliceToBackground()

    def setSliceOffsetValue(self, offset: float) -> None:
        self._view._logic.SetSliceOffset(offset)

    trackSliceOffsetValue = setSliceOffsetValue

    def setSliceOrientation(self, orientation: str) -> None:
        self._view.get_view_node().SetOrientation(orientation)

    def setSliceLink(self, linked: bool) -> None:
        self.mrmlSliceCompositeNode().SetLinkedControl(linked)

    def setSliceVisible(self, visible: bool) -> None:
        self._view.get_view_node().SetSliceVisible(visible)

    def mrmlSliceNode(self) -> Any:
        return self._view.get_view_node()

    def mrmlSliceCompositeNode(self) -> Any:
        return self._view._logic.GetSliceCompositeNode()

    def sliceLogic(self) -> Any:
        return self._view._logic


@implementation
class qMRMLAbstractViewWidget(QWidget):
    """A view with its bar."""


@implementation
class qMRMLSliceWidget(qMRMLAbstractViewWidget):
    """A slice view with its bar."""

    nodeAboutToBeEdited = Signal(object)

    def __init__(self, view: SliceView, label: str, colour: str) -> None:
        super().__init__()
        self._view = view
        self._surface = qMRMLSliceView(view, self)
        self._controller = qMRMLSliceControllerWidget(view, label, colour)
        self._colour = colour
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._controller)
        layout.addWidget(self._surface, 1)

    def sliceView(self) -> qMRMLSliceView:
        return self._surface

    viewWidget = sliceView

    def sliceController(self) -> qMRMLSliceControllerWidget:
        return self._controller

    controllerWidget = sliceController

    def sliceLogic(self) -> Any:
        return self._view._logic

    logic = sliceLogic

    def mrmlSliceNode(self) -> Any:
        return self._view.get_view_node()

    mrmlAbstractViewNode = mrmlSliceNode

    def mrmlSliceCompositeNode(self) -> Any:
        return self._view._logic.GetSliceCompositeNode()

    def interactorStyle(self) -> Any:
        return self._view._interactor_observer

    def fitSliceToBackground(self) -> None:
        self._controller.fitSliceToBackground()

    def _get_orientation(self) -> str:
        return self._view.get_orientation()

    def setSliceOrientation(self, orientation: str) -> None:
        self._view.get_view_node().SetOrientation(orientation)

    def _get_name(self) -> str:
        return self._view.name

    def _get_colour(self) -> QColor:
        return QColor(self._colour)

    sliceOrientation = Property(str, _get_orientation, setSliceOrientation)
    sliceViewName = Property(str, _get_name)
    sliceViewColor = Property(QColor, _get_colour)


@implementation
class qMRMLThreeDWidget(qMRMLAbstractViewWidget):
    """A 3-D view with its bar."""

    def __init__(self, view: ThreeDView, label: str) -> None:
        super().__init__()
        self._view = view
        self._surface = qMRMLThreeDView(view, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        bar = _Bar(label, "#b4b4e6")
        bar.row.addStretch(1)
        layout.addWidget(bar)
        layout.addWidget(self._surface, 1)

    def threeDView(self) -> qMRMLThreeDView:
        return self._surface

    viewWidget = threeDView

    def mrmlViewNode(self) -> Any:
        return self._view.get_view_node()

    mrmlAbstractViewNode = mrmlViewNode
