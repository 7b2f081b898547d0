"""PySide6 objects as PythonQt shows them: properties are attributes, and only what the list has exists."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Callable
from functools import cache
from types import FunctionType, MethodType
from typing import Any

import shiboken6
from PySide6 import QtCore, QtGui, QtUiTools, QtWidgets

from .problems import report
from .qt_api import ADDED_FOR_PYTHON, OBJECT_NAMES, SPELLINGS, reference_api
from .signals import BoundSignal, connect, disconnect

QT_MODULES = (QtCore, QtGui, QtWidgets, QtUiTools)
_PYSIDE_SPELLINGS = {"exec": "exec", "raise": "raise_", "print": "print_"}
_OBJECT = shiboken6.Shiboken.Object
_implementations: dict[str, type] = {}


class EnumValue(int):
    """Value of an enumeration that PySide keeps apart from numbers and PythonQt does not."""

    member: enum.Enum

    def __new__(cls, member: enum.Enum) -> EnumValue:
        self = super().__new__(cls, member.value)
        self.member = member
        return self

    def __or__(self, other: int) -> int:
        if isinstance(other, EnumValue) and type(other.member) is type(self.member):
            return EnumValue(self.member | other.member)  # type: ignore[operator]
        return int(self) | int(other)


def implementation(cls: type) -> type:
    """Register a class of this package as the one behind a name of CTK or Slicer (decorator)."""
    _implementations[cls.__name__] = cls
    return cls


def implementations() -> dict[str, type]:
    """Classes of this package by the name that they stand for."""
    return dict(_implementations)


class ProxyClass(type):
    """Class of a proxy: what PythonQt shows of a Qt class, with its enumerations and static methods."""

    _qt: type

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(cls._qt, _PYSIDE_SPELLINGS.get(SPELLINGS.get(name, name), name), None)
        if isinstance(found, enum.Enum):
            return wrap(found)
        if isinstance(found, type) and issubclass(found, enum.Enum):
            return lambda value: wrap(found(value))
        if found is None or not (name in names_of(cls) or name.endswith("Event")):
            raise AttributeError(f"PythonQt's {cls.__name__} has no {name}")
        return _calling(found)


class Proxy(metaclass=ProxyClass):
    """A Qt object, or one of this package that stands for one of CTK or Slicer."""

    _qt: type = QtCore.QObject
    _object: Any = None

    def __init__(self, *args: Any, **properties: Any) -> None:
        made = _constructible(type(self))(*unwrap(args))
        object.__setattr__(self, "_object", made)
        made.__dict__["_proxy"] = self
        for name, value in properties.items():
            setattr(self, name, value)

    def __getattr__(self, name: str) -> Any:
        cls, inner = type(self), self._object
        if name.startswith("__") or inner is None:
            raise AttributeError(name)
        name = SPELLINGS.get(name, name)
        if name == "name" and "name" not in properties_of(cls):
            name = "objectName"
        if name in properties_of(cls):
            return wrap(_read(inner, name))
        if name not in names_of(cls):
            raise AttributeError(f"PythonQt's {cls.__name__} has no attribute {name}")
        if name in _ADDED and isinstance(inner, QtCore.QObject):
            return MethodType(_ADDED[name], self)
        if any(each.partition("(")[0] == name for each in signals_of(cls)):
            return BoundSignal(self, name)
        method = getattr(inner, _PYSIDE_SPELLINGS.get(name, name), None)
        if method is None:
            raise AttributeError(f"The stand-in's {cls.__name__} has no {name} yet; Slicer's has")
        return _calling(method)

    def __setattr__(self, name: str, value: Any) -> None:
        cls = type(self)
        if name == "name" and "name" not in properties_of(cls):
            name = "objectName"
        writable = properties_of(cls).get(name)
        if writable is None and not _is_exact(cls):
            object.__setattr__(self, name, value)
        elif writable is None:
            raise AttributeError(f"PythonQt's {cls.__name__} has no property {name} to set")
        elif not writable:
            raise AttributeError(f"The property {name} of {cls.__name__} is read-only")
        else:
            _write(self._object, name, unwrap(value))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Proxy):
            return NotImplemented
        ours, theirs = self._object, other._object
        if isinstance(ours, QtCore.QObject) and isinstance(theirs, QtCore.QObject):
            return shiboken6.getCppPointer(ours) == shiboken6.getCppPointer(theirs)
        return bool(ours == theirs)

    def __hash__(self) -> int:
        if isinstance(self._object, QtCore.QObject):
            return hash(shiboken6.getCppPointer(self._object))
        return hash(self._object)

    def __bool__(self) -> bool:
        return self._object is not None and shiboken6.isValid(self._object)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._object!r}>"


def _is_exact(cls: type) -> bool:
    """Tell a class of Qt from one that a module derived."""
    return "_qt" in vars(cls)


@cache
def proxy_class(qt_class: type) -> ProxyClass:
    """Proxy class of a PySide6 class or of one of this package."""
    bases_of_qt = (each for each in qt_class.__mro__[1:] if issubclass(each, _OBJECT) and each is not _OBJECT)
    base = next(bases_of_qt, None)
    bases = (proxy_class(base),) if base is not None else (Proxy,)
    return ProxyClass(qt_class.__name__, bases, {"_qt": qt_class, "__module__": "qt"})


def _exact(cls: ProxyClass) -> ProxyClass:
    return next(each for each in cls.__mro__ if isinstance(each, ProxyClass) and _is_exact(each))


@cache
def listed_name(cls: ProxyClass) -> str | None:
    """Name under which the list has a class, None where it has neither the class nor a need to have it.

    The list leaves value types and a few others out; what Qt has of these is let through. A class of this
    package that is not in the list shows what its nearest listed base shows.
    """
    api = reference_api()
    qt_class = _exact(cls)._qt
    if api is None:
        return None
    for each in qt_class.__mro__:
        if each.__name__ in api.classes:
            return each.__name__
        if each.__module__.startswith("PySide6"):
            return None
    return None


@cache
def properties_of(cls: ProxyClass) -> dict[str, bool]:
    """Properties by name; True where they can be written."""
    name, api = listed_name(cls), reference_api()
    if name is not None and api is not None:
        return api.properties(name)
    qt_class = _exact(cls)._qt
    if not issubclass(qt_class, QtCore.QObject):
        return {}
    meta = qt_class.staticMetaObject
    found = (meta.property(index) for index in range(meta.propertyCount()))
    return {each.name(): each.isWritable() for each in found}


@cache
def names_of(cls: ProxyClass) -> frozenset[str]:
    """Every attribute that PythonQt would show."""
    name, api = listed_name(cls), reference_api()
    if name is not None and api is not None:
        bases = {each.__name__ for each in _exact(cls)._qt.__mro__} | set(api.lineage(name))
        added = (ADDED_FOR_PYTHON.get(each, frozenset()) for each in bases)
        return frozenset(api.names(name)).union(*added)
    public = {each for each in dir(_exact(cls)._qt) if not each.startswith("_")}
    return frozenset(public | OBJECT_NAMES | set(SPELLINGS))


@cache
def signals_of(cls: ProxyClass) -> frozenset[str]:
    """Normalised signatures of the signals."""
    name, api = listed_name(cls), reference_api()
    if name is not None and api is not None:
        return frozenset(api.signals(name))
    qt_class = _exact(cls)._qt
    if not issubclass(qt_class, QtCore.QObject):
        return frozenset()
    meta = qt_class.staticMetaObject
    methods = (meta.method(index) for index in range(meta.methodCount()))
    found = (each for each in methods if each.methodType() == QtCore.QMetaMethod.MethodType.Signal)
    return frozenset(bytes(each.methodSignature().data()).decode() for each in found)


def wrap(value: Any) -> Any:
    """Show a value as PythonQt would."""
    if isinstance(value, _OBJECT):
        return _proxy_of(value)
    if isinstance(value, enum.Enum):
        return value if isinstance(value, int) else EnumValue(value)
    if isinstance(value, (list, tuple)):
        return type(value)([wrap(each) for each in value]) if type(value) in (list, tuple) else value
    return value


def _proxy_of(value: Any) -> Proxy:
    kept = getattr(value, "__dict__", {}).get("_proxy")
    if kept is not None:
        return kept
    cls = proxy_class(type(value))
    proxy = cls.__new__(cls)
    object.__setattr__(proxy, "_object", value)
    return proxy


def unwrap(value: Any) -> Any:
    """Turn what a module passes into what PySide6 takes."""
    if isinstance(value, Proxy):
        return value._object
    if isinstance(value, EnumValue):
        return value.member
    if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
        return type(value)([unwrap(each) for each in value])
    if isinstance(value, ProxyClass):
        return value._qt
    if isinstance(value, (FunctionType, MethodType)) or type(value).__name__ == "partial":
        return guarded(value)
    return value


def guarded(function: Callable) -> Callable:
    """Function called from Qt: given as many arguments as it takes, its exceptions reported."""
    most = _most_arguments(function)

    def call(*args: Any) -> Any:
        try:
            return unwrap(function(*wrap(list(args))[:most]))
        except Exception:
            report()
            return None

    return call


def _most_arguments(function: Callable) -> int | None:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(each.kind is each.VAR_POSITIONAL for each in parameters):
        return None
    return sum(each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD) for each in parameters)


def _calling(function: Callable) -> Callable:
    def call(*args: Any) -> Any:
        return wrap(function(*unwrap(args)))

    return call


def _read(inner: Any, name: str) -> Any:
    if isinstance(inner, QtCore.QObject) and inner.metaObject().indexOfProperty(name) >= 0:
        return inner.property(name)
    getter = getattr(inner, name, None)
    if getter is None:
        raise AttributeError(f"The stand-in's {type(inner).__name__} has no {name} yet; Slicer's has")
    return getter() if callable(getter) else getter


def _write(inner: Any, name: str, value: Any) -> None:
    if inner.metaObject().indexOfProperty(name) < 0:
        raise AttributeError(f"The stand-in's {type(inner).__name__} has no {name} yet; Slicer's has")
    if not inner.setProperty(name, value):
        raise ValueError(f"The property {name} of {type(inner).__name__} does not accept {value!r}")


@cache
def _constructible(cls: ProxyClass) -> type:
    """PySide6 class to make for a proxy class, calling back where a module overrode virtual methods."""
    exact = _exact(cls)
    derived = cls.__mro__[: cls.__mro__.index(exact)]
    overridden = {name for each in derived for name in vars(each)}
    virtual = {
        name: _calling_back(name)
        for name in overridden
        if not name.startswith("_") and callable(getattr(exact._qt, name, None))
    }
    return type(cls.__name__, (exact._qt,), virtual) if virtual else exact._qt


def _calling_back(name: str) -> Callable:
    def method(self: Any, *args: Any) -> Any:
        proxy = self.__dict__.get("_proxy")
        return guarded(getattr(proxy, name))(*args) if proxy is not None else None

    return method


def _find_children(self: Proxy, kind: Any = None, name: str = "") -> list:
    cls = unwrap(kind) if isinstance(kind, ProxyClass) else QtCore.QObject
    return wrap(list(self._object.findChildren(cls, name or None)))


def _find_child(self: Proxy, kind: Any = None, name: str = "") -> Proxy | None:
    return next(iter(_find_children(self, kind, name)), None)


def _class_name(self: Proxy) -> str:
    return _exact(type(self)).__name__


def _connect(self: Proxy, signal: str, *receiver: Any) -> bool:
    return connect(self, signal, *receiver)


def _disconnect(self: Proxy, signal: str, *receiver: Any) -> bool:
    return disconnect(self, signal, *receiver)


_ADDED: dict[str, Callable] = {
    "className": _class_name,
    "connect": _connect,
    "disconnect": _disconnect,
    "findChild": _find_child,
    "findChildren": _find_children,
}
