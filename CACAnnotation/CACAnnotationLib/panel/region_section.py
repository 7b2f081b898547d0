"""The section *Regions*."""

from __future__ import annotations

from typing import Any

from slicer.i18n import tr as _

from ..controls.keys import Command
from .context import PanelContext


class RegionSection:
    """Whole-slice actions on artery regions, and interpolation between slices."""

    def __init__(self, context: PanelContext) -> None:
        self._context, ui = context, context.ui
        context.on_click(ui.noArteryButton, self._no_artery)
        context.on_click(ui.clearRegionsButton, self._clear)
        context.on_click(ui.interpolateButton, self._interpolate)
        ui.regionsCheckBox.connect("toggled(bool)", lambda *_: self._show_regions())

    def refresh(self) -> None:
        """Show the section as things are now."""
        ui, scan = self._context.ui, self._context.scan
        for widget in (ui.noArteryButton, ui.clearRegionsButton, ui.interpolateButton):
            widget.enabled = scan is not None
        if scan is not None:
            for box in (ui.interpolateFirstSpinBox, ui.interpolateLastSpinBox):
                box.maximum = scan.placement.size[2]
            self._show_regions()

    def do(self, _command: Command) -> bool:
        """No key belongs to this section: its tools have keys."""
        return False

    def _no_artery(self, scan: Any) -> None:
        if scan.slice_index is not None:
            scan.session.regions.no_artery(scan.slice_index)
            self._context.say(_("No artery in this slice: it is OTHER throughout"))

    def _clear(self, scan: Any) -> None:
        if scan.slice_index is not None:
            scan.session.regions.clear(scan.slice_index)
            self._context.say(_("Regions of this slice cleared"))

    def _interpolate(self, scan: Any) -> None:
        ui = self._context.ui
        first, last = ui.interpolateFirstSpinBox.value - 1, ui.interpolateLastSpinBox.value - 1
        if scan.session.proposals.interpolate(first, last):
            self._context.say(_("Regions proposed between the slices; accept them slice by slice, or all"))
        else:
            self._context.say(_("Both slices need regions, and at least one slice has to lie between them"))

    def _show_regions(self) -> None:
        scan = self._context.scan
        if scan is not None:
            display = scan.nodes.regions.shared.node.GetDisplayNode()
            shown = self._context.ui.regionsCheckBox.checked
            if bool(display.GetVisibility()) != shown:
                display.SetVisibility(shown)
