"""Puts into ``sys.modules`` what Slicer has and its core lacks."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import slicer
import slicer.util

from . import ctk_buttons, ctk_numbers, mrml_widgets
from .dialogs import Button, dialogs
from .packaging_module import make_packaging
from .proxies import implementations, proxy_class, wrap
from .qt_module import make_module, make_qt

# Their classes register themselves.
_WIDGETS = (ctk_buttons, ctk_numbers, mrml_widgets)


def _message_box(text: str, parent: Any = None, **properties: Any) -> int:
    from PySide6.QtWidgets import QMessageBox

    icon = properties.get("icon", QMessageBox.Icon.NoIcon)
    buttons = int(properties.get("standardButtons", Button.Ok))
    title, details = properties.get("windowTitle", ""), properties.get("detailedText", "")
    return dialogs.message(QMessageBox.Icon(int(getattr(icon, "value", icon))), text, title, buttons, details)


def _delay_display(message: str, autoCloseMsec: int = 1000, **_more: Any) -> None:
    if not 0 <= autoCloseMsec < 400:
        dialogs.value("delay", message, None)
    slicer.app.processEvents()


def _i18n() -> ModuleType:
    module = ModuleType("slicer.i18n")
    module.__dict__.update(tr=lambda text: text, translate=lambda _context, text: text)
    return module


class SampleDataLogic:
    """``SampleData.SampleDataLogic``: remembers what was registered."""

    sources: list[dict[str, Any]] = []

    @classmethod
    def registerCustomSampleDataSource(cls, **source: Any) -> None:
        """Register a data set."""
        cls.sources.append(source)


def _sample_data() -> ModuleType:
    module = ModuleType("SampleData")
    module.__dict__.update(SampleDataLogic=SampleDataLogic)
    return module


def install() -> None:
    """Install ``qt``, ``ctk`` and the missing parts of ``slicer``; done once in a process."""
    if "qt" in sys.modules:
        return
    sys.modules["qt"] = make_qt()
    sys.modules["ctk"] = make_module("ctk", "ctk")
    sys.modules["SampleData"] = _sample_data()
    slicer.modules = SimpleNamespace()
    slicer.moduleNames = SimpleNamespace()
    # The parts import `qt`, which is there only now.
    from . import application, parameter_nodes, scripted_module

    for name, module in {
        "i18n": _i18n(),
        "packaging": make_packaging(),
        "parameterNodeWrapper": parameter_nodes,
        "ScriptedLoadableModule": scripted_module,
    }.items():
        sys.modules[f"slicer.{name}"] = module
        setattr(slicer, name, module)
    slicer.util.messageBox = _message_box
    slicer.util.delayDisplay = _delay_display
    slicer.util.pip_install = slicer.packaging.pip_install
    slicer.util.pip_uninstall = slicer.packaging.pip_uninstall
    slicer.app = wrap(application.application())
    for name, cls in implementations().items():
        if name.startswith("q"):
            setattr(slicer, name, proxy_class(cls))
