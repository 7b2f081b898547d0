"""The section *Queue*: which slice is next, and what becomes of this one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slicer.i18n import tr as _

from ..controls.keys import Command
from .context import PanelContext


class QueueSection:
    """Next, back, skip, flag, sign off, and how far the reader is."""

    def __init__(self, context: PanelContext) -> None:
        self._context, ui = context, context.ui
        self._actions: dict[Command, Callable[[Any], None]] = {
            Command.NEXT: self._next,
            Command.BACK: self._back,
            Command.SKIP: self._skip,
            Command.FLAG: self._flag,
            Command.SIGN_OFF: self._sign_off,
        }
        self._buttons = (ui.nextButton, ui.backButton, ui.skipButton, ui.flagButton, ui.signOffButton)
        for button, action in zip(self._buttons, self._actions.values(), strict=True):
            context.on_click(button, action)

    def scan_is_open(self, scan: Any) -> None:
        """Begin a scan where it was left: with its first slice that is not signed off."""
        scan.go_to_slice(scan.session.slices.order.after(-1) or 0)
        self._show_project()

    def refresh(self) -> None:
        """Show the section as things are now."""
        ui, scan = self._context.ui, self._context.scan
        for button in self._buttons:
            button.enabled = scan is not None
        if scan is None:
            ui.scanProgressLabel.text = ui.projectProgressLabel.text = ""
            return
        from ..controls.texts import progress_text

        ui.scanProgressLabel.text = progress_text(scan.session)

    def do(self, command: Command) -> bool:
        """Do what a key asks for, if it is this section's."""
        scan = self._context.scan
        if command not in self._actions or scan is None:
            return False
        self._actions[command](scan)
        return True

    def _next(self, scan: Any) -> None:
        following = scan.session.slices.order.after(_here(scan))
        if following is None:
            self._context.say(_("All slices are signed off"))
        scan.go_to_slice(following)

    def _back(self, scan: Any) -> None:
        before = scan.session.slices.order.before(_here(scan))
        if before is None:
            self._context.say(_("This is the first slice of the queue"))
        scan.go_to_slice(before)

    def _skip(self, scan: Any) -> None:
        if scan.slice_index is not None:
            scan.session.slices.skip(scan.slice_index)
            self._next(scan)

    def _flag(self, scan: Any) -> None:
        note = self._context.ui.noteEdit.text.strip()
        if not note:
            self._context.say(_("Write a note first: what is the matter with this slice?"))
            self._context.ui.queueSection.collapsed = False
            self._context.ui.noteEdit.setFocus()
        elif scan.slice_index is not None:
            scan.session.slices.flag(scan.slice_index, note)
            self._context.ui.noteEdit.text = ""
            self._context.say(_("Flagged: {note}").format(note=note))

    def _sign_off(self, scan: Any) -> None:
        if scan.slice_index is None:
            return
        rest_is_other = self._context.ui.restIsOtherCheckBox.checked
        scan.session.slices.sign_off(scan.slice_index, rest_is_other=rest_is_other)
        self._context.say(_("Slice {number} signed off").format(number=scan.slice_index + 1))
        self._show_project()
        self._next(scan)

    def _show_project(self) -> None:
        """Say how far round and project are: a look into the store, not for every click."""
        from ..controls.texts import project_text, round_text
        from ..project.status import project_status

        place, scan = self._context.place, self._context.scan
        if place is None or place.project is None or scan is None:
            return
        status = project_status(place.project)
        lines = round_text(status, scan.session), project_text(status)
        self._context.ui.projectProgressLabel.text = "<br>".join(lines)


def _here(scan: Any) -> int:
    return -1 if scan.slice_index is None else scan.slice_index
