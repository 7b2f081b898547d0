"""The section *Lesions*: what of the candidates is shown, what counts as one, and the rest of a slice."""

from __future__ import annotations

import dataclasses
from typing import Any

from CACScoringLib.scoring.protocol import ScoringProtocol
from slicer.i18n import tr as _

from ..controls.keys import Command
from .context import PanelContext

_STEP = 20
_PUBLISHED_HU = ScoringProtocol().threshold_hu


class LesionSection:
    """Candidates and lesions."""

    def __init__(self, context: PanelContext) -> None:
        self._context, ui = context, context.ui
        context.on_click(ui.restOfSliceButton, self._rest_of_slice)
        context.on_click(ui.restOfScanButton, self._rest_of_scan)
        for box in (ui.candidatesCheckBox, ui.uncertaintyCheckBox):
            box.connect("toggled(bool)", lambda *_: self._show_candidates())
        ui.thresholdSpinBox.connect("editingFinished()", self._on_threshold)

    def scan_is_open(self, scan: Any) -> None:
        """Show a scan that was just opened as the sliders say."""
        self.parameters_changed()

    def refresh(self) -> None:
        """Show the section as things are now."""
        ui, scan = self._context.ui, self._context.scan
        for button in (ui.restOfSliceButton, ui.restOfScanButton):
            button.enabled = scan is not None
        place = self._context.place
        if place is not None:
            protocol = place.protocol if scan is None else scan.session.desk.protocol
            if not ui.thresholdSpinBox.hasFocus():
                ui.thresholdSpinBox.value = round(protocol.threshold_hu)
        ui.thresholdWarningLabel.text = (
            ""
            if ui.thresholdSpinBox.value == _PUBLISHED_HU
            else _("<b>Not {hu:.0f} HU: scores compare with no published ones.</b>").format(hu=_PUBLISHED_HU)
        )
        ui.thresholdWarningLabel.visible = bool(ui.thresholdWarningLabel.text)

    def parameters_changed(self) -> None:
        """Take up what the sliders say."""
        parameters, scan = self._context.parameters, self._context.scan
        if parameters is not None and scan is not None:
            scan.nodes.candidates.smallest_mm3 = parameters.smallestMm3
            self._show_candidates()

    def do(self, command: Command) -> bool:
        """Do what a key asks for, if it is this section's."""
        ui, scan = self._context.ui, self._context.scan
        slider = ui.candidateOpacitySlider
        if command is Command.CANDIDATES:
            ui.candidatesCheckBox.checked = not ui.candidatesCheckBox.checked
        elif command is Command.CANDIDATES_WEAKER:
            slider.value = slider.value - _STEP
        elif command is Command.CANDIDATES_STRONGER:
            slider.value = slider.value + _STEP
        elif command is Command.REST_OF_SLICE and scan is not None:
            self._rest_of_slice(scan)
        elif command in (Command.ACCEPT_LESION, Command.REJECT_LESION) and scan is not None:
            self._decide(scan, command)
        else:
            return False
        return True

    def _decide(self, scan: Any, command: Command) -> None:
        place = scan.pointing.now
        if place is None:
            self._context.say(_("Point at a lesion in a view first"))
        elif command is Command.ACCEPT_LESION:
            scan.hand.accept_lesion(place)
        else:
            scan.hand.reject_lesion(place)

    def _rest_of_slice(self, scan: Any) -> None:
        if scan.slice_index is not None:
            done = scan.session.calcium.rest_is_other(scan.slice_index)
            self._context.say(_("The rest of this slice is OTHER") if done else _("Nothing is left here"))

    def _rest_of_scan(self, scan: Any) -> None:
        done = scan.session.calcium.rest_is_other()
        self._context.say(_("The rest of the scan is OTHER") if done else _("Nothing is left in this scan"))

    def _show_candidates(self) -> None:
        """Show candidates as asked for, but not over the uncertainty, which they would hide."""
        ui, place, parameters = self._context.ui, self._context.place, self._context.parameters
        if place is not None and parameters is not None:
            shown = ui.candidatesCheckBox.checked and not ui.uncertaintyCheckBox.checked
            place.views.set_candidate_opacity(parameters.candidateOpacity / 100 if shown else 0.0)

    def _on_threshold(self) -> None:
        place, scan = self._context.place, self._context.scan
        if place is None:
            return
        threshold_hu = float(self._context.ui.thresholdSpinBox.value)
        with self._context.sentences():
            place.protocol = dataclasses.replace(place.protocol, threshold_hu=threshold_hu)
            if scan is not None:
                desk = scan.session.desk
                desk.protocol = dataclasses.replace(desk.protocol, threshold_hu=threshold_hu)
        self.refresh()
