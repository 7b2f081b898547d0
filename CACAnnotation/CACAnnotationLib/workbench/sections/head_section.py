"""What is always visible: scan, slice, score and its state, active label, undo, what happened last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...controls.keys import Command
from ...controls.open_scan import OpenScan
from ...controls.texts import reading_text, score_text, slice_text
from ...controls.tools import Tool
from ...controls.words import _
from ...session.session import AnnotationSession, label_keys
from ...store.actions import Action
from .section import Section


class HeadSection(Section):
    """The head of the page."""

    def actions(self) -> Mapping[str, Callable[..., object]]:
        """Choose a label, undo, redo."""
        return {
            "label": self.with_scan(lambda scan, key: scan.session.active_by_key(str(key))),
            "undo": self.with_scan(self._undo),
            "redo": self.with_scan(self._redo),
        }

    def refresh(self) -> None:
        """Show the head as things are now."""
        scan = self._context.scan
        self._context.show("head", None if scan is None else self._head_of(scan))
        self._context.show("timer", None if scan is None else _seconds_on(scan))

    def do(self, command: Command | Tool) -> bool:
        """Undo and redo."""
        scan = self._context.scan
        if scan is None or command not in (Command.UNDO, Command.REDO):
            return False
        (self._undo if command is Command.UNDO else self._redo)(scan)
        return True

    def _head_of(self, scan: OpenScan) -> dict[str, Any]:
        session = scan.session
        score, _colon, state = score_text(session).partition(": ")
        reading = session.desk.reading
        return {
            "scan": scan.entry.name,
            "slice": "" if scan.slice_index is None else slice_text(session, scan.slice_index),
            "score": score,
            "state": state,
            "complete": session.review.complete,
            "saved": reading_text(reading),
            "can_undo": bool(reading.done),
            "can_redo": bool(reading.undone),
            "labels": _labels_of(session),
        }

    def _undo(self, scan: OpenScan) -> None:
        action = scan.session.undo()
        _show_place(scan, action)
        self._context.say(_("Undone: {what}").format(what=action.kind) if action else _("Nothing to undo"))

    def _redo(self, scan: OpenScan) -> None:
        action = scan.session.redo()
        _show_place(scan, action)
        self._context.say(
            _("Done again: {what}").format(what=action.kind) if action else _("Nothing to redo")
        )


def _seconds_on(scan: OpenScan) -> float | None:
    """Seconds spent on the slice that is shown, what is not stored yet included."""
    if scan.slice_index is None:
        return None
    slices = scan.session.slices
    return slices.status(scan.slice_index).seconds + slices.clock.seconds


def _labels_of(session: AnnotationSession) -> list[dict[str, Any]]:
    scheme = session.desk.scheme
    return [
        {
            "key": key,
            "name": name,
            "title": scheme[name].title,
            "colour": "rgb({},{},{})".format(*scheme[name].colour),
            "active": name == session.active,
        }
        for key, name in label_keys(scheme).items()
    ]


def _show_place(scan: OpenScan, action: Action | None) -> None:
    """Go where an action was, so that nobody undoes what they cannot see."""
    slices = scan.session.desk.slices_of(action) if action is not None else ()
    here = scan.slice_index
    if slices and here is not None and here not in slices:
        scan.go_to_slice(min(slices, key=lambda each: abs(each - here)))
