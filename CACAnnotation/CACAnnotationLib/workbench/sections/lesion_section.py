"""The step *Lesions*: what of the candidates is shown, what counts as one, and the rest of a slice."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from CACScoringLib.scoring.protocol import ScoringProtocol

from ...controls.keys import Command
from ...controls.open_scan import OpenScan
from ...controls.tools import Tool
from ...controls.words import _
from ..asked import number_in
from ..context import PageContext
from .section import Section

_STEP = 20
_PUBLISHED_HU = ScoringProtocol().threshold_hu
_LOWEST_HU, _HIGHEST_HU = 50, 1000
_LARGEST_MM3 = 20.0


class LesionSection(Section):
    """Candidates and lesions."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context)
        self._shown, self._opacity, self._smallest_mm3 = True, 60.0, 0.0
        self._opacity_of_views: float | None = None

    def actions(self) -> Mapping[str, Callable[..., object]]:
        """Show candidates, set what counts as one, label the rest."""
        return {
            "candidates": lambda: self.do(Command.CANDIDATES),
            "candidate_opacity": self._set_opacity,
            "smallest_mm3": self._set_smallest,
            "threshold_hu": self._set_threshold,
            "rest_of_slice": self.with_scan(self._rest_of_slice),
            "rest_of_scan": self.with_scan(self._rest_of_scan),
        }

    def scan_is_open(self, scan: OpenScan) -> None:
        """Show its candidates as the reader likes."""
        scan.nodes.candidates.smallest_mm3 = self._smallest_mm3

    def refresh(self) -> None:
        """Show the section as things are now."""
        scan = self._context.scan
        protocol = self._context.place.protocol if scan is None else scan.session.desk.protocol
        self._context.show(
            "lesions",
            {
                "shown": self._shown,
                "opacity": self._opacity,
                "smallest_mm3": self._smallest_mm3,
                "threshold_hu": protocol.threshold_hu,
                "published": protocol.threshold_hu == _PUBLISHED_HU,
                "published_hu": _PUBLISHED_HU,
                "none": scan is not None and not len(scan.session.desk.candidates),
            },
        )
        # Candidates would hide the uncertainty.
        shown = self._shown and not self._context.shown("uncertainty")["shown"]
        self._set_opacity_of_views(self._opacity / 100 if shown else 0.0)

    def do(self, command: Command | Tool) -> bool:
        """Show candidates or not, weaker or stronger; the rest is OTHER; take or reject a proposal."""
        scan = self._context.scan
        if command is Command.CANDIDATES:
            self._shown = not self._shown
        elif command is Command.CANDIDATES_WEAKER:
            self._set_opacity(self._opacity - _STEP)
        elif command is Command.CANDIDATES_STRONGER:
            self._set_opacity(self._opacity + _STEP)
        elif command is Command.REST_OF_SLICE and scan is not None:
            self._rest_of_slice(scan)
        elif command in (Command.ACCEPT_LESION, Command.REJECT_LESION) and scan is not None:
            self._decide(scan, command)
        else:
            return False
        return True

    def _set_opacity_of_views(self, opacity: float) -> None:
        """Set it where it is another one: a view is drawn for each setting."""
        if opacity != self._opacity_of_views:
            self._opacity_of_views = opacity
            self._context.place.views.set_candidate_opacity(opacity)

    def _decide(self, scan: OpenScan, command: Command | Tool) -> None:
        place = scan.pointing.now
        if place is None:
            self._context.say(_("Point at a lesion in a view first"))
        elif command is Command.ACCEPT_LESION:
            scan.hand.accept_lesion(place)
        else:
            scan.hand.reject_lesion(place)

    def _rest_of_slice(self, scan: OpenScan) -> None:
        if scan.slice_index is not None:
            done = scan.session.calcium.rest_is_other(scan.slice_index)
            self._context.say(_("The rest of this slice is OTHER") if done else _("Nothing is left here"))

    def _rest_of_scan(self, scan: OpenScan) -> None:
        done = scan.session.calcium.rest_is_other()
        self._context.say(_("The rest of the scan is OTHER") if done else _("Nothing is left in this scan"))

    def _set_opacity(self, percent: object) -> None:
        self._opacity = number_in(percent, 0, 100)

    def _set_smallest(self, volume_mm3: object) -> None:
        self._smallest_mm3 = number_in(volume_mm3, 0, _LARGEST_MM3)
        if self._context.scan is not None:
            self._context.scan.nodes.candidates.smallest_mm3 = self._smallest_mm3

    def _set_threshold(self, hu: object) -> None:
        threshold_hu = round(number_in(hu, _LOWEST_HU, _HIGHEST_HU))
        place, scan = self._context.place, self._context.scan
        place.protocol = place.protocol.adjusted(threshold_hu=float(threshold_hu))
        if scan is not None:
            desk = scan.session.desk
            desk.protocol = desk.protocol.adjusted(threshold_hu=float(threshold_hu))
