"""Message boxes, file and input dialogs: recorded and answered at once, never shown."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

from PySide6.QtWidgets import QMessageBox

Button = QMessageBox.StandardButton


@dataclass(frozen=True)
class Shown:
    """A dialog that a user would have seen.

    Parameters
    ----------
    kind
        ``error``, ``warning``, ``info``, ``question``, ``message``, or the name of a file or input dialog.
    text, title, details
        What stood in it.
    buttons
        Standard buttons that it offered.
    answer
        What it returned.
    """

    kind: str
    text: str
    title: str = ""
    details: str = ""
    buttons: int = 0
    answer: Any = None


_ICONS = {
    QMessageBox.Icon.Information: "info",
    QMessageBox.Icon.Warning: "warning",
    QMessageBox.Icon.Critical: "error",
    QMessageBox.Icon.Question: "question",
}
# A dialog that nobody prepared an answer for is confirmed, as a hurried user does.
_USUAL_ANSWERS = (Button.Ok, Button.Yes, Button.Save, Button.Open, Button.Retry, Button.Close, Button.Cancel)


class Dialogs:
    """What was shown since the last ``clear``, and the answers to come."""

    def __init__(self) -> None:
        self.shown: list[Shown] = []
        self._answers: deque = deque()

    def answer(self, *answers: Any) -> None:
        """Give the answers of the next dialogs: a button, True or False, a path, a text, a number."""
        self._answers.extend(answers)

    def clear(self) -> None:
        """Forget what was shown and what was to be answered."""
        self.shown.clear()
        self._answers.clear()

    def texts(self, kind: str | None = None) -> list[str]:
        """Texts of what was shown, of one kind or of all."""
        return [each.text for each in self.shown if kind in (None, each.kind)]

    def message(
        self, icon: Any, text: str, title: str = "", buttons: int = int(Button.Ok), details: str = ""
    ) -> int:
        """Record a message box and return the button that closes it."""
        offered = int(buttons) or int(Button.Ok)
        usual = next(each for each in (*_USUAL_ANSWERS, Button(offered & -offered)) if offered & each)
        answer = self._next(usual)
        if isinstance(answer, bool):
            answer = usual if answer else self._refusal(offered)
        kind = _ICONS.get(icon, "message")
        self.shown.append(Shown(kind, text, title.strip(), details, offered, int(answer)))
        return int(answer)

    def value(self, kind: str, text: str, usual: Any, title: str = "") -> Any:
        """Record a dialog that returns a path, a text or a number."""
        answer = self._next(usual)
        self.shown.append(Shown(kind, text, title, answer=answer))
        return answer

    def _next(self, usual: Any) -> Any:
        return self._answers.popleft() if self._answers else usual

    @staticmethod
    def _refusal(offered: int) -> Button:
        refusals = (Button.Cancel, Button.No, Button.Close, Button.Discard, Button.Abort)
        return next(each for each in (*refusals, Button(offered)) if offered & each)


dialogs = Dialogs()
