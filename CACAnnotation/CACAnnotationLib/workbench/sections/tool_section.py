"""The tool in hand, and the size of the round ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...controls.keys import KEYS, Command
from ...controls.tools import Tool
from ..asked import number_in
from .section import Section

_SMALLEST_MM, _BRUSH_MM, _SCRIBBLE_MM = 0.5, 15.0, 20.0


class ToolSection(Section):
    """Chooses the tool; keys are those of 3D Slicer."""

    def actions(self) -> Mapping[str, Callable[..., object]]:
        """Take a tool or put it away, size the round ones."""
        return {
            "tool": self._choose,
            "brush_mm": self._size_brush,
            "scribble_mm": self._size_scribble,
        }

    def refresh(self) -> None:
        """Show which tool is in hand."""
        box = self._context.place.tools
        self._context.show(
            "tools",
            {
                "in_hand": box.tool.value if box.tool else None,
                "brush_mm": box.brush_mm,
                "scribble_mm": box.scribble_mm,
                "all": [
                    {"tool": each.command.value, "key": each.key, "says": each.says}
                    for each in KEYS
                    if isinstance(each.command, Tool)
                ],
            },
        )

    def do(self, command: Command | Tool) -> bool:
        """Take the tool that a key asks for."""
        if not isinstance(command, Tool):
            return False
        self._context.place.tools.tool = command
        return True

    def _choose(self, name: object) -> None:
        """Take a tool; what is in hand already is put away, and the mouse is the view's own."""
        box = self._context.place.tools
        tool = Tool(name)
        box.tool = None if box.tool is tool else tool

    def _size_brush(self, size_mm: object) -> None:
        self._context.place.tools.brush_mm = number_in(size_mm, _SMALLEST_MM, _BRUSH_MM)

    def _size_scribble(self, size_mm: object) -> None:
        self._context.place.tools.scribble_mm = number_in(size_mm, _SMALLEST_MM, _SCRIBBLE_MM)
