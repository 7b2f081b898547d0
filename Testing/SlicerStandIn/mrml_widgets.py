"""Slicer's widgets that follow a scene, on plain Qt widgets."""

from __future__ import annotations

from typing import Any

import slicer
from PySide6.QtCore import Property, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QTableView, QWidget

from .ctk_buttons import ctkCollapsibleButton
from .ctk_numbers import ctkDoubleSpinBox, ctkSliderWidget
from .dialogs import dialogs
from .held import held
from .proxies import implementation

_NONE, _CREATE, _RENAME, _DELETE, _SEPARATOR = "none", "create", "rename", "delete", "separator"


class Observing:
    """Observers of one scene, removed when the scene is exchanged or the widget is destroyed."""

    def __init__(self, *events: int | str) -> None:
        self._events = events
        self._observed: Any = None
        self._tags: list[int] = []

    def observe(self, subject: Any, call: Any) -> None:
        """Call back on the events of ``subject``, and no more on those of the one before."""
        for tag in self._tags:
            self._observed.RemoveObserver(tag)
        self._observed = subject
        self._tags = [] if subject is None else [subject.AddObserver(each, call) for each in self._events]


@implementation
class qMRMLWidget(QWidget):
    """A widget that hands its scene to those inside."""

    mrmlSceneChanged = Signal(object)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._scene: Any = None

    def mrmlScene(self) -> Any:
        return self._scene

    def setMRMLScene(self, scene: Any) -> None:
        if scene is not self._scene:
            self._scene = scene
            self.mrmlSceneChanged.emit(scene)


@implementation
class qSlicerWidget(qMRMLWidget):
    """A widget of a module."""


@implementation
class qMRMLCollapsibleButton(ctkCollapsibleButton):
    """A headline that shows and hides what stands below it."""


@implementation
class qMRMLSliderWidget(ctkSliderWidget):
    """A slider with its number."""


@implementation
class qMRMLSpinBox(ctkDoubleSpinBox):
    """A number."""


