"""The module ``qt``: PySide6's classes by PythonQt's names, dialogs recorded, ``.ui`` files read."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

from PySide6 import QtCore, QtUiTools, QtWidgets

from .dialogs import Button, dialogs
from .proxies import QT_MODULES, Proxy, ProxyClass, implementations, proxy_class, unwrap, wrap
from .qt_api import reference_api

_folder = tempfile.TemporaryDirectory(prefix="slicer-stand-in-")


class SettingsFile(QtCore.QSettings):
    """Settings in a file of their own: a test never meets the user's."""

    def __init__(self, *args: Any) -> None:
        path = args[0] if args else str(Path(_folder.name, "Slicer.ini"))
        super().__init__(path, QtCore.QSettings.Format.IniFormat)


class _Loader(QtUiTools.QUiLoader):
    def createWidget(self, kind: str, parent: Any = None, name: str = "") -> Any:
        made = implementations().get(kind)
        if made is None:
            return super().createWidget(kind, parent, name)
        widget = made(parent)
        widget.setObjectName(name)
        self.made.append(widget)
        return widget

    made: list


class UiLoader:
    """What Slicer calls ``qt.QUiLoader``: ``load`` of an open file."""

    def load(self, device: Any, parent: Any = None) -> Proxy | None:
        """Build the widgets of a ``.ui`` file and connect them."""
        root = ElementTree.fromstring(bytes(unwrap(device).readAll().data()))
        connections = root.find("connections")
        if connections is not None:
            root.remove(connections)
        buffer = QtCore.QBuffer()
        buffer.setData(ElementTree.tostring(root))
        buffer.open(QtCore.QIODevice.OpenModeFlag.ReadOnly)
        loader = _Loader()
        loader.made = []
        loaded = loader.load(buffer, unwrap(parent))
        if loaded is None:
            return None
        # Python's halves of these widgets live as long as the form.
        loaded.__dict__["_made"] = loader.made
        _connect_form(loaded, connections)
        return wrap(loaded)


def _connect_form(form: QtWidgets.QWidget, connections: ElementTree.Element | None) -> None:
    def named(name: str) -> Proxy:
        return wrap(form if form.objectName() == name else form.findChild(QtCore.QObject, name))

    for each in () if connections is None else connections.iter("connection"):
        sender, receiver = named(each.findtext("sender", "")), named(each.findtext("receiver", ""))
        sender.connect(each.findtext("signal", ""), receiver, each.findtext("slot", ""))


def _message(icon: QtWidgets.QMessageBox.Icon, _parent: Any, title: str, text: str, *buttons: Any) -> int:
    return dialogs.message(icon, text, title, int(buttons[0]) if buttons else int(Button.Ok))


def _file_dialog(kind: str, _parent: Any = None, caption: str = "", *_more: Any) -> Any:
    return dialogs.value(kind, caption, [] if kind == "getOpenFileNames" else "")


def _input_dialog(kind: str, position: int, _parent: Any, title: str, label: str, *more: Any) -> Any:
    usual = more[position] if len(more) > position else {"getText": "", "getItem": ""}.get(kind, 0)
    if kind == "getItem":
        usual = more[0][usual or 0]
    return dialogs.value(kind, label, usual, title)


def _executed_message(box: Proxy) -> int:
    inner = box._object
    icon, buttons = inner.icon(), int(inner.standardButtons())
    return dialogs.message(icon, inner.text(), inner.windowTitle(), buttons, inner.detailedText())


def _executed_dialog(dialog: Proxy) -> int:
    """Run a dialog of the module's own: it is shown, a test answers True or False."""
    inner = dialog._object
    inner.show()
    QtCore.QCoreApplication.processEvents()
    accepted = bool(dialogs.value("dialog", inner.windowTitle(), True))
    inner.done(int(accepted))
    return int(accepted)


def _executed_menu(menu: Proxy, *_place: Any) -> Proxy | None:
    """Open a menu that would wait for a choice: a test answers with the text of an entry."""
    inner = menu._object
    text = dialogs.value("menu", "\n".join(each.text() for each in inner.actions()), None)
    action = next((each for each in inner.actions() if each.text() == text), None)
    if action is not None:
        action.trigger()
    return wrap(action)


def _with_statics(qt_class: type, statics: dict[str, Any]) -> ProxyClass:
    cls = proxy_class(qt_class)
    for name, function in statics.items():
        type.__setattr__(cls, name, function)
    return cls


def _recorded_dialogs() -> dict[str, ProxyClass]:
    icons = QtWidgets.QMessageBox.Icon
    boxes: dict[str, Any] = {
        name: staticmethod(partial(_message, icons[name.capitalize()]))
        for name in ("information", "warning", "critical", "question")
    }
    files = ("getOpenFileName", "getOpenFileNames", "getSaveFileName", "getExistingDirectory")
    inputs = {"getText": 1, "getMultiLineText": 0, "getItem": 1, "getInt": 0, "getDouble": 0}
    _with_statics(QtWidgets.QDialog, {"exec": _executed_dialog, "exec_": _executed_dialog})
    _with_statics(QtWidgets.QMenu, {"exec": _executed_menu, "exec_": _executed_menu})
    return {
        "QMessageBox": _with_statics(
            QtWidgets.QMessageBox, {**boxes, "exec": _executed_message, "exec_": _executed_message}
        ),
        "QFileDialog": _with_statics(
            QtWidgets.QFileDialog, {name: staticmethod(partial(_file_dialog, name)) for name in files}
        ),
        "QInputDialog": _with_statics(
            QtWidgets.QInputDialog,
            {name: staticmethod(partial(_input_dialog, name, place)) for name, place in inputs.items()},
        ),
    }


def _class_named(name: str) -> Any:
    for module in QT_MODULES:
        found = getattr(module, name, None)
        if isinstance(found, type):
            return proxy_class(found)
    raise AttributeError(f"PythonQt's qt has no {name}")


def make_qt() -> ModuleType:
    """Make the module ``qt``."""
    module = ModuleType("qt")
    module.__dict__.update(_recorded_dialogs())
    module.__dict__.update(QUiLoader=UiLoader, QSettings=proxy_class(SettingsFile), Qt=_Namespace(QtCore.Qt))
    module.__dict__["__getattr__"] = _class_named
    return module


class _Namespace:
    """``qt.Qt``: enumerations."""

    def __init__(self, qt_class: type) -> None:
        self._qt_class = qt_class

    def __getattr__(self, name: str) -> Any:
        return wrap(getattr(self._qt_class, name))


def make_module(name: str, prefix: str) -> ModuleType:
    """Make ``ctk``, whose classes are this package's."""
    module = ModuleType(name)

    def class_named(attribute: str) -> Any:
        found = implementations().get(attribute)
        if found is None or not attribute.startswith(prefix):
            api = reference_api()
            listed = api is not None and attribute in api.classes
            raise AttributeError(
                f"The stand-in's {name} has no {attribute} yet" if listed else f"{name} has no {attribute}"
            )
        return proxy_class(found)

    module.__dict__["__getattr__"] = class_named
    return module
