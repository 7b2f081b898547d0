"""A stand-in for 3D Slicer's desktop: real MRML and views of ``slicer-core``, PySide6 for its PythonQt."""

from .stand_in import StandIn, start

__all__ = ["StandIn", "start"]
