"""Windows in which radiologists look at calcium."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import slicer


class HuWindow(NamedTuple):
    """Width and middle of the HU that are told apart, and what it is for."""

    width: int
    level: int
    name: str


WINDOWS = (
    HuWindow(350, 40, "mediastinum"),
    HuWindow(800, 200, "calcium"),
    HuWindow(1500, 300, "bone"),
)


def set_window(volume_node: slicer.vtkMRMLScalarVolumeNode, window: HuWindow) -> None:
    """Show a volume in a window, in all views."""
    display = volume_node.GetDisplayNode()
    display.AutoWindowLevelOff()
    display.SetWindowLevel(window.width, window.level)


def window_of(volume_node: slicer.vtkMRMLScalarVolumeNode) -> HuWindow | None:
    """Return the window in which a volume is shown; None where the reader has set another one."""
    display = volume_node.GetDisplayNode()
    for window in WINDOWS:
        if (display.GetWindow(), display.GetLevel()) == (window.width, window.level):
            return window
    return None
