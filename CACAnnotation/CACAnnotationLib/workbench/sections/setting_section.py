"""Settings of scoring, and the colours of labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from CACScoringLib.errors import CACError
from CACScoringLib.scoring.protocol import PRESETS, ScoringProtocol, protocol_named
from CACScoringLib.scoring.risk import RISK_SCHEMES

from ...controls.words import _
from ..asked import number_in, text_of
from ..colours import colour_scan, in_colours
from .section import Section

_MOST_MASS = 10.0


class SettingSection(Section):
    """Protocol, risk categories, calibration factor; the paper's colours, or such as all tell apart."""

    def actions(self) -> Mapping[str, Callable[..., object]]:
        """Set them."""
        return {
            "protocol": self._choose_protocol,
            "risk_scheme": self._choose_risk,
            "mass_factor": self._set_mass,
            "colours": self._turn_colours,
        }

    def refresh(self) -> None:
        """Show the section as things are now; what is proposed anew comes in the paper's colours."""
        protocol, scan = self._protocol, self._context.scan
        if scan is not None:
            colour_scan(scan, in_colours(self._context.project.scheme, self._context.shown("colour_blind")))
        self._context.show(
            "settings",
            {
                "protocols": list(PRESETS),
                "protocol": protocol.name.partition(" (")[0],
                "risk_schemes": {name: "  ".join(scheme.categories) for name, scheme in RISK_SCHEMES.items()},
                "risk_scheme": protocol.risk_scheme,
                "mass_factor": protocol.mass_factor,
            },
        )

    @property
    def _protocol(self) -> ScoringProtocol:
        scan = self._context.scan
        return self._context.place.protocol if scan is None else scan.session.desk.protocol

    def _set(self, protocol: ScoringProtocol) -> None:
        self._context.place.protocol = protocol
        if self._context.scan is not None:
            self._context.scan.session.desk.protocol = protocol

    def _choose_protocol(self, name: object) -> None:
        """A protocol brings all its settings; the scanner's mass factor stays."""
        chosen = protocol_named(text_of(name, 40))
        self._set(chosen.adjusted(mass_factor=self._protocol.mass_factor))

    def _choose_risk(self, name: object) -> None:
        if name not in RISK_SCHEMES:
            raise CACError(_("choose risk categories of the list"))
        self._set(self._protocol.adjusted(risk_scheme=name))

    def _set_mass(self, factor: object) -> None:
        """Set the factor of the phantom scan, mg/(cm³·HU); 0 for an uncalibrated scanner."""
        self._set(self._protocol.adjusted(mass_factor=number_in(factor or 0, 0, _MOST_MASS) or None))

    def _turn_colours(self) -> None:
        self._context.show("colour_blind", not self._context.shown("colour_blind"))
