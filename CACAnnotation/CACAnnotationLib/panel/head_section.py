"""What is always visible: scan, slice, score and its state, active label, undo, what happened last."""

from __future__ import annotations

from functools import partial
from typing import Any

import slicer.util
from slicer.i18n import tr as _

from ..controls.keys import KEYS, Command
from .context import PanelContext

_LABEL_KEYS = ("1", "2", "3", "4", "5")
_LONGEST_NAME = 40
_LABEL_STYLE = """
QPushButton { border: 2px solid COLOUR; border-radius: 4px; padding: 4px; }
QPushButton:checked { background: COLOUR; color: black; font-weight: bold; }
"""


class HeadSection:
    """The head of the panel."""

    def __init__(self, context: PanelContext) -> None:
        self._context, ui = context, context.ui
        self._buttons = {key: getattr(ui, f"label{key}Button") for key in _LABEL_KEYS}
        for key, button in self._buttons.items():
            context.on_click(button, partial(self._choose, key))
        context.on_click(ui.undoButton, self._undo)
        context.on_click(ui.redoButton, self._redo)
        ui.keysButton.connect("clicked(bool)", lambda *_: self._show_keys())

    def refresh(self) -> None:
        """Show the head as things are now."""
        scan, ui = self._context.scan, self._context.ui
        ui.undoButton.enabled = scan is not None and bool(scan.session.desk.reading.done)
        ui.redoButton.enabled = scan is not None and bool(scan.session.desk.reading.undone)
        if scan is None:
            ui.sliceLabel.text = _("No scan is open")
            ui.scoreLabel.text = ui.savedLabel.text = ""
            for button in self._buttons.values():
                button.enabled = False
            return
        from ..controls.texts import reading_text, score_text, slice_text

        session = scan.session
        where = "" if scan.slice_index is None else f"<br>{slice_text(session, scan.slice_index)}"
        ui.sliceLabel.text = f"<b>{_escaped(_shortened(scan.entry.name))}</b>{where}"
        # Two lines from the beginning: nothing below jumps when the score grows.
        score, _colon, state = score_text(session).partition(": ")
        ui.scoreLabel.text = f"<span style='font-size:14pt'>{score}</span><br>{state}"
        ui.savedLabel.text = reading_text(session.desk.reading)
        self._show_labels(session)

    def do(self, command: Command) -> bool:
        """Do what a key asks for, if it is this section's."""
        scan = self._context.scan
        if command is Command.KEYS:
            self._show_keys()
        elif command is Command.UNDO and scan is not None:
            self._undo(scan)
        elif command is Command.REDO and scan is not None:
            self._redo(scan)
        else:
            return False
        return True

    def _choose(self, key: str, scan: Any) -> None:
        scan.session.active_by_key(key)
        self.refresh()

    def _undo(self, scan: Any) -> None:
        action = scan.session.undo()
        _show_place(scan, action)
        self._context.say(_("Undone: {what}").format(what=action.kind) if action else _("Nothing to undo"))

    def _redo(self, scan: Any) -> None:
        action = scan.session.redo()
        _show_place(scan, action)
        self._context.say(
            _("Done again: {what}").format(what=action.kind) if action else _("Nothing to redo")
        )

    def _show_labels(self, session: Any) -> None:
        from ..session.session import label_keys

        names = label_keys(session.desk.scheme)
        for key, button in self._buttons.items():
            name = names.get(key)
            button.visible = name is not None
            if name is None:
                continue
            button.enabled = True
            button.checked = name == session.active
            button.text = f"{key} {name}"
            button.toolTip = _("{title}: key {key}").format(title=session.desk.scheme[name].title, key=key)
            colour = "rgb({},{},{})".format(*session.desk.scheme[name].colour)
            button.styleSheet = _LABEL_STYLE.replace("COLOUR", colour)

    def _show_keys(self) -> None:
        labels = _("1 to 5"), _("label of the next click")
        rows = [labels, *((key.key, key.says) for key in KEYS)]
        text = "".join(
            f"<tr><td><b>{_escaped(key)}</b>&nbsp;&nbsp;</td><td>{says}</td></tr>" for key, says in rows
        )
        mouse = _(
            "Ctrl-click labels a lesion in this slice only, Alt-click clears it. Shift-drag pans, a right "
            "drag zooms."
        )
        told = f"<table>{text}</table><p>{mouse}</p>"
        slicer.util.messageBox(told, windowTitle=_("Keys of CAC Annotation"))


def _show_place(scan: Any, action: Any | None) -> None:
    """Go where an action was, so that nobody undoes what they cannot see."""
    slices = scan.session.desk.slices_of(action) if action is not None else ()
    here = scan.slice_index
    if slices and here is not None and here not in slices:
        scan.go_to_slice(min(slices, key=lambda each: abs(each - here)))


def _shortened(name: str) -> str:
    """Shorten a name that, in one word, would make the panel as wide as itself."""
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
