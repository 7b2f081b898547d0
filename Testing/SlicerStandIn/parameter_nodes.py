"""``slicer.parameterNodeWrapper``: typed parameters kept in a ``vtkMRMLScriptedModuleNode``.

Numbers, texts, truth values, paths, enumerations and nodes are kept as Slicer keeps them, so that scenes fit;
lists, packs and unions are not built.
"""

from __future__ import annotations

import enum
import logging
import typing
from collections.abc import Callable
from typing import Annotated, Any

import slicer

from .gui_connectors import Connector, connector_for
from .validators import (
    Choice,
    Decimals,
    Default,
    Exclude,
    IsInstance,
    Maximum,
    Minimum,
    NotNone,
    SingleStep,
    Validator,
    WithinRange,
)

__all__ = [
    "Choice",
    "Decimals",
    "Default",
    "Exclude",
    "IsInstance",
    "Maximum",
    "Minimum",
    "NotNone",
    "SingleStep",
    "WithinRange",
    "isParameterNodeWrapper",
    "parameterNodeWrapper",
]

_PROPERTY = "SlicerParameterName"


class _Parameter:
    """One typed value under one name of a parameter node."""

    def __init__(self, name: str, annotated: Any, default: Any) -> None:
        self.name = name
        self.kind, *self.notes = (
            typing.get_args(annotated) if typing.get_origin(annotated) is Annotated else (annotated,)
        )
        spare = [each for each in self.notes if isinstance(each, (Decimals, SingleStep))]
        if spare:
            # Slicer honours them, and complains of them in its log all the same.
            logging.warning("Unused annotations: %s", spare)
        optional = [each for each in typing.get_args(self.kind) if each is not type(None)]
        self.kind = optional[0] if len(optional) == 1 else self.kind
        if not isinstance(self.kind, type):
            raise TypeError(f"The stand-in keeps no parameters of type {self.kind}")
        self.is_node = issubclass(self.kind, slicer.vtkMRMLNode)
        given = next((each.value for each in self.notes if isinstance(each, Default)), None)
        self.default = default if default is not None else given if given is not None else self._empty()

    def _empty(self) -> Any:
        if self.is_node:
            return None
        choices = next((each.choices for each in self.notes if isinstance(each, Choice)), None)
        if issubclass(self.kind, enum.Enum):
            return next(iter(self.kind))
        return choices[0] if choices and self.kind() not in choices else self.kind()

    def check(self, value: Any) -> None:
        """Raise where the value is not allowed."""
        if value is None and self.is_node:
            return
        accepted = (int, float) if self.kind is float else self.kind
        if not isinstance(value, accepted):
            raise TypeError(f"{self.name} must be {self.kind.__name__}, not {value!r}")
        for each in self.notes:
            if isinstance(each, Validator):
                each.validate(value)

    def write(self, node: Any, value: Any) -> None:
        self.check(value)
        if self.is_node:
            # The empty text tells that the parameter was set, to None too.
            node.SetParameter(self.name, "")
            node.SetNodeReferenceID(self.name, value.GetID() if value is not None else None)
        elif issubclass(self.kind, enum.Enum):
            node.SetParameter(self.name, value.name)
        else:
            node.SetParameter(self.name, str(value))

    def read(self, node: Any) -> Any:
        if self.is_node:
            return node.GetNodeReference(self.name)
        if not node.HasParameter(self.name):
            self.write(node, self.default)
        text = node.GetParameter(self.name)
        if self.kind is bool:
            return text == "True"
        return self.kind[text] if issubclass(self.kind, enum.Enum) else self.kind(text)


