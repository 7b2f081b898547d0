"""The panel of *CAC Annotation*: its sections, and when each is brought up to date."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import qt
import slicer
from CACScoringLib.panel.packages import ensure_packages
from slicer.i18n import tr as _

from .context import PanelContext
from .head_section import HeadSection
from .lesion_section import LesionSection
from .model_section import ModelSection
from .queue_section import QueueSection
from .region_section import RegionSection
from .round_section import RoundSection
from .scan_section import ScanSection
from .shortcuts import Shortcuts
from .tool_buttons import ToolButtons
from .ui_thread import UiThread
from .view_section import ViewSection

LABELLING_NEEDS = ("sqlalchemy", "scikit-image")
"""Packages without which nothing can be labelled; Slicer does not bring them."""


class AnnotationPanel:
    """Ties the sections to one workplace, which begins once a project is chosen.

    Parameters
    ----------
    ui
        Widgets of the panel by name.
    """

    def __init__(self, ui: SimpleNamespace) -> None:
        self._context = PanelContext(ui)
        self._thread = UiThread()
        self._runner: Any | None = None
        self._entered = False
        self._end_listening: Any | None = None
        self._refresh_is_due = False
        self._tools = ToolButtons(self._context)
        self._head = HeadSection(self._context)
        self._scans = ScanSection(self._context, self.begin)
        self._model = ModelSection(self._context)
        self._views = ViewSection(self._context)
        self._queue = QueueSection(self._context)
        self._rounds = RoundSection(self._context, self._thread.later, self._on_job, self._queue.go)
        self._lesions = LesionSection(self._context)
        self._sections = (
            self._head,
            self._scans,
            self._tools,
            self._lesions,
            RegionSection(self._context),
            self._model,
            self._queue,
            self._rounds,
            self._views,
        )
        self._shortcuts = Shortcuts(self._do, self._label_by_key)
        # There is none without a main window, as in Slicer's own tests.
        layouts = slicer.app.layoutManager()
        if layouts is not None:
            layouts.connect("layoutChanged(int)", self._on_layout)
        self.refresh()

    def begin(self) -> bool:
        """See to it that there is a workplace; False if the user did not want what it needs."""
        if self._context.place is not None:
            return True
        if not ensure_packages(_("Labelling"), LABELLING_NEEDS):
            return False
        from CACScoringLib.processes import python_program
        from CACScoringLib.scoring.protocol import ScoringProtocol

        from ..controls.workplace import SlicerParts, Workplace
        from ..proposing.local_process import LocalModelProcess

        parts = SlicerParts(
            slicer.mrmlScene,
            slicer.app.applicationLogic(),
            slicer.modules.segmentations.logic(),
            slicer.modules.colors.logic(),
        )
        self._runner = LocalModelProcess(ScoringProtocol(), python_program())
        self._context.place = Workplace(
            parts, self._runner, self._thread.later, self._context.say, self._on_workplace
        )
        self._context.place.tools = self._tools.box
        return True

    def enter(self) -> None:
        """Begin to show: keys and the mouse work."""
        self._entered = True
        self._shortcuts.enable(True)
        self._watch_views()
        if self._context.scan is not None:
            with self._context.sentences():
                self._context.scan.restore_labels()
        self._count_time(True)
        self._scans.open_again()
        self.refresh()

    def exit(self) -> None:
        """End to show: keys and the mouse are the application's again; the scan stays open."""
        self._entered = False
        self._shortcuts.enable(False)
        if self._context.scan is not None:
            self._context.scan.unwatch()
        self._count_time(False)

    def stop(self) -> None:
        """Let go of everything, for good."""
        # The window may be gone when Slicer closes.
        layouts = slicer.app.layoutManager()
        if layouts is not None:
            layouts.disconnect("layoutChanged(int)", self._on_layout)
        self._shortcuts.stop()
        self._thread.watch(False)
        self._model.stop()
        self._rounds.stop()
        if self._context.place is not None:
            self._context.place.choose_project(None)
        if self._runner is not None:
            self._runner.close()
        # What is due would find widgets that are gone.
        self._refresh_is_due = False

    def parameters_are(self, parameters: Any | None) -> None:
        """Take up the scene's parameters, or let go of them."""
        self._context.parameters = parameters
        if parameters is not None:
            self.parameters_changed()

    def parameters_changed(self) -> None:
        """Take up what the sliders say."""
        self._tools.parameters_changed()
        self._lesions.parameters_changed()
        self._model.parameters_changed()

    def scene_closes(self) -> None:
        """Close the scan: its nodes go with the scene, its labels are in the project."""
        if self._context.scan is not None and self._context.place is not None:
            self._context.place.close()
            self._context.say(_("The scene was closed, and the scan with it; all labels are stored"))

    def scene_is_there(self) -> None:
        """Go on with the scan that a scene which was loaded tells of."""
        if self._entered:
            self._scans.open_again()

    def refresh(self) -> None:
        """Show everything as it is now."""
        self._refresh_is_due = False
        for section in self._sections:
            section.refresh()

    def _on_workplace(self) -> None:
        """Something else is open, or shown, or a model got on."""
        scan = self._context.scan
        listened = getattr(self._end_listening, "session", None)
        if scan is None or listened is not scan.session:
            self._follow(scan)
        self._watch_threads()
        self._refresh_soon()

    def _on_job(self) -> None:
        """Ranking, a round or an export began, got on or ended."""
        self._watch_threads()
        if self._rounds.busy:
            self._rounds.refresh_job()
        else:
            self._queue.show_project()
            self._refresh_soon()

    def _watch_threads(self) -> None:
        scan = self._context.scan
        self._thread.watch(self._rounds.busy or (scan is not None and scan.model.busy))

    def _follow(self, scan: Any | None) -> None:
        if self._end_listening is not None:
            self._end_listening.end()
        self._end_listening = None
        if scan is not None:
            end = scan.session.listen(self._on_session)
            self._end_listening = SimpleNamespace(session=scan.session, end=end)
            if self._entered:
                self._watch_views()
            self._scans.scan_is_open(scan)
            self._views.scan_is_open(scan)
            self._lesions.scan_is_open(scan)
            self._queue.scan_is_open(scan)

    def _on_session(self, _change: Any) -> None:
        scan = self._context.scan
        if scan is not None:
            scan.session.slices.clock.active()
        self._views.labels_changed()
        self._refresh_soon()

    def _refresh_soon(self) -> None:
        """Several changes of one moment are shown once."""
        if not self._refresh_is_due:
            self._refresh_is_due = True
            qt.QTimer.singleShot(0, self._refresh_if_due)

    def _refresh_if_due(self) -> None:
        if self._refresh_is_due:
            self.refresh()

    def _on_layout(self, _layout: int) -> None:
        if self._entered:
            self._watch_views()

    def _watch_views(self) -> None:
        if self._context.scan is not None:
            self._context.scan.watch(self._views.views())

    def _count_time(self, counting: bool) -> None:
        """Time counts for the slice that is shown, as long as the module is."""
        scan = self._context.scan
        if scan is not None:
            with self._context.sentences():
                scan.session.slices.clock.show(scan.slice_index if counting else None)

    def _label_by_key(self, key: str) -> None:
        if self._context.scan is not None:
            self._context.scan.session.active_by_key(key)

    def _do(self, command: Any) -> None:
        for section in self._sections:
            with self._context.sentences():
                if section.do(command):
                    return
