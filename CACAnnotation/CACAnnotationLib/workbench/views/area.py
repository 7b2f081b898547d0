"""A view's window as the browser sees it: takes its events, gives its pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trame_rca.rca import VtkRemoteControlledArea

if TYPE_CHECKING:
    import vtk


class ViewArea(VtkRemoteControlledArea):
    """Remote-controlled area of a view of Slicer core."""

    def __init__(self, window: vtk.vtkRenderWindow) -> None:
        super().__init__(vtk_render_window=window)

    def process_resize_event(self, width: int, height: int) -> None:
        """Give the view another size, in pixels of the screen; its slice node follows."""
        super().process_resize_event(width, height)
        self._iren.InvokeEvent("WindowResizeEvent")

    def process_interaction_event(self, event: dict[str, Any]) -> None:
        """Hand the mouse to the view; keys are the page's."""
        if not event["type"].startswith("Key"):
            super().process_interaction_event(event)
