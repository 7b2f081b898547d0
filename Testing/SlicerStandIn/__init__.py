"""A stand-in for 3D Slicer's desktop: real MRML and views of ``slicer-core``, PySide6 for its PythonQt.

The module files run in it unchanged, in a real window. A test takes the fixture ``stand_in``::

    widget = stand_in.open_module("CACScoring")
    stand_in.hands.choose(stand_in.find("volumeSelector"), "CT")
    stand_in.click("scoreButton")
    view = stand_in.slice_view("Red")
    stand_in.hands.drag_ras(view, [(0, 0, 27), (5, 0, 27)], "ctrl")
    stand_in.screenshot(path)

``stand_in.dialogs`` holds what message boxes said and takes answers beforehand, ``stand_in.packages`` what
was installed in name, ``stand_in.errors`` what was raised where no caller sees it. Widgets show what the list
of Qt, CTK and qMRML classes has (``CAC_REFERENCE_DATA``), and nothing else; without it, what PySide6 has.

Not as in Slicer: Qt is 6, the event loop gives way to threads, nothing is read or written through the
application, and classes of CTK and Slicer that neither module uses are missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .stand_in import StandIn, start

__all__ = ["StandIn", "start"]


def __getattr__(name: str) -> Any:
    """Import Slicer's core and PySide6 only where the stand-in is started: the static check does without."""
    if name not in __all__:
        raise AttributeError(name)
    from . import stand_in

    return getattr(stand_in, name)
