"""The main window: the module's panel on the left, the views on the right."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Property, QEvent, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDockWidget,
    QLabel,
    QMainWindow,
    QScrollArea,
    QSizePolicy,
    QToolBar,
    QWidget,
)

from .modules import qSlicerModuleManager, qSlicerScriptedLoadableModule, qSlicerScriptedLoadableModuleWidget
from .proxies import implementation

_PANEL_WIDTH = 480


@implementation
class qSlicerModuleSelectorToolBar(QToolBar):
    """The box that names the module shown."""

    moduleSelected = Signal(str)

    def __init__(self, manager: qSlicerModuleManager) -> None:
        super().__init__("Modules")
        self._manager = manager
        self._combo = QComboBox()
        self._combo.setMinimumWidth(220)
        self.addWidget(QLabel(" Modules:  "))
        self.addWidget(self._combo)
        self._combo.textActivated.connect(self._activated)
        self._selected = ""

    def list_modules(self) -> None:
        """Offer the scripted modules that were loaded."""
        self._combo.clear()
        for name in self._manager.modulesNames():
            module = self._manager.module(name)
            if isinstance(module, qSlicerScriptedLoadableModule):
                self._combo.addItem(module.title or name, name)
        self._combo.setCurrentIndex(-1)

    def _activated(self, _title: str) -> None:
        self.selectModule(self._combo.currentData())

    def selectModule(self, name: str) -> None:
        self._selected = name
        self._combo.setCurrentIndex(self._combo.findData(name))
        self.moduleSelected.emit(name)

    def _get_selected(self) -> str:
        return self._selected

    selectedModule = Property(str, _get_selected)


class _PanelArea(QScrollArea):
    """Scrolls the panel up and down, and is as wide as it needs."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QScrollArea.Shape.NoFrame)

    def show_panel(self, widget: QWidget) -> None:
        """Show a panel instead of the one before, which lives on."""
        self.setWidget(widget)
        widget.installEventFilter(self)
        self._widen()

    def eventFilter(self, watched: Any, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._widen()
        return False

    def _widen(self) -> None:
        if self.widget() is not None:
            bar = self.verticalScrollBar().sizeHint().width()
            self.setMinimumWidth(self.widget().minimumSizeHint().width() + bar)


@implementation
class qSlicerMainWindow(QMainWindow):
    """Slicer's main window."""

    def __init__(self, manager: qSlicerModuleManager, views: QWidget) -> None:
        super().__init__()
        self.setObjectName("qSlicerMainWindow")
        self.setWindowTitle("3D Slicer stand-in")
        self._manager = manager
        self._shown: qSlicerScriptedLoadableModuleWidget | None = None
        self._selector = qSlicerModuleSelectorToolBar(manager)
        self._selector.moduleSelected.connect(self._show_module)
        self.addToolBar(self._selector)
        self._scroll = _PanelArea()
        self._dock = QDockWidget("")
        self._dock.setObjectName("PanelDockWidget")
        self._dock.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        self._dock.setWidget(self._scroll)
        self._dock.setMinimumWidth(_PANEL_WIDTH)
        self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self._dock)
        views.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCentralWidget(views)
        self.resizeDocks([self._dock], [_PANEL_WIDTH], Qt.Orientation.Horizontal)
        self.statusBar()

    def moduleSelector(self) -> qSlicerModuleSelectorToolBar:
        return self._selector

    def scroll_area(self) -> QScrollArea:
        """Area that the panel scrolls in."""
        return self._scroll

    def leave_module(self) -> None:
        """Exit the module that is shown."""
        if self._shown is not None:
            self._shown.exit()
            self._scroll.takeWidget()
            self._shown = None

    def _show_module(self, name: str) -> None:
        widget: Any = None
        if name:
            module = self._manager.module(name)
            if module is None:
                raise RuntimeError(f"There is no module {name}")
            widget = module.widgetRepresentation()
        if widget is self._shown:
            return
        self.leave_module()
        if widget is not None:
            self._scroll.show_panel(widget)
            widget.show()
            self._shown = widget
            widget.enter()


def dark(app: QApplication) -> None:
    """Dress the application as Slicer's dark style does."""
    app.setStyle("fusion")
    palette = QPalette()
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    colours = {
        role.Window: "#31363b",
        role.WindowText: "#eff0f1",
        role.Base: "#232629",
        role.AlternateBase: "#2b2f33",
        role.Text: "#eff0f1",
        role.Button: "#3b4045",
        role.ButtonText: "#eff0f1",
        role.BrightText: "#ff5555",
        role.Highlight: "#3daee9",
        role.HighlightedText: "#ffffff",
        role.ToolTipBase: "#31363b",
        role.ToolTipText: "#eff0f1",
        role.Link: "#5cb8f0",
        role.PlaceholderText: "#8b9095",
    }
    for each, colour in colours.items():
        palette.setColor(each, QColor(colour))
    for each in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(group.Disabled, each, QColor("#7a7f84"))
    app.setPalette(palette)
