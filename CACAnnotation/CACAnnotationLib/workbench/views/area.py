"""A view's window as the browser sees it: takes its events, gives its pictures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from slicer import vtkMRMLLayerDisplayableManager
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkWebCore import vtkRemoteInteractionAdapter

if TYPE_CHECKING:
    import vtk

_WITHIN_VIEW = ("StartInteractionEvent", "EndInteractionEvent")


class ViewArea:
    """Remote-controlled area of a view of Slicer core, as trame-rca wants one.

    Parameters
    ----------
    window
        Of the view.
    """

    def __init__(self, window: vtk.vtkRenderWindow) -> None:
        self._window, self._interactor = window, window.GetInteractor()
        # Views are drawn when their turn comes, not whenever something asks for it.
        self._interactor.EnableRenderOff()
        self._picture = vtkImageData()
        self.has_mouse = False
        """Whether it had the mouse more recently than other views may have had."""

    @property
    def img_cols_rows(self) -> tuple[NDArray[np.uint8], int, int]:
        """Draw the view; returns red, green and blue ``[row from the top, column, 3]``, columns and rows."""
        self._window.Render()
        # VTK's own filter sets up the window anew, so that views ask to be drawn again for ever.
        vtkMRMLLayerDisplayableManager.RenderWindowBufferToImage(self._window, self._picture)
        columns, rows, _ = self._picture.GetDimensions()
        pixels = vtk_to_numpy(self._picture.GetPointData().GetScalars()).reshape(rows, columns, -1)
        return np.ascontiguousarray(pixels[::-1]), columns, rows

    def process_resize_event(self, width: int, height: int) -> None:
        """Give the view another size, in pixels of the screen; its slice node follows."""
        self._interactor.UpdateSize(width, height)
        self._interactor.InvokeEvent("WindowResizeEvent")

    def process_interaction_event(self, event: dict[str, Any]) -> None:
        """Hand the mouse to the view; keys are the page's."""
        kind = event["type"]
        if kind not in _WITHIN_VIEW and not kind.startswith("Key"):
            self.has_mouse = kind != "MouseLeave"
            vtkRemoteInteractionAdapter.ProcessEvent(self._interactor, json.dumps(event))
