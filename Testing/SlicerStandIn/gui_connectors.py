"""Widgets tied to parameters: which signal tells of a change, and how the value is read and written."""

from __future__ import annotations

import enum
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

import slicer

from .validators import Choice, Decimals, Maximum, Minimum, SingleStep, WithinRange

_LARGEST = 2**31 - 1


class Connector:
    """A widget whose property or getter holds a parameter's value.

    Parameters
    ----------
    widget
        The proxied widget.
    signal
        Name of the signal that it emits on each change.
    """

    def __init__(self, widget: Any, signal: str) -> None:
        self.widget = widget
        self._signal = getattr(widget, signal)
        self._call: Callable | None = None

    def connect(self, call: Callable) -> None:
        """Call back on each change."""
        self._call = call
        self._signal.connect(call)

    def disconnect(self) -> None:
        """Call back no more."""
        if self._call is not None:
            self._signal.disconnect(self._call)
            self._call = None

    def read(self) -> Any:
        """Value that the widget shows."""
        raise NotImplementedError

    def write(self, value: Any) -> None:
        """Show a value."""
        raise NotImplementedError


class _OfProperty(Connector):
    def __init__(self, widget: Any, signal: str, name: str, kind: Callable = lambda value: value) -> None:
        super().__init__(widget, signal)
        self._name, self._kind = name, kind

    def read(self) -> Any:
        return self._kind(getattr(self.widget, self._name))

    def write(self, value: Any) -> None:
        setattr(self.widget, self._name, str(value) if isinstance(value, PurePath) else value)


class _OfChoice(Connector):
    def __init__(self, widget: Any, choices: list) -> None:
        super().__init__(widget, "currentIndexChanged")
        self._choices = choices
        widget.clear()
        for each in choices:
            widget.addItem(each.value if isinstance(each, enum.Enum) else str(each))

    def read(self) -> Any:
        return self._choices[self.widget.currentIndex]

    def write(self, value: Any) -> None:
        self.widget.currentIndex = self._choices.index(value)


class _OfNode(Connector):
    def __init__(self, widget: Any, kind: type) -> None:
        super().__init__(widget, "currentNodeChanged")
        widget.nodeTypes = [kind.__name__]

    def read(self) -> Any:
        return self.widget.currentNode()

    def write(self, value: Any) -> None:
        self.widget.setCurrentNode(value)


_TRUTHS = {"QCheckBox": "stateChanged", "ctkCheckBox": "stateChanged", "QPushButton": "toggled"}
_TRUTHS |= {"ctkCheckablePushButton": "toggled"}
_WHOLE = ("QSlider", "QSpinBox")
_NUMBERS = (
    "QDoubleSpinBox",
    "ctkSliderWidget",
    "qMRMLSliderWidget",
    "ctkDoubleSlider",
    "ctkDoubleSpinBox",
    "qMRMLSpinBox",
)
_MUST_BE_BOUNDED = ("QSlider", "ctkSliderWidget", "qMRMLSliderWidget")


def connector_for(widget: Any, kind: type, notes: list) -> Connector:
    """Tie a widget to a parameter of a type; RuntimeError where the two do not go together."""
    name = widget.className()
    if kind is bool and name in _TRUTHS:
        if name == "QPushButton":
            widget.checkable = True
        return _OfProperty(widget, _TRUTHS[name], "checked")
    if (kind is int and name in _WHOLE) or (kind in (int, float) and name in _NUMBERS):
        _bound(widget, kind, notes)
        return _OfProperty(widget, "valueChanged", "value", kind)
    if name in ("QComboBox", "ctkComboBox"):
        choices = next((each.choices for each in notes if isinstance(each, Choice)), None)
        if issubclass(kind, enum.Enum):
            return _OfChoice(widget, list(kind))
        if choices is not None:
            return _OfChoice(widget, choices)
    if kind is str and name == "QLineEdit":
        return _OfProperty(widget, "textChanged", "text")
    if kind is str and name in ("QTextEdit", "QPlainTextEdit"):
        return _OfProperty(widget, "textChanged", "plainText")
    if issubclass(kind, PurePath) and name == "ctkPathLineEdit":
        return _OfProperty(widget, "currentPathChanged", "currentPath", kind)
    if issubclass(kind, PurePath) and name == "ctkDirectoryButton":
        return _OfProperty(widget, "directoryChanged", "directory", kind)
    if issubclass(kind, slicer.vtkMRMLNode) and name == "qMRMLNodeComboBox":
        return _OfNode(widget, kind)
    raise RuntimeError(f"No connection between a parameter of {kind} and a {name}")


def _bound(widget: Any, kind: type, notes: list) -> None:
    """Give a widget the bounds, step and decimals of its parameter."""
    name = widget.className()
    low = next((each.minimum for each in notes if isinstance(each, (WithinRange, Minimum))), None)
    high = next((each.maximum for each in notes if isinstance(each, (WithinRange, Maximum))), None)
    if name in _MUST_BE_BOUNDED and (low is None or high is None):
        raise RuntimeError(f"A {name} needs a parameter with bounds")
    unbounded = _LARGEST if kind is int else float("inf")
    widget.minimum = low if low is not None else -unbounded
    widget.maximum = high if high is not None else unbounded
    decimals = next((each.value for each in notes if isinstance(each, Decimals)), 0 if kind is int else None)
    if decimals is not None and name in _NUMBERS and name != "ctkDoubleSlider":
        widget.decimals = decimals
    step = next((each.value for each in notes if isinstance(each, SingleStep)), None)
    if step is not None:
        widget.singleStep = step
