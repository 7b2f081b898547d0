"""A stand-in for 3D Slicer's desktop: its window, its modules, and a test's hold on both."""

from __future__ import annotations

import ctypes
import gc
import sys
from pathlib import Path
from typing import Any

import shiboken6
import slicer
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget
from trame_slicer.core import SlicerApp

from .dialogs import Dialogs, dialogs
from .hands import Hands
from .install import SampleDataLogic, install
from .packaging_module import Packages, packages
from .problems import Problems
from .proxies import implementations, unwrap, wrap
from .qt_module import SettingsFile
from .quiet import without_warnings
from .signals import disconnect_all

REPOSITORY = Path(__file__).parents[2]
_MANY = 1 << 40
MODULES = ("CACScoring", "CACAnnotation")
_LOGICS = [
    "CropVolume",
    "Data",
    "Markups",
    "Segmentations",
    "SubjectHierarchy",
    "Terminologies",
    "VolumeRendering",
    "Volumes",
]
# Logics that slicer-core has and trame-slicer does not make.
_MORE_LOGICS = {
    "Tables": "vtkSlicerTablesLogic",
    "Texts": "vtkSlicerTextsLogic",
    "Plots": "vtkSlicerPlotsLogic",
    "Sequences": "vtkSlicerSequencesLogic",
    "Models": "vtkSlicerModelsLogic",
}


