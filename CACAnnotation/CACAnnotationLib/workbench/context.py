"""What the sections of the page share."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from ..controls.hand import sentences
from ..project.project import Project

if TYPE_CHECKING:
    from trame_server.state import State

    from ..controls.open_scan import OpenScan
    from ..controls.workplace import Workplace


class PageContext:
    """The page's state, the workplace, and the line of text that tells the reader what happened.

    Parameters
    ----------
    state
        What the page shows, by name; every value must do as JSON.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self.place: Workplace
        """The workplace, in the project that is served."""
        self.reader = ""
        """Name of the reader; empty until it is known."""

    @property
    def scan(self) -> OpenScan | None:
        """The scan that is open."""
        return self.place.open_scan

    @property
    def project(self) -> Project:
        """The project that is served."""
        assert self.place.project is not None
        return self.place.project

    def show(self, name: str, value: Any) -> None:
        """Have the page show something else under a name."""
        self._state[name] = value

    def shown(self, name: str) -> Any:
        """Return what the page shows under a name; readers may have changed it there."""
        return self._state[name]

    def say(self, text: str) -> None:
        """Tell the reader what happened, without standing in the way."""
        self.show("said", text)

    def send(self) -> None:
        """Send to the page what has changed; after an action of the page that happens by itself."""
        self._state.flush()

    def sentences(self) -> AbstractContextManager[None]:
        """Tell the reader of an error instead of raising it."""
        return sentences(self.say)
