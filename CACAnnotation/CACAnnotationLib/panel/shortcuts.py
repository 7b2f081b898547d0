"""Keys that work while the module is shown, and only then."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import qt
import slicer
import slicer.util

from ..controls.keys import KEYS, Command

_LABELS = ("1", "2", "3", "4", "5")
_REPEATED = (
    Command.UNDO,
    Command.REDO,
    Command.NEXT,
    Command.BACK,
    Command.CANDIDATES_WEAKER,
    Command.CANDIDATES_STRONGER,
)
"""Commands that a key repeats while it is held; Return held too long signs one slice off, not ten."""
_TYPING = ("QLineEdit", "QAbstractSpinBox", "QTextEdit", "QPlainTextEdit", "QComboBox")


class Shortcuts:
    """Shortcuts of Slicer's main window.

    Parameters
    ----------
    do
        Called with a command.
    label
        Called with the key of a label.
    """

    def __init__(self, do: Callable[[Any], object], label: Callable[[str], object]) -> None:
        self._shortcuts: list[Any] = []
        # Without a main window, as in Slicer's own tests, there is nothing to press keys in.
        if slicer.util.mainWindow() is not None:
            for each in KEYS:
                self._add(each.key, partial(do, each.command), repeats=each.command in _REPEATED)
            for key in _LABELS:
                self._add(key, partial(label, key), repeats=False)
        self._wanted = False
        self._apply()
        slicer.app.connect("focusChanged(QWidget*,QWidget*)", self._on_focus)

    def enable(self, enabled: bool) -> None:
        """Let the keys work, or leave them to the application."""
        self._wanted = enabled
        self._apply()

    def stop(self) -> None:
        """Remove the keys, for good."""
        self.enable(False)
        slicer.app.disconnect("focusChanged(QWidget*,QWidget*)", self._on_focus)
        for shortcut in self._shortcuts:
            shortcut.setParent(None)
            shortcut.deleteLater()
        self._shortcuts.clear()

    def _add(self, key: str, react: Callable[[], object], *, repeats: bool) -> None:
        shortcut = qt.QShortcut(slicer.util.mainWindow())
        shortcut.key = qt.QKeySequence(key)
        shortcut.autoRepeat = repeats
        shortcut.connect("activated()", react)
        self._shortcuts.append(shortcut)

    def _on_focus(self) -> None:
        # The signal's two widgets are left: one of them may be half destroyed, and need not become Python's.
        self._apply()

    def _apply(self) -> None:
        """Let the keys work unless somebody is typing: Return ends the field, and signs nothing off."""
        enabled = self._wanted and not _is_typing()
        for shortcut in self._shortcuts:
            shortcut.enabled = enabled


def _is_typing() -> bool:
    """Whether the keyboard belongs to a field."""
    widget = slicer.app.focusWidget()
    return widget is not None and any(widget.inherits(each) for each in _TYPING)
