"""The section *Rounds and export*: ranking, rounds of learning, export, and how they get on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import qt
import slicer.util
from CACScoringLib.panel.packages import ensure_packages, ensure_torch
from slicer.i18n import tr as _

from ..controls.keys import Command
from .context import PanelContext

if TYPE_CHECKING:
    from ..controls.jobs import JobControl
    from ..jobs.requests import JobRequest, RankRequest

_LONGEST = 100
"""Characters of what came of a job."""


class RoundSection:
    """Starts jobs, shows their progress, and offers the round that came of one.

    Parameters
    ----------
    context
        Of the panel.
    later
        Brings what other threads say into this one.
    changed
        Called when a job begins, gets on or ends.
    read
        Walks through a round of the queue.
    """

    def __init__(
        self,
        context: PanelContext,
        later: Callable[[Callable[[], object]], object],
        changed: Callable[[], object],
        read: Callable[[int], object],
    ) -> None:
        self._context, self._later, self._changed, self._read = context, later, changed, read
        self._jobs: JobControl | None = None
        self._strategies: list[Any] = []
        self._models: list[Any] = []
        self._own_models: list[Any] = []
        self._listed: object = None
        ui = context.ui
        ui.strategyCombo.connect("currentIndexChanged(int)", lambda *_: self._explain())
        ui.exportCombo.connect("currentIndexChanged(int)", lambda *_: self._explain())
        ui.doubleCombo.connect("currentIndexChanged(int)", lambda *_: self._explain())
        ui.rankModelFolderButton.connect("clicked(bool)", lambda *_: self._choose_model())
        ui.configFileButton.connect("clicked(bool)", lambda *_: self._choose_config())
        ui.rankButton.connect("clicked(bool)", lambda *_: self._start(self._rank_request()))
        ui.startRoundButton.connect("clicked(bool)", lambda *_: self._start_round())
        ui.exportButton.connect("clicked(bool)", lambda *_: self._export())
        ui.cancelJobButton.connect("clicked(bool)", lambda *_: self._cancel())
        ui.readRoundButton.connect("clicked(bool)", lambda *_: self._read_round())

    @property
    def busy(self) -> bool:
        """Whether a job is under way."""
        return self._jobs is not None and self._jobs.busy

    def refresh(self) -> None:
        """Show the section as things are now."""
        ui, project = self._context.ui, self._project
        if project is not None and not self._strategies:
            self._fill()
        for button in (ui.rankButton, ui.startRoundButton, ui.exportButton):
            button.enabled = project is not None
        self._list_models()
        self.refresh_job()

    def refresh_job(self) -> None:
        """Show how a job gets on."""
        ui, jobs = self._context.ui, self._jobs
        busy = jobs is not None and jobs.busy
        ui.cancelJobButton.enabled = busy
        # A bar that has no end moves; one at rest does not.
        ui.jobProgressBar.maximum = jobs.total if jobs is not None and busy else 1
        ui.jobProgressBar.value = jobs.done if jobs is not None and busy else 0
        if jobs is not None and busy:
            ui.jobLabel.text = jobs.text
        else:
            ended = None if jobs is None else jobs.end
            said = _("Nothing is under way") if ended is None else ended.text
            # Two lines at most, so that nothing below jumps.
            ui.jobLabel.text = said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}…"
            ui.jobLabel.toolTip = said
        round_ = self._new_round()
        ui.readRoundButton.enabled = round_ is not None
        ui.readRoundButton.text = (
            _("Read the new round") if round_ is None else _("Read round {round} now").format(round=round_)
        )

    def do(self, _command: Command) -> bool:
        """No key belongs to this section."""
        return False

    def stop(self) -> None:
        """End what is under way."""
        if self._jobs is not None:
            self._jobs.stop()

    @property
    def _project(self) -> Any | None:
        return self._context.place.project if self._context.place is not None else None

    def _fill(self) -> None:
        """Fill the lists, once their part of the library can be imported."""
        from ..controls.job_choices import DOUBLE_CHOICES, FORMAT_CHOICES, config_choices, strategy_choices

        ui = self._context.ui
        self._strategies = strategy_choices()
        for combo, choices in (
            (ui.strategyCombo, self._strategies),
            (ui.doubleCombo, DOUBLE_CHOICES),
            (ui.configCombo, config_choices()),
            (ui.exportCombo, FORMAT_CHOICES),
        ):
            for each in choices:
                combo.addItem(each.title, each.value)
        ui.strategyCombo.currentIndex = [each.value for each in self._strategies].index("hybrid")
        ui.configCombo.currentIndex = max(ui.configCombo.findText("small"), 0)
        self._explain()

    def _explain(self) -> None:
        from ..controls.job_choices import FORMAT_CHOICES, needs_of

        ui = self._context.ui
        if not self._strategies or ui.exportCombo.currentIndex < 0:
            return
        ui.strategyLabel.text = self._strategies[ui.strategyCombo.currentIndex].explanation
        ui.exportLabel.text = FORMAT_CHOICES[ui.exportCombo.currentIndex].explanation
        ui.doubleShareSpinBox.enabled = bool(_chosen(ui.doubleCombo))
        ranks_with_model = needs_of(self._rank_request()).torch
        for widget in (ui.rankModelCombo, ui.rankModelFolderButton):
            widget.enabled = ranks_with_model

    def _list_models(self) -> None:
        """List the models anew where the project, or its model, is another one."""
        from ..controls.job_choices import model_choices

        models = [*model_choices(self._project), *self._own_models]
        if models == self._models:
            return
        combo, before = self._context.ui.rankModelCombo, _chosen(self._context.ui.rankModelCombo)
        self._models = models
        combo.clear()
        for each in models:
            combo.addItem(each.title, each.value)
        values = [each.value for each in models]
        combo.currentIndex = values.index(before) if before in values else 0

    def _choose_model(self) -> None:
        folder = qt.QFileDialog.getExistingDirectory(slicer.util.mainWindow(), _("Folder of a model"))
        if folder:
            from ..controls.job_choices import Choice

            self._own_models.append(Choice(folder, Path(folder).name))
            self._list_models()
            self._context.ui.rankModelCombo.currentIndex = len(self._models) - 1

    def _choose_config(self) -> None:
        title, kinds = _("Training configuration"), "TOML (*.toml)"
        file = qt.QFileDialog.getOpenFileName(slicer.util.mainWindow(), title, "", kinds)
        if file:
            combo = self._context.ui.configCombo
            combo.addItem(Path(file).name, file)
            combo.currentIndex = combo.count - 1

    def _rank_request(self) -> RankRequest:
        from ..jobs.requests import RankRequest

        ui = self._context.ui
        return RankRequest(
            _chosen(ui.strategyCombo),
            ui.budgetSpinBox.value,
            _chosen(ui.rankModelCombo),
            device=ui.deviceCombo.currentText,
            double=_chosen(ui.doubleCombo),
            share=ui.doubleShareSpinBox.value / 100,
        )

    def _start_round(self) -> None:
        from ..jobs.requests import RoundRequest

        ui = self._context.ui
        if not self._is_divided():
            return
        self._start(
            RoundRequest(
                _chosen(ui.configCombo),
                _chosen(ui.strategyCombo),
                ui.budgetSpinBox.value,
                device=ui.deviceCombo.currentText,
                double=_chosen(ui.doubleCombo),
                share=ui.doubleShareSpinBox.value / 100,
            )
        )

    def _is_divided(self) -> bool:
        """See to it that some patients validate models; False if the reader did not want that now."""
        from ..controls.job_choices import divide, is_divided

        project = self._project
        if project is None:
            return False
        with self._context.sentences():
            if is_divided(project):
                return True
            if slicer.util.confirmOkCancelDisplay(
                _(
                    "A round of learning needs patients that validate its model. Divide the patients of the "
                    "project now: a fifth for validation, a fifth for a last test, the others to learn from? "
                    "Whoever has a part keeps it for good."
                ),
                windowTitle=_("Start round"),
            ):
                divide(project)
                return True
        return False

    def _export(self) -> None:
        folder = qt.QFileDialog.getExistingDirectory(
            slicer.util.mainWindow(), _("Empty folder for the export")
        )
        if folder:
            from ..jobs.requests import ExportRequest

            ui = self._context.ui
            self._start(ExportRequest(_chosen(ui.exportCombo), folder, ui.identifiedCheckBox.checked))

    def _start(self, request: JobRequest) -> None:
        from ..controls.job_choices import needs_of

        project, needs, purpose = self._project, needs_of(request), _("This")
        if project is None:
            return
        if needs.torch and not ensure_torch(purpose):
            return
        if needs.packages and not ensure_packages(purpose, needs.packages):
            return
        with self._context.sentences():
            self._needed_jobs().start(project, request)

    def _needed_jobs(self) -> JobControl:
        if self._jobs is None:
            from CACScoringLib.processes import python_program

            from ..controls.jobs import JobControl

            self._jobs = JobControl(self._later, self._context.say, self._changed, python_program())
        return self._jobs

    def _cancel(self) -> None:
        if self._jobs is not None:
            self._jobs.cancel()

    def _new_round(self) -> int | None:
        """Round of the queue that the last job started in this project."""
        jobs = self._jobs
        if jobs is None or jobs.end is None or jobs.project is not self._project:
            return None
        return jobs.end.round

    def _read_round(self) -> None:
        round_ = self._new_round()
        if round_ is not None:
            self._read(round_)


def _chosen(combo: Any) -> Any:
    """What stands behind the entry of a list that is chosen; None where there is no entry."""
    return combo.itemData(combo.currentIndex) if combo.currentIndex >= 0 else None
