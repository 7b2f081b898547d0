"""The step *Queue*: which slice is next, and what becomes of this one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...controls.keys import Command
from ...controls.open_scan import OpenScan
from ...controls.queue_control import QueueControl
from ...controls.texts import progress_text, project_text, round_text
from ...controls.tools import Tool
from ...controls.words import _
from ...project.status import project_status
from ...queueing.rounds import rounds_of
from ..asked import text_of, whole_in
from ..context import PageContext
from ..slice_strip import SliceStrip
from .section import Section

_LONGEST_NOTE = 500


class QueueSection(Section):
    """Next, back, skip, flag, sign off, through the scan or the queue; and how far the reader is."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context)
        self._control = QueueControl(context.place, lambda: context.reader, context.say)
        self._rest_is_other = False
        self._lines: list[str] = []
        self._ways: list[dict[str, object]] = []
        self._strip = SliceStrip()
        self._keys: dict[Command, Callable[[], object]] = {
            Command.NEXT: self._control.next,
            Command.BACK: self._control.back,
            Command.SKIP: self._control.skip,
            Command.FLAG: self._ask_for_note,
            Command.SIGN_OFF: lambda: self._control.sign_off(rest_is_other=self._rest_is_other),
        }

    def actions(self) -> Mapping[str, Callable[..., object]]:
        """Go through the scan or the queue, or to any slice."""
        buttons = {
            command.value.replace(" ", "_"): lambda command=command: self.do(command)
            for command in self._keys
        }
        return buttons | {
            "flag_with": self._flag,
            "rest_is_other": self._turn_rest,
            "way": lambda way: self.go(whole_in(way, -1, 10**9)),
            "adjudicates": self._turn_adjudication,
            "go_to_slice": self.with_scan(self._go_to_slice),
            "scroll": self.with_scan(self._scroll),
        }

    def scan_is_open(self, scan: OpenScan) -> None:
        """Begin a scan that was opened by hand where it was left: its first slice that is not signed off."""
        if self._control.scan_is_open():
            scan.go_to_slice(scan.session.slices.order.after(-1) or 0)
        self.ask_project()

    def refresh(self) -> None:
        """Show the section as things are now."""
        scan = self._context.scan
        self._context.show(
            "queue",
            {
                "entry": self._control.lines,
                "lines": [] if scan is None else [progress_text(scan.session), *self._lines],
                "ways": self._ways,
                "way": self._control.way,
                "adjudicates": self._control.adjudicates,
                "rest_is_other": self._rest_is_other,
                "walks": scan is not None or bool(self._control.lines),
            },
        )
        self._context.show("strip", None if scan is None else self._strip.of(scan))

    def do(self, command: Command | Tool) -> bool:
        """Do what a key asks for, if it is this section's."""
        if not isinstance(command, Command) or command not in self._keys:
            return False
        if self._context.scan is not None or self._control.lines:
            with self._context.sentences():
                self._keys[command]()
            if command not in (Command.NEXT, Command.BACK):
                self.ask_project()
        return True

    def go(self, way: int) -> None:
        """Take another way from now on: this scan, the queue, or one of its rounds."""
        with self._context.sentences():
            self._control.go(way)
        self.ask_project()

    def ask_project(self) -> None:
        """Say how far round and project are: a look into the store, not for every click."""
        with self._context.sentences():
            project = self._context.project
            said = round_text(rounds_of(project.store)), project_text(project_status(project))
            self._lines = [line for line in said if line]
            self._ways = [{"value": way.value, "title": way.title} for way in self._control.ways()]

    def _ask_for_note(self) -> None:
        self._context.show("asks_for_note", True)
        self._context.say(_("Write a note first: what is the matter with this slice?"))

    def _flag(self, note: object) -> None:
        written = text_of(note, _LONGEST_NOTE)
        if not written:
            self._ask_for_note()
            return
        self._control.flag(written)
        self._context.show("asks_for_note", False)
        self.ask_project()

    def _turn_rest(self) -> None:
        self._rest_is_other = not self._rest_is_other

    def _turn_adjudication(self) -> None:
        self._control.adjudicates = not self._control.adjudicates

    def _go_to_slice(self, scan: OpenScan, slice_index: object) -> None:
        scan.go_to_slice(whole_in(slice_index, 0, scan.placement.size[2] - 1))

    def _scroll(self, scan: OpenScan, slices: object) -> None:
        if scan.slice_index is not None:
            last = scan.placement.size[2] - 1
            scan.go_to_slice(min(max(scan.slice_index + whole_in(slices, -last, last), 0), last))
