"""``slicer.app``: the Qt application with what Slicer adds to it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import shiboken6
from PySide6.QtCore import Property, Signal
from PySide6.QtWidgets import QApplication
from trame_slicer.core import SlicerApp

from .dicom import ctkDICOMDatabase
from .held import held
from .layout_manager import qSlicerLayoutManager
from .modules import qSlicerModuleManager
from .proxies import implementation
from .qt_module import SettingsFile


@implementation
class qSlicerApplication(QApplication):
    """The application; what concerns one scene comes with ``begin`` and goes with ``end``."""

    startupCompleted = Signal()
    mrmlSceneChanged = Signal(object)
    renderPaused = Signal(bool)

    # What a test changes: errors and questions are shown only where this is False.
    testing = False

    def begin(self, core: SlicerApp) -> None:
        """Take a fresh scene."""
        self._core = core
        self._settings = SettingsFile()
        self._database = ctkDICOMDatabase()
        self._manager = qSlicerModuleManager()
        self._layouts = qSlicerLayoutManager(core)
        self._temporary = tempfile.TemporaryDirectory(prefix="slicer-stand-in-")

    def end(self) -> None:
        """Let go of the scene."""
        for each in ("_layouts", "_manager", "_database"):
            shiboken6.delete(getattr(self, each))
            setattr(self, each, None)
        self._temporary.cleanup()
        self._core = None

    def mrmlScene(self) -> Any:
        return self._core.scene

    def applicationLogic(self) -> Any:
        return self._core.app_logic

    def layoutManager(self) -> qSlicerLayoutManager:
        return self._layouts

    def moduleManager(self) -> qSlicerModuleManager:
        return self._manager

    def moduleLogic(self, name: str) -> Any:
        module = self._manager.module(name)
        return None if module is None else module.logic()

    def dicomDatabase(self) -> ctkDICOMDatabase:
        return self._database

    def settings(self) -> SettingsFile:
        return self._settings

    userSettings = revisionUserSettings = settings

    def testingEnabled(self) -> bool:
        return self.testing

    def pauseRender(self) -> None:
        self.setRenderPaused(True)

    def resumeRender(self) -> None:
        self.setRenderPaused(False)

    def setRenderPaused(self, paused: bool) -> None:
        self._layouts.setRenderPaused(paused)
        self.renderPaused.emit(paused)

    def moduleDocumentationUrl(self, name: str) -> str:
        return f"{self.documentationBaseUrl}{name}"

    temporaryPath = Property(str, lambda self: self._temporary.name)
    slicerHome = Property(str, lambda self: str(Path(self._temporary.name, "home")))
    cachePath = held(str, "cachePath", "")
    majorVersion = Property(int, lambda _self: 5)
    minorVersion = Property(int, lambda _self: 10)
    mainApplicationName = Property(str, lambda _self: "Slicer")
    documentationBaseUrl = Property(str, lambda _self: "https://slicer.readthedocs.io/")


def application() -> qSlicerApplication:
    """Return the one application of this process; it is made at the first call."""
    found = QApplication.instance()
    if isinstance(found, qSlicerApplication):
        return found
    made = qSlicerApplication(["Slicer", "-style", "fusion"])
    made.setApplicationName("Slicer")
    made.setOrganizationName("slicer.org")
    made.setQuitOnLastWindowClosed(False)
    return made