class StandIn:
    """A running Slicer.

    Parameters
    ----------
    size
        Width and height of the main window.
    keep_settings
        Whether settings are those that the stand-in before left, as after a restart; else there are none.

    Attributes
    ----------
    dialogs
        Message boxes and other dialogs: what was shown, what to answer.
    packages
        Python packages: what is missing, what was installed.
    hands
        Mouse and keyboard.
    """

    def __init__(self, size: tuple[int, int] = (1500, 940), keep_settings: bool = False) -> None:
        _make_none_last()
        install()
        from .application import application
        from .main_window import dark, qSlicerMainWindow

        self.dialogs: Dialogs = dialogs
        self.packages: Packages = packages
        self.hands = Hands()
        self._problems = Problems()
        dialogs.clear()
        packages.clear()
        SampleDataLogic.sources.clear()
        if not keep_settings:
            SettingsFile().clear()
        self.app = application()
        dark(self.app)
        # Of files of colours, which are not in slicer-core.
        with without_warnings():
            self.core = SlicerApp()
        self.scene = self.core.scene
        self._register_nodes()
        slicer.mrmlScene = self.scene
        self.app.begin(self.core)
        slicer.dicomDatabase = wrap(self.app.dicomDatabase())
        self._add_core_modules()
        self.window = qSlicerMainWindow(self.app.moduleManager(), self.app.layoutManager().viewport())
        self.window.resize(*size)
        self.window.show()
        self.window.activateWindow()
        self.hands.settle()

    @property
    def errors(self) -> list[BaseException]:
        """Exceptions that were raised in slots and observers, and by the modules' own methods."""
        return self._problems.found

    @property
    def sample_data(self) -> list[dict[str, Any]]:
        """Data sets that were registered with Slicer's module Sample Data."""
        return SampleDataLogic.sources

    def load_modules(self, *paths: Path) -> None:
        """Load module files, as Slicer does when it starts; without any, this repository's."""
        for path in paths or [REPOSITORY / name / f"{name}.py" for name in MODULES]:
            self.app.moduleManager().add(implementations()["qSlicerScriptedLoadableModule"](path))
        self.window.moduleSelector().list_modules()
        self.app.startupCompleted.emit()

    def open_module(self, name: str) -> Any:
        """Show a module and return its widget object."""
        slicer.util.selectModule(name)
        self.hands.settle()
        return getattr(slicer.modules, f"{name}Widget")

    def reload_module(self, name: str) -> Any:
        """Load a module file anew, as its Reload button does, and return the new widget object."""
        slicer.util.reloadScriptedModule(name)
        self.hands.settle()
        return getattr(slicer.modules, f"{name}Widget")

    def close_scene(self) -> None:
        """Close the scene, as the File menu does."""
        self.scene.Clear(0)
        self.hands.settle()

    def slice_view(self, name: str = "Red") -> Any:
        """View that a module gets of ``layoutManager().sliceWidget(name).sliceView()``."""
        return wrap(self.app.layoutManager().sliceWidget(name).sliceView())

    def render(self) -> None:
        """Render every view that is shown, now."""
        for each in self.app.layoutManager().surfaces():
            if each.isVisible():
                each.forceRender()
        self.hands.settle()

    def pixel(self, view: Any, ras: Any) -> tuple[int, int, int]:
        """Colour that a slice view shows at a point in millimetres."""
        place = self.hands.place_of(view, ras)
        return tuple(int(each) for each in unwrap(view).pixels()[place.y(), place.x()])  # type: ignore[return-value]

    def find(self, name: str) -> Any:
        """Widget of the panel that is shown, by name."""
        found = self.window.scroll_area().findChild(QWidget, name) or self.window.findChild(QObject, name)
        if found is None:
            raise LookupError(f"No widget is named {name}")
        return wrap(found)

    def click(self, name: str, held: str = "") -> None:
        """Click a widget of the panel, by name."""
        self.hands.click(self.find(name), held)

    def screenshot(self, path: Path, widget: Any = None) -> Path:
        """Write a picture of the main window, or of one widget, as it looks now."""
        self.render()
        target = self.window if widget is None else unwrap(widget)
        if not target.grab().save(str(path)):
            raise OSError(f"{path} could not be written")
        return path

    def stop(self) -> None:
        """Leave and unload the modules, close the window and give the views' memory back."""
        self.window.leave_module()
        self.app.moduleManager().unload()
        self.window.close()
        disconnect_all()
        self.app.layoutManager().finalize()
        self.scene.Clear(1)
        panels = self.app.moduleManager().panels()
        # Now, not when Python or Qt get round to it: the next window is to find the process as this one did.
        for each in (*panels, self.window, *self.app.layoutManager().widgets()):
            if shiboken6.isValid(each):
                shiboken6.delete(each)
        self.app.end()
        for name in list(vars(slicer.modules)):
            delattr(slicer.modules, name)
        for name in MODULES:
            sys.modules.pop(name, None)
        slicer.__dict__.get("selfTests", {}).clear()
        gc.collect()
        self._problems.stop()

    def _register_nodes(self) -> None:
        """Let the scene make nodes by class name that the modules of desktop Slicer register."""
        for name in ("ColorLegendDisplay", "Unit"):
            self.scene.RegisterNodeClass(getattr(slicer, f"vtkMRML{name}Node")())

    def _add_core_modules(self) -> None:
        make = implementations()["qSlicerLoadableModule"]
        logic_of = self.core.app_logic.GetModuleLogic
        for name, kind in _MORE_LOGICS.items():
            if logic_of(name) is None and hasattr(slicer, kind):
                self.core.register_module_logic(getattr(slicer, kind)(), logic_name=name)
        # trame-slicer's logic for colours is the base class, which knows no legends.
        colours = slicer.vtkSlicerColorLogic()
        colours.SetMRMLApplicationLogic(self.core.app_logic)
        with without_warnings():
            colours.SetMRMLScene(self.scene)
        self.app.moduleManager().add(make("Colors", "", colours))
        for name in (*_LOGICS, *_MORE_LOGICS):
            self.app.moduleManager().add(make(name, "", logic_of(name)))


def _make_none_last() -> None:
    """Give ``None`` so many references that it lasts, as it does of itself from Python 3.12 on.

    PySide6 gives one away with every call that it makes of a method of ours. Python ends the process once
    there are none: after some ten thousand events, or when it tidies up at the end.
    """
    count = ctypes.c_ssize_t.from_address(id(None))
    if sys.version_info < (3, 12) and count.value < _MANY:
        count.value += _MANY


def start(*modules: Path, size: tuple[int, int] = (1500, 940), keep_settings: bool = False) -> StandIn:
    """Start Slicer with module files; without any, with this repository's.

    Returns
    -------
    StandIn
        To be stopped with ``stop``.
    """
    stand_in = StandIn(size, keep_settings)
    stand_in.load_modules(*modules)
    return stand_in
