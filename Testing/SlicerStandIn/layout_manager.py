"""Slicer's layouts: the descriptions are Slicer core's own, the splitters Qt's."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import slicer
from PySide6.QtCore import Property, QObject, Qt, Signal
from PySide6.QtWidgets import QLabel, QSplitter, QTabWidget, QVBoxLayout, QWidget
from trame_slicer.core import SlicerApp
from trame_slicer.views import SliceView, ThreeDView

from .data_widgets import qMRMLPlotWidget, qMRMLTableWidget
from .proxies import implementation
from .quiet import without_warnings
from .slice_widgets import qMRMLSliceWidget, qMRMLThreeDWidget
from .view_surface import TimedRendering


class _SliceView(SliceView):
    """Slice view of the node that the layout logic made."""

    def set_scene(self, scene: Any) -> None:
        self._logic.SetMRMLScene(scene)
        self._logic.SetSliceNode(scene.GetSingletonNode(self.name, "vtkMRMLSliceNode"))
        self._view_node = self._logic.GetSliceNode()
        super().set_scene(scene)
        node, self._view_node = self._view_node, None
        self.set_view_node(node)


class _ThreeDView(ThreeDView):
    """3-D view whose node takes the place of the one that the layout logic made."""

    def set_scene(self, scene: Any) -> None:
        before = scene.GetSingletonNode(self.name, "vtkMRMLViewNode")
        if before is not None:
            scene.RemoveNode(before)
        super().set_scene(scene)


@implementation
class ctkLayoutManager(QObject):
    """Base of the layout managers."""


@implementation
class qSlicerLayoutManager(ctkLayoutManager):
    """Makes views as layouts ask for them and arranges those of the current layout."""

    layoutChanged = Signal((int,), ())
    selectModule = Signal(str)

    def __init__(self, core: SlicerApp) -> None:
        super().__init__()
        self._core = core
        self._viewport = QWidget()
        self._viewport.setObjectName("CentralWidgetLayoutFrame")
        self._box = QVBoxLayout(self._viewport)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._widgets: dict[str, QWidget] = {}
        self._shown: QWidget | None = None
        self._paused = 0
        self._logic = slicer.vtkMRMLLayoutLogic()
        self._logic.SetMRMLScene(core.scene)
        self._node = self._logic.GetLayoutNode()
        self._node.SetViewArrangement(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
        self._arranged = ""
        self._arrangement = self._get_layout()
        self._tag = self._node.AddObserver("ModifiedEvent", self._arrange)
        self._arrange()

    # What modules call.

    def layoutLogic(self) -> Any:
        return self._logic

    def mrmlScene(self) -> Any:
        return self._core.scene

    def mrmlSliceLogics(self) -> Any:
        return self._core.app_logic.GetSliceLogics()

    def mrmlViewLogics(self) -> Any:
        return self._core.app_logic.GetViewLogics()

    def viewport(self, _name: str = "") -> QWidget:
        return self._viewport

    def sliceViewNames(self) -> tuple[str, ...]:
        return tuple(each._view.name for each in self._of(qMRMLSliceWidget))

    def sliceWidget(self, name: str) -> qMRMLSliceWidget | None:
        return self._widgets.get(f"vtkMRMLSliceNode{name}")  # type: ignore[return-value]

    def threeDWidget(self, which: int | str) -> qMRMLThreeDWidget | None:
        if isinstance(which, str):
            return self._widgets.get(f"vtkMRMLViewNode{which}")  # type: ignore[return-value]
        found = self._of(qMRMLThreeDWidget)
        return found[which] if 0 <= which < len(found) else None

    def plotWidget(self, index: int) -> qMRMLPlotWidget | None:
        return next(iter(self._of(qMRMLPlotWidget)[index : index + 1]), None)

    def tableWidget(self, index: int) -> qMRMLTableWidget | None:
        return next(iter(self._of(qMRMLTableWidget)[index : index + 1]), None)

    def viewWidget(self, node: Any) -> QWidget | None:
        return self._widgets.get(f"{node.GetClassName()}{node.GetLayoutName()}")

    def _count_three_d(self) -> int:
        return len(self._of(qMRMLThreeDWidget))

    threeDViewCount = Property(int, _count_three_d)
    plotViewCount = Property(int, lambda self: len(self._of(qMRMLPlotWidget)))
    tableViewCount = Property(int, lambda self: len(self._of(qMRMLTableWidget)))

    def _get_layout(self) -> int:
        return self._node.GetViewArrangement()

    def setLayout(self, layout: int) -> None:
        if not self._node.IsLayoutDescription(layout):
            layout = slicer.vtkMRMLLayoutNode.SlicerLayoutConventionalView
        self._node.SetViewArrangement(layout)

    layout = Property(int, _get_layout, setLayout)

    def resetSliceViews(self) -> None:
        for each in self._of(qMRMLSliceWidget):
            each.fitSliceToBackground()

    def resetThreeDViews(self) -> None:
        for each in self._of(qMRMLThreeDWidget):
            each.threeDView().resetFocalPoint()
            each.threeDView().scheduleRender()

    def pauseRender(self) -> None:
        self.setRenderPaused(True)

    def resumeRender(self) -> None:
        self.setRenderPaused(False)

    def setRenderPaused(self, paused: bool) -> None:
        for each in self.surfaces():
            each.setRenderPaused(paused)

    # What the stand-in calls.

    def widgets(self) -> list[QWidget]:
        """Return the views with their bars, whether the layout shows them or not."""
        return list(self._widgets.values())

    def surfaces(self) -> list[Any]:
        """Views, whether the layout shows them or not."""
        return [each.viewWidget() for each in self._of(qMRMLSliceWidget, qMRMLThreeDWidget)]

    def finalize(self) -> None:
        """Let go of the views' nodes and graphics memory."""
        self._node.RemoveObserver(self._tag)
        for each in self.surfaces():
            each.finalize()
        for each in self._of(qMRMLPlotWidget):
            each.plotView().finalize()
        for each in self._of(qMRMLTableWidget):
            each.finalize()

    def _of(self, *kinds: type) -> list[Any]:
        return [each for each in self._widgets.values() if isinstance(each, kinds)]

    def _arrange(self, *_: Any) -> None:
        description = self._node.GetCurrentLayoutDescription()
        if not description:
            # A closed scene forgets the layout; Slicer's window keeps it.
            self._node.SetViewArrangement(self._arrangement)
            return
        self._arrangement = self._get_layout()
        if description == self._arranged:
            return
        self._arranged = description
        before = self._shown
        for each in self._widgets.values():
            each.setParent(None)
        self._shown = self._part(ElementTree.fromstring(description))
        self._box.addWidget(self._shown)
        for each in self._widgets.values():
            shown = self._shown.isAncestorOf(each) or each is self._shown
            each.setVisible(shown)
            if isinstance(each, (qMRMLSliceWidget, qMRMLThreeDWidget)):
                each.viewWidget().view.set_mapped_in_layout(shown)
        if before is not None and before not in self._widgets.values():
            before.deleteLater()
        self.layoutChanged[int].emit(self._get_layout())

    def _part(self, element: ElementTree.Element) -> QWidget:
        """Widget of a ``<layout>``, an ``<item>`` or a ``<view>``."""
        if element.tag == "view":
            return self._view(element)
        kind = element.get("type")
        if element.tag in ("item", "viewports") or kind is None:
            return self._part(element[0])
        if kind == "tab":
            tabs = QTabWidget()
            for item in element:
                tabs.addTab(self._part(item), item.get("name", ""))
            return tabs
        if kind == "grid":
            return self._grid(element)
        splitter = QSplitter(Qt.Orientation.Vertical if kind == "vertical" else Qt.Orientation.Horizontal)
        for index, item in enumerate(element):
            splitter.addWidget(self._part(item))
            splitter.setStretchFactor(index, 1)
        sizes = [int(item.get("splitSize", 500)) for item in element]
        splitter.setSizes(sizes)
        return splitter

    def _grid(self, element: ElementTree.Element) -> QWidget:
        rows: dict[str, list[ElementTree.Element]] = {}
        for item in element:
            rows.setdefault(item.get("row", "0"), []).append(item)
        splitter = QSplitter(Qt.Orientation.Vertical)
        for items in rows.values():
            row = QSplitter(Qt.Orientation.Horizontal)
            for item in items:
                row.addWidget(self._part(item))
            splitter.addWidget(row)
        return splitter

    def _view(self, element: ElementTree.Element) -> QWidget:
        kind, tag = element.get("class", ""), element.get("singletontag", "")
        properties = {each.get("name"): each.text or "" for each in element.iter("property")}
        key = kind + tag
        if key not in self._widgets:
            self._widgets[key] = self._view_widget(kind, tag, properties)
            self._widgets[key].setObjectName(f"{kind.removeprefix('vtkMRML')}{tag}")
        return self._widgets[key]

    def _view_widget(self, kind: str, tag: str, properties: dict[str | None, str]) -> QWidget:
        scene, logic = self._core.scene, self._core.app_logic
        label = properties.get("viewlabel", tag)
        if kind == "vtkMRMLSliceNode":
            colour = properties.get("viewcolor", "#8c8c8c")
            # Of an event that trame-slicer observes and nobody needs here.
            with without_warnings():
                view = _SliceView(scene, logic, tag, scheduled_render_strategy=TimedRendering())
            # What is added later is drawn over it; trame-slicer adds the image only when there is one.
            view.first_renderer().AddViewProp(view._render_manager.image_actor)
            return qMRMLSliceWidget(view, label, colour)
        if kind == "vtkMRMLViewNode":
            with without_warnings():
                three_d = _ThreeDView(scene, logic, tag, scheduled_render_strategy=TimedRendering())
            three_d.set_background_gradient_color([193, 195, 232], [116, 120, 190])
            three_d.first_renderer().GradientBackgroundOn()
            return qMRMLThreeDWidget(three_d, label)
        node = scene.GetSingletonNode(tag, kind)
        if kind == "vtkMRMLPlotViewNode":
            return qMRMLPlotWidget(node, label)
        if kind == "vtkMRMLTableViewNode":
            return qMRMLTableWidget(node, label)
        placeholder = QLabel(kind.removeprefix("vtkMRML").removesuffix("Node"))
        placeholder.setAlignment(Qt.AlignmentFlag.AlignCenter)
        return placeholder
