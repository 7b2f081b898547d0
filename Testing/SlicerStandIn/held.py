"""Qt properties that keep a value, for widgets that stand for CTK's and Slicer's."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Property


def held(kind: Any, name: str, default: Any, then: str | None = None) -> Any:
    """Property that keeps its value and calls the method ``then`` when it changed."""
    key = f"_held_{name}"

    def getter(self: Any) -> Any:
        return self.__dict__.get(key, default)

    def setter(self: Any, value: Any) -> None:
        if value == getter(self):
            return
        self.__dict__[key] = value
        if then is not None:
            getattr(self, then)()

    return Property(kind, getter, setter)


def passed_on(kind: Any, inner: str, name: str) -> Any:
    """Property of the widget that the attribute ``inner`` holds."""

    def getter(self: Any) -> Any:
        return getattr(self, inner).property(name)

    def setter(self: Any, value: Any) -> None:
        getattr(self, inner).setProperty(name, value)

    return Property(kind, getter, setter)
