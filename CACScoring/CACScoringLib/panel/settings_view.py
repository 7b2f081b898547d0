"""The settings: protocol, risk categories, threshold and mass factor."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import qt
from slicer.i18n import tr as _

from ..scoring.protocol import PRESETS, ScoringProtocol, protocol_named
from ..scoring.risk import RISK_SCHEMES
from .wheel_guard import WheelGuard

_TOO_SMALL = {
    "component_area": "parts of a slice below {smallest:g} mm² left out",
    "lesion_area": "lesions below {smallest:g} mm² in all left out",
    "lesion_volume": "lesions below {smallest:g} mm³ left out",
    "nothing": "nothing left out as too small",
}


class SettingsView:
    """Keeps the scoring settings and the protocol that they amount to in step.

    Parameters
    ----------
    ui
        Widgets of the panel by name; those of settings are tied to parameters.
    parameters
        Gives the scene's parameters: ``protocol``, ``riskScheme``, ``threshold`` and ``massFactor``; None
        while there are none.
    changed
        Called when the reader has changed a setting.
    """

    def __init__(
        self, ui: SimpleNamespace, parameters: Callable[[], Any | None], changed: Callable[[], object]
    ) -> None:
        self._ui, self._parameters, self._changed = ui, parameters, changed
        self._base = protocol_named("agatston")
        self._guard = WheelGuard(
            ui.protocolComboBox, ui.riskSchemeComboBox, ui.thresholdSpinBox, ui.massFactorSpinBox
        )
        ui.protocolComboBox.connect("activated(int)", self._on_protocol)
        ui.riskSchemeComboBox.connect("activated(int)", self._on_setting)
        ui.thresholdSpinBox.connect("valueChanged(double)", self._on_setting)
        ui.massFactorSpinBox.connect("valueChanged(double)", self._on_setting)
        ui.resetThresholdButton.connect("clicked(bool)", self._on_reset)

    @property
    def protocol(self) -> ScoringProtocol:
        """The protocol that the settings amount to."""
        parameters = self._parameters()
        if parameters is None:
            return self._base
        base = self._base
        if base.name.partition(" (")[0] != parameters.protocol:
            base = self._base = protocol_named(parameters.protocol)
        return base.adjusted(
            threshold_hu=parameters.threshold,
            risk_scheme=parameters.riskScheme,
            mass_factor=parameters.massFactor or None,
        )

    def adopt(self, protocol: ScoringProtocol) -> None:
        """Show the protocol of a reading; what the settings have no widget for is kept."""
        name = protocol.name.partition(" (")[0]
        if name in PRESETS and protocol != self.protocol:
            self._base = protocol
            self._set(name, protocol)

    def describe_choices(self) -> None:
        """Explain the entries of the lists, which are bare names of protocols and schemes."""
        for index, protocol in enumerate(PRESETS.values()):
            combo = self._ui.protocolComboBox
            combo.setItemText(index, f"{protocol.name} ({_above(protocol)})")
            combo.setItemData(index, _description(protocol), qt.Qt.ToolTipRole)
        for index, scheme in enumerate(RISK_SCHEMES.values()):
            categories = "  ".join(scheme.categories).replace(">=", "≥")
            self._ui.riskSchemeComboBox.setItemText(index, f"{scheme.name}:  {categories}")

    def show(self) -> None:
        """Warn of settings that are not the protocol's."""
        parameters = self._parameters()
        preset = protocol_named(parameters.protocol) if parameters is not None else self._base
        threshold = parameters.threshold if parameters is not None else preset.threshold_hu
        other = threshold != preset.threshold_hu
        self._ui.resetThresholdButton.enabled = other
        self._ui.settingsWarningLabel.setVisible(other)
        self._ui.settingsWarningLabel.text = (
            _(
                "\N{WARNING SIGN} {threshold} HU is not the protocol's threshold, {usual} HU: scores cannot "
                "be compared with those of others."
            ).format(threshold=f"{threshold:g}", usual=f"{preset.threshold_hu:g}")
            if other
            else ""
        )

    def _set(self, name: str, protocol: ScoringProtocol) -> None:
        parameters = self._parameters()
        if parameters is None:
            return
        parameters.protocol = name
        parameters.riskScheme = protocol.risk_scheme
        parameters.threshold = float(protocol.threshold_hu)
        parameters.massFactor = float(protocol.mass_factor or 0.0)

    def _on_protocol(self, index: int) -> None:
        """A protocol that the reader chooses brings all its settings; the scanner's mass factor stays."""
        name = list(PRESETS)[index]
        self._base = protocol_named(name)
        parameters = self._parameters()
        if parameters is not None:
            self._set(name, self._base.adjusted(mass_factor=parameters.massFactor or None))
        self._changed()

    def _on_setting(self, _value: object) -> None:
        self._changed()

    def _on_reset(self, _checked: bool = False) -> None:
        parameters = self._parameters()
        if parameters is not None:
            parameters.threshold = float(protocol_named(parameters.protocol).threshold_hu)
            self._changed()


def _above(protocol: ScoringProtocol) -> str:
    return f"{'>' if protocol.strictly_above else '≥'} {protocol.threshold_hu:g} HU"


def _description(protocol: ScoringProtocol) -> str:
    return "; ".join(
        (
            _("calcium is {above}").format(above=_above(protocol)),
            _TOO_SMALL[protocol.too_small].format(smallest=protocol.smallest),
            _("score times increment / 3 mm") if protocol.normalise_increment else _("increment as it is"),
            _("left main apart") if protocol.keep_lm_apart else _("left main in LAD"),
        )
    )
