"""What went wrong inside Qt slots and VTK observers, where no caller sees the exception."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from functools import wraps
from types import TracebackType
from typing import Any


class Problems:
    """Collects exceptions that reach ``sys.excepthook``: VTK and PySide hand them there."""

    def __init__(self) -> None:
        self.found: list[BaseException] = []
        self._before = sys.excepthook
        sys.excepthook = self._collect

    def _collect(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        self.found.append(error)
        traceback.print_exception(kind, error, trace)

    def stop(self) -> None:
        """Leave the hook as it was."""
        sys.excepthook = self._before


def report() -> None:
    """Hand the exception being handled to the hook, as PythonQt prints it and goes on."""
    sys.excepthook(*sys.exc_info())


def reporting(method: Callable) -> Callable:
    """Report what an event handler raises: an exception that Qt gets to see ends the process (decorator)."""

    @wraps(method)
    def handle(self: Any, *args: Any) -> Any:
        try:
            return method(self, *args)
        except Exception:
            report()
            return None

    return handle
