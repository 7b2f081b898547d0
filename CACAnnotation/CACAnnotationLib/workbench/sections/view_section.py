"""What the views show, apart from labels: windows, the heart, surfaces, sides of the patient."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from CACScoringLib.errors import CACError

from ...controls.keys import Command
from ...controls.open_scan import OpenScan
from ...controls.tools import Tool
from ...controls.words import _
from ...scene.windows import WINDOWS, HuWindow, set_window, window_of
from ..context import PageContext
from ..views.artery_surfaces import ArterySurfaces
from ..views.four_views import FourViews
from .section import Section

_CALM_S = 1.0
"""Surfaces are made again once nobody has labelled for so long."""


class ViewSection(Section):
    """Windows, zoom and surfaces.

    Parameters
    ----------
    context
        Of the page.
    views
        The four views.
    surfaces
        What the one in three dimensions shows.
    """

    def __init__(self, context: PageContext, views: FourViews, surfaces: ArterySurfaces) -> None:
        super().__init__(context)
        self._views, self._models = views, surfaces
        self._surfaces = True
        self._calm: asyncio.TimerHandle | None = None

    def actions(self) -> Mapping[str, Callable[..., object]]:
        """Set the window, zoom, show surfaces."""
        return {
            "window": self.with_scan(self._set_named),
            "heart": self.with_scan(self._zoom_to_heart),
            "whole": self.with_scan(lambda scan: self._context.place.views.show_whole(scan.volume_node)),
            "surfaces": self.with_scan(self._turn_surfaces),
            "draw": self._views.draw,
        }

    def scan_is_open(self, scan: OpenScan) -> None:
        """Let the mouse work, fill the views with the heart, make surfaces."""
        scan.watch(self._views.for_the_mouse())
        self._zoom_to_heart(scan)
        self._show_surfaces(scan)

    def labels_changed(self) -> None:
        """Make surfaces again, but only once the reader pauses."""
        if self._calm is not None:
            self._calm.cancel()
        if self._surfaces:
            self._calm = asyncio.get_running_loop().call_later(_CALM_S, self._update_surfaces)

    def refresh(self) -> None:
        """Show the section as things are now."""
        scan = self._context.scan
        self._models.colour(self._context.shown("colour_blind"))
        window = None if scan is None else window_of(scan.volume_node)
        self._context.show(
            "views",
            {
                "window": None if window is None else window.name,
                "windows": [
                    {"name": each.name, "says": f"{each.width} / {each.level} HU"} for each in WINDOWS
                ],
                "surfaces": self._surfaces,
                "sides": self._views.sides(),
            },
        )

    def do(self, command: Command | Tool) -> bool:
        """Zoom to the heart, next window."""
        scan = self._context.scan
        if scan is None or command not in (Command.HEART, Command.NEXT_WINDOW):
            return False
        if command is Command.HEART:
            self._zoom_to_heart(scan)
        else:
            shown = window_of(scan.volume_node)
            self._set(scan, WINDOWS[(WINDOWS.index(shown) + 1 if shown else 0) % len(WINDOWS)])
        return True

    def _set_named(self, scan: OpenScan, name: object) -> None:
        window = next((each for each in WINDOWS if each.name == name), None)
        if window is None:
            raise CACError(_("choose a window of the list"))
        self._set(scan, window)

    def _set(self, scan: OpenScan, window: HuWindow) -> None:
        set_window(scan.volume_node, window)
        self._context.say(
            _("{name}: window {width}, level {level} HU").format(
                name=window.name.capitalize(), width=window.width, level=window.level
            )
        )

    def _zoom_to_heart(self, scan: OpenScan) -> None:
        self._context.place.views.zoom_to_heart(scan.session.desk.scan, scan.placement)

    def _turn_surfaces(self, scan: OpenScan) -> None:
        self._surfaces = not self._surfaces
        self._show_surfaces(scan)

    def _show_surfaces(self, scan: OpenScan) -> None:
        self._models.hide()
        if self._surfaces:
            self._update_surfaces()

    def _update_surfaces(self) -> None:
        scan = self._context.scan
        if scan is None or not self._surfaces:
            return
        were_there = not self._models.empty
        self._models.show(scan.session.desk.counted, scan.placement)
        # What somebody has turned by hand stays as it is.
        if not were_there:
            self._views.show_surfaces_whole()
