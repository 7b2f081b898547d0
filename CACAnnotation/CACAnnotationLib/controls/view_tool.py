"""The tool in hand in one slice view: claims the mouse, shows the stroke as it grows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from CACScoringLib.schemes import LabelScheme

from ..scene.stroke_line import StrokeLine, circle
from ..scene.view_pointer import PointedPlace
from ..session.session import AnnotationSession
from .hand import Hand
from .tools import Tool, ToolBox

_WHITE = (1.0, 1.0, 1.0)


@dataclass
class Pointing:
    """Where the mouse is in any of the views.

    Parameters
    ----------
    now
        None outside all views.
    latest
        Where it was last.
    """

    now: PointedPlace | None = None
    latest: PointedPlace | None = None

    def at(self, place: PointedPlace) -> None:
        """The mouse is somewhere."""
        self.now = self.latest = place


class ViewTool:
    """Handles the mouse of one view.

    Parameters
    ----------
    session
        Its active label gives strokes their colour.
    hand
        Does what clicks and strokes mean.
    tools
        The tool in hand.
    line
        Over the view.
    pointing
        Told where the mouse is.
    is_shown
        Asked before anything is labelled: whether the view shows the scan.
    """

    def __init__(
        self,
        session: AnnotationSession,
        hand: Hand,
        tools: ToolBox,
        line: StrokeLine,
        pointing: Pointing,
        is_shown: Callable[[], bool],
    ) -> None:
        self._session, self._hand, self._tools, self._line = session, hand, tools, line
        self._pointing, self._is_shown = pointing, is_shown
        self._stroke: list[PointedPlace] = []
        self._drawn_with: Tool | None = None

    def press(self, place: PointedPlace) -> bool:
        """Click, or begin a stroke; Shift stays the view's own."""
        self._pointing.at(place)
        if self._stroke:
            # The view had the release of the stroke before.
            self._stroke = []
            self._line.hide()
        if self._tools.tool is None or place.shift:
            return False
        if not self._is_shown():
            return True
        if self._tools.tool.is_stroke:
            self._stroke, self._drawn_with = [place], self._tools.tool
            self._show_stroke()
        else:
            self._hand.click(place)
        return True

    def move(self, place: PointedPlace, *, dragging: bool) -> None:
        """Go on with a stroke, or show the brush."""
        self._pointing.at(place)
        if dragging and self._stroke:
            self._stroke.append(place)
            self._show_stroke()
        elif self._tools.radius_mm is not None:
            outline = circle(place.world_mm, place.normal, self._tools.radius_mm)
            self._line.show(outline, self._colour)

    def release(self, place: PointedPlace) -> None:
        """End a stroke: only now does it label anything, with the tool it was begun with."""
        stroke, self._stroke = self._stroke, []
        if stroke and self._drawn_with is not None:
            self._line.hide()
            self._hand.stroke(self._drawn_with, stroke)

    def leave(self) -> None:
        """Hide the brush; a stroke waits for the mouse to come back."""
        self._pointing.now = None
        if not self._stroke:
            self._line.hide()

    def _show_stroke(self) -> None:
        points = [place.world_mm for place in self._stroke]
        if self._drawn_with is Tool.LASSO:
            points.append(points[0])
        radius_mm = self._tools.radius_of(self._drawn_with)
        width = 2.0 if radius_mm is None else max(2 * radius_mm / self._stroke[0].pixel_mm, 1.0)
        self._line.show(points, self._colour, width)

    @property
    def _colour(self) -> tuple[float, float, float]:
        if (self._drawn_with if self._stroke else self._tools.tool) in (Tool.ERASER, Tool.CONTOUR):
            return _WHITE
        return colour_of(self._session.desk.scheme, self._session.active)


def colour_of(scheme: LabelScheme, label: str) -> tuple[float, float, float]:
    """Red, green and blue of a label, 0 to 1."""
    red, green, blue = (channel / 255 for channel in scheme[label].colour)
    return red, green, blue
