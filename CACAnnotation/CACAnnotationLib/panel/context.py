"""What the sections of the panel share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import slicer.util
from CACScoringLib.errors import CACError

if TYPE_CHECKING:
    from ..controls.open_scan import OpenScan
    from ..controls.workplace import Workplace


class PanelContext:
    """The widgets, the parameters, the workplace, and the line of text that tells the reader what happened.

    Parameters
    ----------
    ui
        Widgets of the panel by name.
    """

    def __init__(self, ui: SimpleNamespace) -> None:
        self.ui = ui
        self.parameters: Any | None = None
        self.place: Workplace | None = None
        """None until a project is chosen."""

    @property
    def scan(self) -> OpenScan | None:
        """The scan that is open."""
        return self.place.open_scan if self.place is not None else None

    def say(self, text: str) -> None:
        """Tell the reader what happened, without standing in the way."""
        self.ui.messageLabel.text = text

    @contextmanager
    def sentences(self) -> Iterator[None]:
        """Tell the reader of an error, where an action of the mouse or a key went wrong."""
        try:
            yield
        except CACError as error:
            self.say(_as_sentence(error))

    @contextmanager
    def boxes(self) -> Iterator[None]:
        """Show an error in a box, where a button that takes its time went wrong."""
        try:
            with slicer.util.WaitCursor():
                yield
        except CACError as error:
            slicer.util.errorDisplay(_as_sentence(error))

    def on_click(self, button: Any, react: Callable[[OpenScan], object]) -> None:
        """Have a button do something with the scan that is open."""

        def clicked(*_: object) -> None:
            if self.scan is not None:
                with self.sentences():
                    react(self.scan)

        button.connect("clicked(bool)", clicked)


def _as_sentence(error: CACError) -> str:
    text = str(error)
    return text[:1].upper() + text[1:]
