"""The step *Regions*: whole-slice actions on artery regions, and interpolation between slices."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...controls.open_scan import OpenScan
from ...controls.words import _
from ..asked import whole_in
from ..context import PageContext
from .section import Section


class RegionSection(Section):
    """Artery regions; their tools have keys."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context)
        self._shown = True

    def actions(self) -> Mapping[str, Callable[..., object]]:
        """Show regions, clear them, say that there is no artery, interpolate."""
        return {
            "regions_shown": self._turn,
            "no_artery": self.with_scan(self._no_artery),
            "clear_regions": self.with_scan(self._clear),
            "interpolate": self.with_scan(self._interpolate),
        }

    def refresh(self) -> None:
        """Show the section as things are now."""
        scan = self._context.scan
        slices = scan.placement.size[2] if scan is not None else 1
        self._context.show("regions", {"shown": self._shown, "slices": slices})
        if scan is not None:
            display = scan.nodes.regions.shared.node.GetDisplayNode()
            if bool(display.GetVisibility()) != self._shown:
                display.SetVisibility(self._shown)

    def _turn(self) -> None:
        self._shown = not self._shown

    def _no_artery(self, scan: OpenScan) -> None:
        if scan.slice_index is not None:
            scan.session.regions.no_artery(scan.slice_index)
            self._context.say(_("No artery in this slice: it is OTHER throughout"))

    def _clear(self, scan: OpenScan) -> None:
        if scan.slice_index is not None:
            scan.session.regions.clear(scan.slice_index)
            self._context.say(_("Regions of this slice cleared"))

    def _interpolate(self, scan: OpenScan, first: object, last: object) -> None:
        slices = scan.placement.size[2]
        if scan.session.proposals.interpolate(whole_in(first, 1, slices) - 1, whole_in(last, 1, slices) - 1):
            self._context.say(_("Regions proposed between the slices; accept them slice by slice, or all"))
        else:
            self._context.say(_("Both slices need regions, and at least one slice has to lie between them"))
