"""Slicer's modules: those of its core with their logics, and scripted ones loaded from their file."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import slicer
from PySide6.QtCore import Property, QObject, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QVBoxLayout, QWidget

from .held import held
from .mrml_widgets import qSlicerWidget
from .problems import report
from .proxies import implementation, wrap


@implementation
class qSlicerAbstractModule(QObject):
    """A module with a logic."""

    title = held(str, "title", "")
    categories = held("QStringList", "categories", [])
    dependencies = held("QStringList", "dependencies", [])
    contributors = held("QStringList", "contributors", [])
    helpText = held(str, "helpText", "")
    acknowledgementText = held(str, "acknowledgementText", "")
    associatedNodeTypes = held("QStringList", "associatedNodeTypes", [])
    hidden = held(bool, "hidden", False)
    index = held(int, "index", -1)
    icon = held(QIcon, "icon", QIcon())

    def __init__(self, name: str, path: str = "", logic: Any = None) -> None:
        super().__init__()
        self._name, self._path, self._logic = name, path, logic
        self.setObjectName(name)

    def _get_name(self) -> str:
        return self._name

    def _get_path(self) -> str:
        return self._path

    name = Property(str, _get_name)
    path = Property(str, _get_path)

    def logic(self) -> Any:
        return self._logic

    def widgetRepresentation(self) -> Any:
        return None


@implementation
class qSlicerLoadableModule(qSlicerAbstractModule):
    """A module of Slicer's core."""


@implementation
class qSlicerAbstractModuleWidget(qSlicerWidget):
    """Widget of a module, told when it is shown and hidden."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entered = False
        QVBoxLayout(self)

    def _get_entered(self) -> bool:
        return self._entered

    isEntered = Property(bool, _get_entered)

    def enter(self) -> None:
        self._entered = True

    def exit(self) -> None:
        self._entered = False


@implementation
class qSlicerScriptedLoadableModuleWidget(qSlicerAbstractModuleWidget):
    """Widget of a scripted module: what it does is done by the module's Python class.

    As in Slicer, exceptions of the class are printed and go no further.
    """

    def __init__(self, name: str, path: str) -> None:
        super().__init__()
        self._name, self._path = name, path
        self._python: Any = None
        self.setObjectName(f"{name}ModuleWidget")

    def _get_name(self) -> str:
        return self._name

    moduleName = Property(str, _get_name)

    def self(self) -> Any:
        return self._python

    def instantiate(self) -> None:
        """Make the widget class of the module as loaded now."""
        module = sys.modules[self._name]
        self._python = None
        try:
            self._python = getattr(module, f"{self._name}Widget")(wrap(self))
        except Exception:
            report()
        setattr(slicer.modules, f"{self._name}Widget", self._python)

    def setup(self) -> None:
        self._call("setup")

    def reload(self) -> None:
        self.instantiate()
        self.setup()

    def enter(self) -> None:
        super().enter()
        self._call("enter")

    def exit(self) -> None:
        super().exit()
        self._call("exit")

    def _call(self, name: str) -> None:
        try:
            if hasattr(self._python, name):
                getattr(self._python, name)()
        except Exception:
            report()


@implementation
class qSlicerScriptedLoadableModule(qSlicerLoadableModule):
    """A module loaded from a Python file."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.stem, str(path))
        self.panel: qSlicerScriptedLoadableModuleWidget | None = None
        folder = str(path.parent)
        if folder not in sys.path:
            sys.path.insert(0, folder)
        load_source(path)
        self._python = getattr(sys.modules[path.stem], path.stem)(wrap(self))
        setattr(slicer.modules, f"{path.stem}Instance", self._python)

    def widgetRepresentation(self) -> qSlicerScriptedLoadableModuleWidget:
        if self.panel is None:
            self.panel = qSlicerScriptedLoadableModuleWidget(self._name, self._path)
            self.panel.setMRMLScene(slicer.mrmlScene)
            self.panel.instantiate()
            self.panel.setup()
        return self.panel


def load_source(path: Path) -> None:
    """Import a module file anew under its own name."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)


@implementation
class qSlicerModuleFactoryManager(QObject):
    """Names of the modules that were loaded."""

    def __init__(self, modules: dict[str, qSlicerAbstractModule]) -> None:
        super().__init__()
        self._modules = modules

    def loadedModuleNames(self) -> tuple[str, ...]:
        return tuple(self._modules)

    registeredModuleNames = instantiatedModuleNames = loadedModuleNames

    def isLoaded(self, name: str) -> bool:
        return name in self._modules


@implementation
class qSlicerModuleManager(QObject):
    """The modules by name."""

    moduleLoaded = Signal(str)
    moduleAboutToBeUnloaded = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._modules: dict[str, qSlicerAbstractModule] = {}
        self._factory = qSlicerModuleFactoryManager(self._modules)

    def factoryManager(self) -> qSlicerModuleFactoryManager:
        return self._factory

    def modulesNames(self) -> tuple[str, ...]:
        return tuple(self._modules)

    def module(self, name: str) -> qSlicerAbstractModule | None:
        return self._modules.get(name)

    def add(self, module: qSlicerAbstractModule) -> None:
        """Make a module known as ``slicer.modules.<its name in lower case>``."""
        name = module.objectName()
        self._modules[name] = module
        setattr(slicer.modules, name.lower(), wrap(module))
        setattr(slicer.moduleNames, name, name)
        self.moduleLoaded.emit(name)

    def panels(self) -> list[QWidget]:
        """Return the panels that were made."""
        made = (getattr(each, "panel", None) for each in self._modules.values())
        return [each for each in made if each is not None]

    def unload(self) -> None:
        """Tell the modules that Slicer closes, the last one loaded first."""
        for name in reversed(list(self._modules)):
            self.moduleAboutToBeUnloaded.emit(name)
