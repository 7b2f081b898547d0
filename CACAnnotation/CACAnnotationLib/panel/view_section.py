"""The section *Views*: windows, the heart, the layout, lesions in three dimensions."""

from __future__ import annotations

from functools import partial
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from ..controls.keys import Command
from ..scene.windows import WINDOWS, set_window, window_of
from .axial_layout import show_axial_large
from .context import PanelContext

_CALM_MS = 1000
"""Surfaces are made again once nobody has labelled for so long."""


class ViewSection:
    """What the views show, apart from labels."""

    def __init__(self, context: PanelContext) -> None:
        self._context, ui = context, context.ui
        self._windows = dict(
            zip(WINDOWS, (ui.mediastinumButton, ui.calciumButton, ui.boneButton), strict=True)
        )
        for window, button in self._windows.items():
            context.on_click(button, partial(self._set, window))
        context.on_click(ui.heartButton, self._zoom_to_heart)
        context.on_click(ui.wholeButton, lambda scan: self._place.views.show_whole(scan.volume_node))
        ui.layoutButton.connect("clicked(bool)", lambda *_: show_axial_large())
        self._is_first = True
        ui.threeDButton.connect("toggled(bool)", lambda *_: self._show_surfaces())
        self._calm = qt.QTimer()
        self._calm.setSingleShot(True)
        self._calm.setInterval(_CALM_MS)
        self._calm.connect("timeout()", self._update_surfaces)

    @property
    def _place(self) -> Any:
        return self._context.place

    def views(self) -> list[Any]:
        """Return the slice views that the layout shows."""
        from ..controls.open_scan import View

        manager = slicer.app.layoutManager()
        found = []
        for name in manager.sliceViewNames() if manager is not None else ():
            widget = manager.sliceWidget(name)
            view = widget.sliceView()
            found.append(View(view.interactor(), widget.mrmlSliceNode(), view.scheduleRender))
        return found

    def scan_is_open(self, scan: Any) -> None:
        """Show a scan that was just opened: the heart fills the views, at first in a layout made for it."""
        if self._is_first:
            self._is_first = False
            show_axial_large()
        self._zoom_to_heart(scan)
        self._show_surfaces()

    def labels_changed(self) -> None:
        """Make surfaces again, but only once the reader pauses."""
        if self._context.ui.threeDButton.checked:
            self._calm.start()

    def refresh(self) -> None:
        """Show the section as things are now."""
        ui, scan = self._context.ui, self._context.scan
        for button in (*self._windows.values(), ui.heartButton, ui.wholeButton, ui.threeDButton):
            button.enabled = scan is not None
        shown = None if scan is None else window_of(scan.volume_node)
        for window, button in self._windows.items():
            button.checked = window is shown

    def do(self, command: Command) -> bool:
        """Do what a key asks for, if it is this section's."""
        scan = self._context.scan
        if scan is None:
            return False
        if command is Command.HEART:
            self._zoom_to_heart(scan)
        elif command is Command.NEXT_WINDOW:
            shown = window_of(scan.volume_node)
            self._set(WINDOWS[(WINDOWS.index(shown) + 1 if shown else 0) % len(WINDOWS)], scan)
        else:
            return False
        return True

    def _set(self, window: Any, scan: Any) -> None:
        set_window(scan.volume_node, window)
        self._context.say(
            _("{name}: window {width}, level {level} HU").format(
                name=window.name.capitalize(), width=window.width, level=window.level
            )
        )
        self.refresh()

    def _zoom_to_heart(self, scan: Any) -> None:
        self._place.views.zoom_to_heart(scan.session.desk.scan, scan.placement)

    def _show_surfaces(self) -> None:
        scan = self._context.scan
        if scan is None:
            return
        shown, node = self._context.ui.threeDButton.checked, scan.nodes.calcium.shared.node
        if shown:
            node.CreateClosedSurfaceRepresentation()
        node.GetDisplayNode().SetVisibility3D(shown)
        manager = slicer.app.layoutManager()
        if shown and manager is not None:
            manager.resetThreeDViews()

    def _update_surfaces(self) -> None:
        if self._context.scan is not None:
            self._context.scan.nodes.calcium.shared.update_surface()
