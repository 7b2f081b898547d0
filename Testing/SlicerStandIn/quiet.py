"""VTK's warnings that tell nothing about the modules."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from vtkmodules.vtkCommonCore import vtkObject


@contextmanager
def without_warnings() -> Iterator[None]:
    """Keep VTK from writing while something is built that it is known to complain of."""
    vtkObject.GlobalWarningDisplayOff()
    try:
        yield
    finally:
        vtkObject.GlobalWarningDisplayOn()
