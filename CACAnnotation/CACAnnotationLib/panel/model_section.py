"""The section *Model*: proposals, and how sure the model is of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import qt
import slicer.util
from CACScoringLib.panel.packages import ensure_packages, ensure_torch
from CACScoringLib.resources import shipped_models
from slicer.i18n import tr as _

from ..controls.keys import Command
from .context import PanelContext

DEVICES = ("auto", "cpu", "cuda")
_COLUMNS = (_("Proposed"), _("Doubt"), _("Agatston"), _("Slice"))


class ModelSection:
    """Asks a model, shows its progress, accepts or rejects what it proposes."""

    def __init__(self, context: PanelContext) -> None:
        self._context, ui = context, context.ui
        self._shown_rows: list[Any] | None = None
        for name in shipped_models():
            ui.modelCombo.addItem(name, name)
        for device in DEVICES:
            ui.deviceCombo.addItem(device)
        ui.modelFolderButton.connect("clicked(bool)", lambda *_: self._choose_folder())
        context.on_click(ui.proposeSliceButton, lambda scan: self._ask(scan, whole=False))
        context.on_click(ui.proposeScanButton, lambda scan: self._ask(scan, whole=True))
        context.on_click(ui.cancelModelButton, lambda scan: scan.model.cancel())
        context.on_click(ui.acceptSliceButton, lambda scan: self._accept(scan, scan.slice_index))
        context.on_click(ui.acceptScanButton, lambda scan: self._accept(scan, None))
        context.on_click(ui.dismissButton, lambda scan: scan.session.proposals.dismiss())
        context.on_click(ui.acceptLesionButton, lambda scan: self._decide(scan, accept=True))
        context.on_click(ui.rejectLesionButton, lambda scan: self._decide(scan, accept=False))
        ui.uncertaintyCheckBox.connect("toggled(bool)", lambda *_: self._show_uncertainty())
        table = ui.doubtfulTable
        table.setColumnCount(len(_COLUMNS))
        table.setHorizontalHeaderLabels(list(_COLUMNS))
        table.verticalHeader().hide()
        table.horizontalHeader().setStretchLastSection(True)
        table.connect("cellClicked(int,int)", lambda row, _column: self._jump(row))

    def refresh(self) -> None:
        """Show the section as things are now."""
        ui, scan = self._context.ui, self._context.scan
        busy = scan is not None and scan.model.busy
        proposed = scan is not None and scan.session.proposals.current is not None
        for button in (ui.proposeSliceButton, ui.proposeScanButton):
            button.enabled = scan is not None and not busy
        ui.cancelModelButton.enabled = busy
        for button in (
            ui.acceptSliceButton,
            ui.acceptScanButton,
            ui.dismissButton,
            ui.acceptLesionButton,
            ui.rejectLesionButton,
        ):
            button.enabled = proposed
        ui.modelProgressBar.visible = busy
        ui.modelStageLabel.text = scan.model.stage if scan is not None and busy else ""
        if scan is not None and busy:
            ui.modelProgressBar.maximum = scan.model.total
            ui.modelProgressBar.value = scan.model.done
        used = scan.model.device if scan is not None else None
        ui.deviceLabel.text = _("in use: {device}").format(device=used) if used else ""
        doubts = scan is not None and scan.model.variance is not None
        ui.uncertaintyCheckBox.enabled = doubts
        rows = scan.model.doubtful if scan is not None else []
        if rows is not self._shown_rows:
            self._shown_rows = rows
            self._show_doubtful(rows)
            self._show_uncertainty()

    def parameters_changed(self) -> None:
        """Take up what the sliders say."""
        self._show_uncertainty()

    def stop(self) -> None:
        """Stop the model."""
        if self._context.scan is not None:
            self._context.scan.model.stop()

    def do(self, command: Command) -> bool:
        """Do what a key asks for, if it is this section's."""
        if command is not Command.UNCERTAINTY:
            return False
        box = self._context.ui.uncertaintyCheckBox
        if box.enabled:
            box.checked = not box.checked
        else:
            self._context.say(_("Propose with passes first: they tell how sure the model is"))
        return True

    def _ask(self, scan: Any, *, whole: bool) -> None:
        purpose = _("Running a model")
        if not (ensure_torch(purpose) and ensure_packages(purpose, ("safetensors",))):
            return
        from ..proposing.model_runner import ProposalRequest

        ui, here = self._context.ui, scan.slice_index
        if not whole and here is None:
            return
        slices = None if whole else (here, here + 1)
        model = ui.modelCombo.itemData(ui.modelCombo.currentIndex)
        device, passes = ui.deviceCombo.currentText, ui.passesSpinBox.value
        scan.model.ask(ProposalRequest(model, slices, device=device, passes=passes))

    def _accept(self, scan: Any, slice_index: int | None) -> None:
        done = scan.session.proposals.accept(slice_index)
        self._context.say(_("Proposal accepted") if done else _("Nothing is proposed that has no label yet"))

    def _decide(self, scan: Any, *, accept: bool) -> None:
        """Decide on the lesion that was pointed at last: the mouse is over the button now."""
        place = scan.pointing.latest
        if place is None:
            self._context.say(_("Point at a lesion in a view first, or use the keys A and X"))
        elif accept:
            scan.hand.accept_lesion(place)
        else:
            scan.hand.reject_lesion(place)

    def _choose_folder(self) -> None:
        folder = qt.QFileDialog.getExistingDirectory(slicer.util.mainWindow(), _("Folder of a model"))
        if folder:
            combo = self._context.ui.modelCombo
            combo.addItem(Path(folder).name, folder)
            combo.currentIndex = combo.count - 1

    def _show_doubtful(self, rows: list[Any]) -> None:
        table = self._context.ui.doubtfulTable
        table.setRowCount(len(rows))
        for number, row in enumerate(rows):
            cells = (row.label, f"{row.doubt:.0%}", f"{row.agatston:.1f}", str(row.ijk[2] + 1))
            for column, text in enumerate(cells):
                table.setItem(number, column, qt.QTableWidgetItem(text))

    def _jump(self, row: int) -> None:
        scan = self._context.scan
        if scan is not None and row < len(scan.model.doubtful):
            scan.go_to(scan.model.doubtful[row].ijk)

    def _show_uncertainty(self) -> None:
        place, scan, parameters = self._context.place, self._context.scan, self._context.parameters
        if place is None or scan is None or parameters is None:
            return
        shown = self._context.ui.uncertaintyCheckBox.checked and scan.model.variance is not None
        if scan.model.variance is not None:
            scan.nodes.uncertainty.show(scan.model.variance)
            scan.nodes.uncertainty.show_legend(shown)
        node = scan.nodes.uncertainty.node if shown else None
        place.views.lay_over(node, parameters.uncertaintyOpacity / 100)
