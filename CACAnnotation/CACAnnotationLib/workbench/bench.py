"""The workbench: one reader's workplace in this process, and the page that shows it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from CACScoringLib.errors import CACError
from CACScoringLib.processes import python_program
from CACScoringLib.scoring.protocol import ScoringProtocol

from ..controls.keys import KEYS
from ..controls.open_scan import OpenScan
from ..controls.workplace import Workplace
from ..project.project import Project
from ..proposing.local_process import LocalModelProcess
from ..session.changes import SessionChange, Topic
from .context import PageContext
from .downloads import Downloads
from .first_state import FIRST_STATE
from .sections.adding_section import AddingSection
from .sections.export_section import ExportSection
from .sections.head_section import HeadSection
from .sections.lesion_section import LesionSection
from .sections.model_section import ModelSection
from .sections.queue_section import QueueSection
from .sections.region_section import RegionSection
from .sections.round_section import RoundSection
from .sections.scan_section import ScanSection
from .sections.score_section import ScoreSection
from .sections.setting_section import SettingSection
from .sections.tool_section import ToolSection
from .sections.view_section import ViewSection
from .soon import Soon, later_in
from .uploads import Uploads
from .views.artery_surfaces import ArterySurfaces
from .views.four_views import FourViews
from .views.slicer_core import SlicerCore

if TYPE_CHECKING:
    from trame_server import Server


class Workbench:
    """Ties the sections of the page to one workplace, as the panel does in 3D Slicer.

    Parameters
    ----------
    server
        Of this process.
    project
        The project that is served.
    loop
        The loop that the server runs in.
    """

    def __init__(self, server: Server, project: Project, loop: asyncio.AbstractEventLoop) -> None:
        self._server, self._loop = server, loop
        server.state.update(FIRST_STATE)
        self._context = PageContext(server.state)
        self._core = SlicerCore()
        self._views = FourViews(self._core)
        self._runner = LocalModelProcess(ScoringProtocol(), python_program())
        self._context.place = Workplace(
            self._core.parts,
            self._runner,
            later_in(loop, self._show_and_send),
            self._context.say,
            self._on_workplace,
        )
        self.downloads, self.uploads = Downloads(), Uploads(project.folder)
        self._followed: OpenScan | None = None
        self._end_listening: Callable[[], None] = lambda: None
        self._refresh_is_due = self._stopped = False
        soon = Soon(self._context, self._show_and_send)
        self._scans = ScanSection(self._context, soon, self._scan_is_open)
        # Settings first: others show what they decide.
        self._queue = QueueSection(self._context)
        later = later_in(loop, self._show_and_send)
        self._rounds = RoundSection(
            self._context, self.downloads, later, self._queue.go, self._queue.ask_project
        )
        self._sections = (
            SettingSection(self._context),
            HeadSection(self._context),
            self._scans,
            ToolSection(self._context),
            RegionSection(self._context),
            ModelSection(self._context),
            LesionSection(self._context),
            ScoreSection(self._context),
            self._queue,
            self._rounds,
            ViewSection(self._context, self._views, ArterySurfaces(self._core.scene)),
            ExportSection(self._context, self.downloads, soon),
            AddingSection(self._context, self.uploads, soon, self._scans.list_scans),
        )
        self._actions = {
            name: action for section in self._sections for name, action in section.actions().items()
        }
        self._keys = {each.key: each.command for each in KEYS}
        self._context.place.choose_project(project)
        self.refresh()

    def register_views(self) -> None:
        """Make the views known to the page, once the server is up."""
        self._views.register(self._server)

    def act(self, name: object, *arguments: object) -> None:
        """Do what a button of the page asks for."""
        action = self._actions.get(str(name))
        if action is None:
            self._context.say(f"The page asked for '{name}', which there is not: load it again")
            return
        self._clock_on()
        with self._context.sentences():
            action(*arguments)
        self._show_and_send()

    def press(self, key: object) -> None:
        """Do what a key of the page means; those of labels are 1 to 5."""
        self._clock_on()
        scan = self._context.scan
        with self._context.sentences():
            command = self._keys.get(str(key))
            if command is not None:
                any(section.do(command) for section in self._sections)
            elif scan is not None:
                scan.session.active_by_key(str(key))
        self._show_and_send()

    def refresh(self) -> None:
        """Show everything as it is now."""
        self._refresh_is_due = False
        for section in self._sections:
            section.refresh()

    def stop(self) -> None:
        """Let go of everything, for good; labels are stored already."""
        self._stopped = True
        self._rounds.stop()
        self._context.place.choose_project(None)
        self._runner.close()
        self.downloads.clear()
        self.uploads.clear()

    def _scan_is_open(self) -> None:
        scan = self._context.scan
        assert scan is not None
        for section in self._sections:
            section.scan_is_open(scan)

    def _on_workplace(self) -> None:
        """Something else is open, or shown, or a model got on."""
        scan = self._context.scan
        if scan is not self._followed:
            self._end_listening()
            self._followed = scan
            self._end_listening = scan.session.listen(self._on_session) if scan else lambda: None
        self._refresh_soon()

    def _on_session(self, change: SessionChange) -> None:
        if change.topic is Topic.LABELS:
            for section in self._sections:
                section.labels_changed()
        self._refresh_soon()

    def _clock_on(self) -> None:
        if self._context.scan is not None:
            self._context.scan.session.slices.clock.active()

    def _refresh_soon(self) -> None:
        """Several changes of one moment are shown once; pictures go first."""
        if not self._refresh_is_due:
            self._refresh_is_due = True
            self._loop.call_soon(self._refresh_if_due)

    def _refresh_if_due(self) -> None:
        if self._refresh_is_due and not self._stopped:
            self._show_and_send()

    def _show_and_send(self) -> None:
        try:
            self.refresh()
        except CACError as error:
            self._context.say(str(error))
        self._context.send()


def bind(server: Server, bench: Workbench) -> None:
    """Let the page ask for actions and press keys."""

    @server.trigger("act")
    def act(name: Any = "", *arguments: Any) -> None:
        bench.act(name, *arguments)

    @server.trigger("key")
    def key(name: Any = "") -> None:
        bench.press(name)
