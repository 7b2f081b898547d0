"""The buttons of the tools: one is down at a time."""

from __future__ import annotations

from functools import partial

from ..controls.keys import Command
from ..controls.tools import Tool, ToolBox
from .context import PanelContext

_BUTTONS = {
    Tool.LESION: "lesionToolButton",
    Tool.BRUSH: "brushToolButton",
    Tool.LASSO: "lassoToolButton",
    Tool.STENT: "stentToolButton",
    Tool.METAL: "metalToolButton",
    Tool.SCRIBBLE: "scribbleToolButton",
    Tool.CONTOUR: "contourToolButton",
    Tool.ERASER: "eraserToolButton",
}


_STYLE = """
QPushButton:checked {
    border: 2px solid palette(highlight); border-radius: 4px; padding: 3px; font-weight: bold;
}
"""
"""A tool in hand by mistake labels what it should not: it has to be seen at a glance."""


class ToolButtons:
    """Chooses the tool in hand; the sizes are parameters of the scene."""

    def __init__(self, context: PanelContext) -> None:
        self._context = context
        self.box = ToolBox()
        for tool, name in _BUTTONS.items():
            button = getattr(context.ui, name)
            button.styleSheet = _STYLE
            button.connect("clicked(bool)", partial(self._on_button, tool))

    def refresh(self) -> None:
        """Show which tool is in hand."""
        for tool, name in _BUTTONS.items():
            button = getattr(self._context.ui, name)
            button.checked = self.box.tool is tool
            button.enabled = self._context.scan is not None

    def parameters_changed(self) -> None:
        """Take up the sizes."""
        parameters = self._context.parameters
        if parameters is not None:
            self.box.brush_mm, self.box.scribble_mm = parameters.brushMm, parameters.scribbleMm

    def do(self, command: Command | Tool) -> bool:
        """Take the tool that a key asks for."""
        if not isinstance(command, Tool):
            return False
        self._take(command)
        return True

    def _on_button(self, tool: Tool, down: bool) -> None:
        self._take(tool if down else None)

    def _take(self, tool: Tool | None) -> None:
        self.box.tool = tool
        self.refresh()
