"""The tools that a reader may hold."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Tool(Enum):
    """What the left mouse button does in a slice view."""

    LESION = "lesion"
    """A click labels a lesion."""
    BRUSH = "brush"
    """Labels candidate voxels under the brush."""
    LASSO = "lasso"
    """Labels every candidate inside a line."""
    STENT = "stent"
    """A click keeps a lesion out of the score, as a stent; another one lets it count again."""
    METAL = "metal"
    """The same as metal: clips, wires, valves."""
    SCRIBBLE = "scribble"
    """Draws along an artery."""
    CONTOUR = "contour"
    """Draws the contour around the arteries."""
    ERASER = "eraser"
    """Takes strokes away."""

    @property
    def draws_regions(self) -> bool:
        """Whether the tool draws artery regions, and so in axial slices only."""
        return self in (Tool.SCRIBBLE, Tool.CONTOUR, Tool.ERASER)

    @property
    def is_stroke(self) -> bool:
        """Whether the tool is drawn with, rather than clicked with."""
        return self.draws_regions or self in (Tool.BRUSH, Tool.LASSO)


@dataclass
class ToolBox:
    """The tool in hand and the sizes of the round ones.

    Parameters
    ----------
    tool
        In hand; None where the mouse is the view's own.
    brush_mm
        Diameter of the brush that labels candidate voxels.
    scribble_mm
        Diameter of scribbles and of the eraser.
    """

    tool: Tool | None = Tool.LESION
    brush_mm: float = 3.0
    scribble_mm: float = 4.0

    @property
    def radius_mm(self) -> float | None:
        """Radius of the tool in hand; None where it is not round."""
        return self.radius_of(self.tool)

    def radius_of(self, tool: Tool | None) -> float | None:
        """Radius of a tool; None where it is not round."""
        if tool is Tool.BRUSH:
            return self.brush_mm / 2
        if tool in (Tool.SCRIBBLE, Tool.ERASER):
            return self.scribble_mm / 2
        return None