@implementation
class qMRMLNodeComboBox(QWidget):
    """The scene's nodes of some classes, to choose one."""

    currentNodeChanged = Signal((object,), (bool,))
    currentNodeIDChanged = Signal(str)
    nodeActivated = Signal(object)
    nodeAdded = Signal(object)
    nodeAddedByUser = Signal(object)
    nodeAboutToBeRemoved = Signal(object)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._combo = QComboBox(self)
        self._combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._combo)
        self.setFocusProxy(self._combo)
        self._scene: Any = None
        self._current: str | None = None
        scene = slicer.vtkMRMLScene
        self._observing = Observing(
            scene.NodeAddedEvent, scene.NodeRemovedEvent, scene.EndCloseEvent, scene.EndBatchProcessEvent
        )
        self._names: dict[str, Observing] = {}
        self._combo.activated.connect(self._chosen)
        self.destroyed.connect(lambda: self._let_go())
        self._fill()

    addEnabled = held(bool, "addEnabled", True, "_fill")
    removeEnabled = held(bool, "removeEnabled", True, "_fill")
    renameEnabled = held(bool, "renameEnabled", False, "_fill")
    editEnabled = held(bool, "editEnabled", False)
    noneEnabled = held(bool, "noneEnabled", False, "_fill")
    noneDisplay = held(str, "noneDisplay", "None", "_fill")
    showHidden = held(bool, "showHidden", False, "_fill")
    showChildNodeTypes = held(bool, "showChildNodeTypes", True, "_fill")
    selectNodeUponCreation = held(bool, "selectNodeUponCreation", True)
    baseName = held(str, "baseName", "")
    nodeTypes = held("QStringList", "nodeTypes", [], "_fill")
    hideChildNodeTypes = held("QStringList", "hideChildNodeTypes", [], "_fill")

    def mrmlScene(self) -> Any:
        return self._scene

    def setMRMLScene(self, scene: Any) -> None:
        self._scene = scene
        self._observing.observe(scene, self._scene_changed)
        self._fill()
        self.setEnabled(scene is not None)

    def currentNode(self) -> Any:
        return self._scene.GetNodeByID(self._current) if self._scene and self._current else None

    def _get_id(self) -> str:
        return self._current or ""

    def setCurrentNodeID(self, node_id: str | None) -> None:
        known = {each.GetID() for each in self._nodes()}
        self._select(node_id if node_id in known else None)

    currentNodeID = Property(str, _get_id, setCurrentNodeID)
    currentNodeId = Property(str, _get_id, setCurrentNodeID)

    def setCurrentNode(self, node: Any) -> None:
        self.setCurrentNodeID(node if isinstance(node, str) or node is None else node.GetID())

    def setCurrentNodeIndex(self, index: int) -> None:
        self.setCurrentNode(self.nodeFromIndex(index))

    def nodeCount(self) -> int:
        return len(self._nodes())

    def nodeFromIndex(self, index: int) -> Any:
        nodes = self._nodes()
        return nodes[index] if 0 <= index < len(nodes) else None

    def addNode(self, kind: str = "") -> Any:
        kind = kind or self.nodeTypes[0]
        name = self._scene.GenerateUniqueName(
            self.baseName or kind.removeprefix("vtkMRML").removesuffix("Node")
        )
        node = self._scene.AddNewNodeByClass(kind, name)
        if self.selectNodeUponCreation:
            self.setCurrentNode(node)
        self.nodeAddedByUser.emit(node)
        return node

    def removeCurrentNode(self) -> None:
        if (node := self.currentNode()) is not None:
            self.nodeAboutToBeRemoved.emit(node)
            self._scene.RemoveNode(node)

    def renameCurrentNode(self) -> None:
        node = self.currentNode()
        name = dialogs.value("getText", "New name:", "", "Rename") if node is not None else ""
        if name:
            node.SetName(name)
            self._fill()

    def _nodes(self) -> list:
        if self._scene is None:
            return []
        found = []
        for kind in self.nodeTypes:
            collection = self._scene.GetNodesByClass(kind)
            nodes = [collection.GetItemAsObject(index) for index in range(collection.GetNumberOfItems())]
            collection.UnRegister(None)
            found += [
                each
                for each in nodes
                if each not in found
                and (self.showHidden or not each.GetHideFromEditors())
                and (self.showChildNodeTypes or each.GetClassName() == kind)
                and not any(each.IsA(hidden) for hidden in self.hideChildNodeTypes)
            ]
        return found

    def _scene_changed(self, _scene: Any, _event: str) -> None:
        if not (self._scene.IsBatchProcessing() or self._scene.IsClosing()):
            self._fill()

    def _fill(self) -> None:
        """List the nodes anew and keep the choice; without one take the first where none is no choice."""
        nodes = self._nodes()
        self._combo.blockSignals(True)
        self._combo.clear()
        if self.noneEnabled:
            self._combo.addItem(self.noneDisplay, _NONE)
        for each in nodes:
            self._combo.addItem(each.GetName(), each.GetID())
        known = [each.GetID() for each in nodes]
        self._combo.setCurrentIndex(self._combo.findData(self._current or _NONE))
        self._add_actions()
        self._combo.blockSignals(False)
        self._follow_names(nodes)
        if self._current not in known:
            self._select(known[0] if known and not self.noneEnabled else None)

    def _add_actions(self) -> None:
        kind = self.nodeTypes[0].removeprefix("vtkMRML").removesuffix("Node") if self.nodeTypes else "node"
        actions = [(self.addEnabled, f"Create new {kind}", _CREATE)]
        actions += [(self.renameEnabled, f"Rename current {kind}", _RENAME)]
        actions += [(self.removeEnabled, f"Delete current {kind}", _DELETE)]
        shown = [(text, data) for enabled, text, data in actions if enabled]
        if shown and self._combo.count():
            self._combo.insertSeparator(self._combo.count())
        for text, data in shown:
            self._combo.addItem(f"{text}…", data)

    def _follow_names(self, nodes: list) -> None:
        for node_id in set(self._names) - {each.GetID() for each in nodes}:
            self._names.pop(node_id).observe(None, None)
        for each in nodes:
            if each.GetID() not in self._names:
                self._names[each.GetID()] = Observing("ModifiedEvent")
                self._names[each.GetID()].observe(each, self._renamed)

    def _renamed(self, node: Any, _event: str) -> None:
        index = self._combo.findData(node.GetID())
        if index >= 0 and self._combo.itemText(index) != node.GetName():
            self._combo.setItemText(index, node.GetName())

    def _chosen(self, index: int) -> None:
        data = self._combo.itemData(index)
        actions = {_CREATE: self.addNode, _RENAME: self.renameCurrentNode, _DELETE: self.removeCurrentNode}
        if data in actions:
            self._combo.setCurrentIndex(self._combo.findData(self._current or _NONE))
            actions[data]()
        else:
            self._select(None if data == _NONE else data)
            self.nodeActivated.emit(self.currentNode())

    def _select(self, node_id: str | None) -> None:
        self._combo.setCurrentIndex(self._combo.findData(node_id or _NONE))
        if node_id == self._current:
            return
        self._current = node_id
        node = self.currentNode()
        self.currentNodeChanged[object].emit(node)
        self.currentNodeChanged[bool].emit(node is not None)
        self.currentNodeIDChanged.emit(node_id or "")

    def _let_go(self) -> None:
        self._observing.observe(None, None)
        for each in self._names.values():
            each.observe(None, None)


@implementation
class qMRMLTableView(QTableView):
    """A table node's cells."""

    mrmlSceneChanged = Signal(object)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._scene: Any = None
        self._node: Any = None
        self._observing = Observing("ModifiedEvent")
        self.destroyed.connect(lambda: self._observing.observe(None, None))

    firstRowLocked = held(bool, "firstRowLocked", False)
    firstColumnLocked = held(bool, "firstColumnLocked", False)
    transposed = held(bool, "transposed", False)

    def mrmlScene(self) -> Any:
        return self._scene

    def setMRMLScene(self, scene: Any) -> None:
        self._scene = scene
        self.mrmlSceneChanged.emit(scene)

    def mrmlTableNode(self) -> Any:
        return self._node

    def setMRMLTableNode(self, node: Any) -> None:
        self._node = node
        self._observing.observe(node, self._show)
        self._show()

    def _show(self, _caller: Any = None, _event: str = "") -> None:
        from PySide6.QtGui import QStandardItem, QStandardItemModel

        rows = self._node.GetNumberOfRows() if self._node else 0
        columns = self._node.GetNumberOfColumns() if self._node else 0
        model = QStandardItemModel(rows, columns, self)
        for column in range(columns):
            model.setHorizontalHeaderItem(column, QStandardItem(self._node.GetColumnName(column)))
            for row in range(rows):
                model.setItem(row, column, QStandardItem(self._node.GetCellText(row, column)))
        self.setModel(model)