class _Wrapper:
    """What the decorator adds to a class of parameters."""

    allParameters: dict[str, _Parameter]

    def __init__(self, parameterNode: Any, prefix: str | None = None) -> None:
        self.parameterNode = parameterNode
        self._connected: dict[int, tuple[dict[str, Connector], int]] = {}
        self._next_tag = 0
        self._updating = False
        for each in self.allParameters.values():
            if not parameterNode.HasParameter(each.name):
                each.write(parameterNode, each.default)

    def getValue(self, name: str) -> Any:
        return self.allParameters[name].read(self.parameterNode)

    def setValue(self, name: str, value: Any) -> None:
        with slicer.util.NodeModify(self.parameterNode):
            self.allParameters[name].write(self.parameterNode, value)

    def default(self, name: str) -> Default:
        return Default(self.allParameters[name].default)

    def connectGui(self, ui: Any) -> int:
        """Tie each widget to the parameter that its property ``SlicerParameterName`` names."""
        widgets = ui.findChildren() if hasattr(ui, "isWidgetType") else vars(ui).values()
        named = {each.property(_PROPERTY): each for each in widgets if each.property(_PROPERTY)}
        return self.connectParametersToGui(named)

    def connectParametersToGui(self, mapping: dict[str, Any]) -> int:
        """Tie widgets to the parameters of these names; returns a tag to undo it."""
        connectors = {}
        for name, widget in mapping.items():
            if name not in self.allParameters:
                raise ValueError(f"There is no parameter {name}")
            parameter = self.allParameters[name]
            connectors[name] = connector_for(widget, parameter.kind, parameter.notes)
        for name, connector in connectors.items():
            connector.write(self.getValue(name))
            connector.connect(self._taker(name, connector))
        tag = self._next_tag
        self._next_tag += 1
        self._connected[tag] = (connectors, self.AddObserver("ModifiedEvent", lambda *_: self._show()))
        return tag

    def disconnectGui(self, tag: int) -> None:
        """Undo one ``connectGui``."""
        if tag in self._connected:
            connectors, observer = self._connected.pop(tag)
            for each in connectors.values():
                each.disconnect()
            self.RemoveObserver(observer)

    def _taker(self, name: str, connector: Connector) -> Callable:
        def take() -> None:
            if not self._updating:
                self.setValue(name, connector.read())

        return take

    def _show(self) -> None:
        if self._updating:
            return
        self._updating = True
        try:
            with slicer.util.NodeModify(self):
                for connectors, _observer in list(self._connected.values()):
                    for name, connector in connectors.items():
                        connector.write(self.getValue(name))
        finally:
            self._updating = False

    def StartModify(self) -> int:
        return self.parameterNode.StartModify()

    def EndModify(self, before: int) -> None:
        self.parameterNode.EndModify(before)

    def AddObserver(self, event: int | str, callback: Callable, priority: float = 0.0) -> int:
        return self.parameterNode.AddObserver(event, callback, priority)

    def RemoveObserver(self, tag: int) -> None:
        self.parameterNode.RemoveObserver(tag)

    def Modified(self) -> None:
        self.parameterNode.Modified()


def _property(name: str) -> property:
    return property(lambda self: self.getValue(name), lambda self, value: self.setValue(name, value))


def parameterNodeWrapper(classtype: type | None = None) -> Any:
    """Turn a class of annotated names into a typed view of a parameter node (decorator)."""
    if classtype is None:
        return parameterNodeWrapper
    hints = typing.get_type_hints(classtype, include_extras=True)
    parameters = {
        name: _Parameter(name, hint, getattr(classtype, name, None)) for name, hint in hints.items()
    }
    own = {name: value for name, value in vars(classtype).items() if name not in ("__dict__", "__weakref__")}
    reserved = [name for name in (*own, *parameters) if not name.startswith("__") and hasattr(_Wrapper, name)]
    if reserved:
        raise ValueError(f"Cannot use reserved name '{reserved[0]}' in a parameterNodeWrapper")
    members = {**own, **{name: _property(name) for name in parameters}, "allParameters": parameters}
    return type(classtype.__name__, (_Wrapper,), members)


def isParameterNodeWrapper(thing: Any) -> bool:
    """Tell classes and objects that the decorator made."""
    return hasattr(thing, "allParameters")
