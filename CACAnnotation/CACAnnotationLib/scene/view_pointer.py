"""What the mouse does in a slice view, told to whoever handles it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from .slice_views import normal_of, world_of_xy

if TYPE_CHECKING:
    import slicer
    import vtk

_BEFORE_THE_VIEW = 100.0
"""Priority: the view's own reactions come after, and not at all to what was taken."""


class PointedPlace(NamedTuple):
    """Where the mouse is in a view, and what is held down with it.

    Parameters
    ----------
    world_mm
        RAS in mm, shape ``(3,)``.
    normal
        Unit vector across the view's plane.
    pixel_mm
        Size of a pixel of the view.
    shift, ctrl, alt
        Keys.
    """

    world_mm: NDArray[np.float64]
    normal: NDArray[np.float64]
    pixel_mm: float
    shift: bool
    ctrl: bool
    alt: bool


class PointerHandler(Protocol):
    """Decides what the mouse does; the left button alone is reported."""

    def press(self, place: PointedPlace) -> bool:
        """The button went down; True takes this, and what follows up to the release, from the view."""

    def move(self, place: PointedPlace, *, dragging: bool) -> None:
        """The mouse moved; ``dragging`` after a press that was taken."""

    def release(self, place: PointedPlace) -> None:
        """The button of a press that was taken went up."""

    def leave(self) -> None:
        """The mouse has left the view."""


class ViewPointer:
    """Watches the mouse in one slice view, while Slicer's own mouse mode is the usual one.

    Whoever places markups, or adjusts the window with the mouse, chose that in Slicer's toolbar.

    Parameters
    ----------
    interactor
        Of the view.
    slice_node
        Of the view.
    handler
        Is told.
    """

    def __init__(
        self,
        interactor: vtk.vtkRenderWindowInteractor,
        slice_node: slicer.vtkMRMLSliceNode,
        handler: PointerHandler,
    ) -> None:
        self._interactor, self._slice_node, self._handler = interactor, slice_node, handler
        self._dragging = False
        self._tags: list[int] = []
        self._observe("LeftButtonPressEvent", self._press)
        self._observe("LeftButtonDoubleClickEvent", self._press)
        self._observe("MouseMoveEvent", self._move)
        self._observe("LeftButtonReleaseEvent", self._release)
        self._observe("LeaveEvent", self._leave)

    def stop(self) -> None:
        """Watch no longer."""
        for tag in self._tags:
            self._interactor.RemoveObserver(tag)
        self._tags.clear()

    def _observe(self, event: str, react: Callable[[], bool]) -> None:
        """Observe an event; where the reaction takes it, the view does not see it."""

        def observed(_caller: object, _event: str) -> None:
            if react():
                self._interactor.GetCommand(tag).SetAbortFlag(1)

        tag = self._interactor.AddObserver(event, observed, _BEFORE_THE_VIEW)
        self._tags.append(tag)

    def _press(self) -> bool:
        self._dragging = self._is_usual_mode() and self._handler.press(self._place())
        return self._dragging

    def _move(self) -> bool:
        self._handler.move(self._place(), dragging=self._dragging)
        return self._dragging

    def _release(self) -> bool:
        if not self._dragging:
            return False
        self._dragging = False
        self._handler.release(self._place())
        return True

    def _leave(self) -> bool:
        self._handler.leave()
        return False

    def _is_usual_mode(self) -> bool:
        # Slicer's core alone has no such node.
        modes = self._slice_node.GetInteractionNode()
        return modes is None or modes.GetCurrentInteractionMode() == modes.ViewTransform

    def _place(self) -> PointedPlace:
        at = self._interactor
        x, y = at.GetEventPosition()
        across, *_ = self._slice_node.GetFieldOfView()
        return PointedPlace(
            world_of_xy(self._slice_node, x, y),
            normal_of(self._slice_node),
            across / max(self._slice_node.GetDimensions()[0], 1),
            bool(at.GetShiftKey()),
            bool(at.GetControlKey()),
            bool(at.GetAltKey()),
        )
