"""Signals connected by their signature, as PythonQt does it."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import shiboken6
from PySide6.QtCore import SIGNAL, QObject

from .qt_api import normalised, reference_api

if TYPE_CHECKING:
    from .proxies import Proxy


def _pyside_signature(inner: QObject, signature: str) -> str:
    """Signature under which PySide6 has a signal; VTK's objects travel as Python objects there."""
    name, _, rest = signature.partition("(")
    types = [each for each in rest.rstrip(")").split(",") if each]
    pointers = [each.endswith("*") and each.startswith("vtk") for each in types]
    types = ["PyObject" if pointer else each for each, pointer in zip(types, pointers, strict=True)]
    for candidate in (signature, f"{name}({','.join(types)})"):
        if inner.metaObject().indexOfSignal(candidate) >= 0:
            return candidate
    raise AttributeError(f"The stand-in's {type(inner).__name__} has no signal {signature} yet; Slicer's has")


def _checked(sender: Proxy, signal: str) -> str:
    from .proxies import signals_of

    signature = normalised(signal.lstrip("2"))
    if reference_api() is not None and signature not in signals_of(type(sender)):
        raise AttributeError(f"PythonQt's {type(sender).__name__} has no signal {signal}")
    return _pyside_signature(sender._object, signature)


def _receiving(receiver: tuple) -> Callable:
    """Callable of ``connect(signal, callable)`` or ``connect(signal, object, slot)``."""
    if len(receiver) == 1:
        return receiver[0]
    target, slot = receiver[0], receiver[1]
    return getattr(target, normalised(slot.lstrip("1")).partition("(")[0])


def connect(sender: Proxy, signal: str, *receiver: Any) -> bool:
    """Call a function or a slot whenever the signal is emitted."""
    from .proxies import guarded

    signature, function = _checked(sender, signal), _receiving(receiver)
    slot = guarded(function)
    _connections(sender).append((signature, function, slot))
    return bool(QObject.connect(sender._object, SIGNAL(signature), slot))


def disconnect(sender: Proxy, signal: str, *receiver: Any) -> bool:
    """Undo one ``connect``, or all of the signal's; False where there was none."""
    signature = _checked(sender, signal)
    function = _receiving(receiver) if receiver else None
    kept = _connections(sender)
    undone = [each for each in kept if each[0] == signature and (function is None or each[1] == function)]
    for each in undone if function is None else undone[:1]:
        kept.remove(each)
        QObject.disconnect(sender._object, SIGNAL(signature), each[2])
    return bool(undone)


# By the address of the sender: Python's half of one that Qt owns may come and go.
_kept: dict[int, list] = {}
_senders: dict[int, weakref.ref] = {}


def _connections(sender: Proxy) -> list:
    """Connections that were made to an object, kept as long as it lives."""
    (pointer,) = shiboken6.getCppPointer(sender._object)
    _senders[pointer] = weakref.ref(sender._object)
    if pointer not in _kept:
        _kept[pointer] = []
        sender._object.destroyed.connect(lambda: _kept.pop(pointer, None))
    return _kept[pointer]


def disconnect_all() -> None:
    """Undo every ``connect`` of modules."""
    for pointer, connections in list(_kept.items()):
        sender = _senders[pointer]()
        alive = sender is not None and shiboken6.isValid(sender)
        for signature, _function, slot in connections if alive else ():
            QObject.disconnect(sender, SIGNAL(signature), slot)
        connections.clear()


class BoundSignal:
    """``object.signal``: to connect, to disconnect, and to emit by calling it."""

    def __init__(self, sender: Proxy, name: str) -> None:
        self._sender = sender
        self._name = name

    def _signatures(self) -> list[str]:
        from .proxies import signals_of

        found = (each for each in signals_of(type(self._sender)) if each.partition("(")[0] == self._name)
        return sorted(found, key=len, reverse=True)

    def _signature(self) -> str:
        """Return the first overload that the stand-in has."""
        for each in self._signatures():
            try:
                _pyside_signature(self._sender._object, each)
            except AttributeError:
                continue
            return each
        raise AttributeError(f"The stand-in has no signal {self._name} yet; Slicer has")

    def connect(self, function: Callable) -> bool:
        """Call a function whenever the signal is emitted."""
        return connect(self._sender, self._signature(), function)

    def disconnect(self, function: Callable) -> bool:
        """Undo one ``connect``."""
        return disconnect(self._sender, self._signature(), function)

    def emit(self, *args: Any) -> None:
        """Emit the signal."""
        from .proxies import unwrap

        getattr(self._sender._object, self._name).emit(*unwrap(args))

    __call__ = emit
