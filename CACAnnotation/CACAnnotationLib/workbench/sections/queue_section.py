"""The step *Queue*: which slice is next, and what becomes of this one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...controls.keys import Command
from ...controls.open_scan import OpenScan
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
    """Next, back, skip, flag, sign off, and how far the reader is."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context)
        self._rest_is_other = False
        self._lines: list[str] = []
        self._strip = SliceStrip()
        self._keys: dict[Command, Callable[[OpenScan], None]] = {
            Command.NEXT: self._next,
            Command.BACK: self._back,
            Command.SKIP: self._skip,
            Command.FLAG: self._ask_for_note,
            Command.SIGN_OFF: self._sign_off,
        }

    def actions(self) -> Mapping[str, Callable[..., object]]:
        """Go through the queue, or to any slice."""
        buttons = {command.value.replace(" ", "_"): self.with_scan(do) for command, do in self._keys.items()}
        return buttons | {
            "flag_with": self.with_scan(self._flag),
            "rest_is_other": self._turn_rest,
            "go_to_slice": self.with_scan(self._go),
            "scroll": self.with_scan(self._scroll),
        }

    def scan_is_open(self, scan: OpenScan) -> None:
        """Begin a scan where it was left: with its first slice that is not signed off."""
        scan.go_to_slice(scan.session.slices.order.after(-1) or 0)
        self._ask_project()

    def refresh(self) -> None:
        """Show the section as things are now."""
        scan = self._context.scan
        self._context.show(
            "queue",
            {
                "lines": [] if scan is None else [progress_text(scan.session), *self._lines],
                "rest_is_other": self._rest_is_other,
            },
        )
        self._context.show("strip", None if scan is None else self._strip.of(scan))

    def do(self, command: Command | Tool) -> bool:
        """Do what a key asks for, if it is this section's."""
        scan = self._context.scan
        if not isinstance(command, Command) or command not in self._keys or scan is None:
            return False
        self._keys[command](scan)
        return True

    def _next(self, scan: OpenScan) -> None:
        following = scan.session.slices.order.after(_here(scan))
        if following is None:
            self._context.say(_("All slices are signed off"))
        scan.go_to_slice(following)

    def _back(self, scan: OpenScan) -> None:
        before = scan.session.slices.order.before(_here(scan))
        if before is None:
            self._context.say(_("This is the first slice of the queue"))
        scan.go_to_slice(before)

    def _skip(self, scan: OpenScan) -> None:
        if scan.slice_index is not None:
            scan.session.slices.skip(scan.slice_index)
            self._next(scan)

    def _ask_for_note(self, _scan: OpenScan) -> None:
        self._context.show("asks_for_note", True)
        self._context.say(_("Write a note first: what is the matter with this slice?"))

    def _flag(self, scan: OpenScan, note: object) -> None:
        written = text_of(note, _LONGEST_NOTE)
        if not written:
            self._ask_for_note(scan)
        elif scan.slice_index is not None:
            scan.session.slices.flag(scan.slice_index, written)
            self._context.show("asks_for_note", False)
            self._context.say(_("Flagged: {note}").format(note=written))

    def _sign_off(self, scan: OpenScan) -> None:
        if scan.slice_index is None:
            return
        scan.session.slices.sign_off(scan.slice_index, rest_is_other=self._rest_is_other)
        self._context.say(_("Slice {number} signed off").format(number=scan.slice_index + 1))
        self._ask_project()
        self._next(scan)

    def _turn_rest(self) -> None:
        self._rest_is_other = not self._rest_is_other

    def _go(self, scan: OpenScan, slice_index: object) -> None:
        scan.go_to_slice(whole_in(slice_index, 0, scan.placement.size[2] - 1))

    def _scroll(self, scan: OpenScan, slices: object) -> None:
        if scan.slice_index is not None:
            last = scan.placement.size[2] - 1
            scan.go_to_slice(min(max(scan.slice_index + whole_in(slices, -last, last), 0), last))

    def _ask_project(self) -> None:
        """Say how far round and project are: a look into the store, not for every click."""
        project = self._context.project
        lines = round_text(rounds_of(project.store)), project_text(project_status(project))
        self._lines = [line for line in lines if line]


def _here(scan: OpenScan) -> int:
    return -1 if scan.slice_index is None else scan.slice_index
