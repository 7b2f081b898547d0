"""The section *Queue*: which slice is next, and what becomes of this one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from slicer.i18n import tr as _

from ..controls.keys import Command
from .context import PanelContext

if TYPE_CHECKING:
    from ..controls.queue_control import QueueControl


class QueueSection:
    """Next, back, skip, flag, sign off, through the scan or the queue; and how far the reader is."""

    def __init__(self, context: PanelContext) -> None:
        self._context, ui = context, context.ui
        self._control: QueueControl | None = None
        self._ways: list[Any] = []
        self._project: Any | None = None
        self._actions: dict[Command, Callable[[QueueControl], object]] = {
            Command.NEXT: lambda queue: queue.next(),
            Command.BACK: lambda queue: queue.back(),
            Command.SKIP: lambda queue: queue.skip(),
            Command.FLAG: self._flag,
            Command.SIGN_OFF: self._sign_off,
        }
        self._buttons = (ui.nextButton, ui.backButton, ui.skipButton, ui.flagButton, ui.signOffButton)
        for button, command in zip(self._buttons, self._actions, strict=True):
            button.connect("clicked(bool)", lambda _down, command=command: self._act(command))
        ui.wayCombo.connect("activated(int)", self._choose_way)
        ui.adjudicateCheckBox.connect("toggled(bool)", self._adjudicate)

    @property
    def control(self) -> QueueControl | None:
        """What next, back, skip, flag and sign-off do; None until a project is chosen."""
        if self._control is None and self._context.place is not None:
            from ..controls.queue_control import QueueControl

            ui = self._context.ui
            self._control = QueueControl(
                self._context.place, lambda: str(ui.readerEdit.text), self._context.say
            )
            self._control.adjudicates = ui.adjudicateCheckBox.checked
        return self._control

    def scan_is_open(self, scan: Any) -> None:
        """Begin a scan that was opened by hand where it was left: its first slice that is not signed off."""
        if self.control is not None and self.control.scan_is_open():
            scan.go_to_slice(scan.session.slices.order.after(-1) or 0)
        self.show_project()

    def go(self, way: int) -> None:
        """Take another way from now on: this scan, the queue, or one of its rounds."""
        if self.control is not None:
            with self._context.boxes():
                self.control.go(way)
        self.show_project()
        self.refresh()

    def refresh(self) -> None:
        """Show the section as things are now."""
        ui, scan, queue = self._context.ui, self._context.scan, self.control
        place = self._context.place
        project = place.project if place is not None else None
        if project is not self._project:
            self._project = project
            self.show_project()
        walks = queue is not None and queue.lines
        for button in self._buttons:
            button.enabled = scan is not None or bool(walks)
        # Why this slice is what a reader looks for.
        first, *others = map(_escaped, queue.lines if queue is not None and queue.lines else [""])
        ui.queueEntryLabel.text = "<br>".join([f"<b>{first}</b>", *others]) if first else ""
        self._list_ways()
        if scan is None:
            ui.scanProgressLabel.text = ""
            return
        from ..controls.texts import progress_text

        ui.scanProgressLabel.text = progress_text(scan.session)

    def do(self, command: Command) -> bool:
        """Do what a key asks for, if it is this section's."""
        if command not in self._actions:
            return False
        self._act(command)
        return True

    def show_project(self) -> None:
        """Say how far round and project are: a look into the store, not for every click."""
        place, label = self._context.place, self._context.ui.projectProgressLabel
        self._ways, label.text = [], ""
        if place is None or place.project is None or self.control is None:
            self._list_ways()
            return
        from ..controls.texts import project_text, round_text
        from ..project.status import project_status
        from ..queueing.rounds import rounds_of

        with self._context.sentences():
            lines = [round_text(rounds_of(place.project.store))]
            if self._context.scan is not None:
                lines.append(project_text(project_status(place.project)))
            label.text = "<br>".join(filter(None, lines))
            self._ways = self.control.ways()
        self._list_ways()

    def _act(self, command: Command) -> None:
        queue = self.control
        if queue is None or not (self._context.scan is not None or queue.lines):
            return
        with self._context.sentences():
            self._actions[command](queue)
        if command not in (Command.NEXT, Command.BACK):
            self.show_project()
        self.refresh()

    def _flag(self, queue: QueueControl) -> None:
        note = self._context.ui.noteEdit.text.strip()
        if not note:
            self._context.say(_("Write a note first: what is the matter with this slice?"))
            self._context.ui.queueSection.collapsed = False
            self._context.ui.noteEdit.setFocus()
            return
        queue.flag(note)
        self._context.ui.noteEdit.text = ""

    def _sign_off(self, queue: QueueControl) -> None:
        queue.sign_off(rest_is_other=self._context.ui.restIsOtherCheckBox.checked)

    def _choose_way(self, row: int) -> None:
        if row < len(self._ways):
            self.go(self._ways[row].value)

    def _adjudicate(self, checked: bool) -> None:
        if self.control is not None:
            self.control.adjudicates = checked

    def _list_ways(self) -> None:
        """List the ways to go on, if there are others than before; the one that is taken stands there."""
        combo, queue = self._context.ui.wayCombo, self._control
        titles = [way.title for way in self._ways] or [_("this scan")]
        if titles != [combo.itemText(row) for row in range(combo.count)]:
            combo.clear()
            for title in titles:
                combo.addItem(title)
        values = [way.value for way in self._ways]
        taken = values.index(queue.way) if queue is not None and queue.way in values else 0
        if combo.currentIndex != taken:
            combo.currentIndex = taken
        combo.enabled = len(titles) > 1


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
