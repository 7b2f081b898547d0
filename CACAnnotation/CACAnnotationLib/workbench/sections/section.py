"""What the workbench needs of a section."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...controls.keys import Command
from ...controls.open_scan import OpenScan
from ...controls.tools import Tool
from ..context import PageContext


class Section:
    """A part of the page: it shows something, and has actions and keys.

    Parameters
    ----------
    context
        Of the page.
    """

    def __init__(self, context: PageContext) -> None:
        self._context = context

    def actions(self) -> Mapping[str, Callable[..., object]]:
        """What the page may ask for, by name; arguments come from the page and are to be checked."""
        return {}

    def refresh(self) -> None:
        """Show the section as things are now."""

    def scan_is_open(self, scan: OpenScan) -> None:
        """Take up a scan that was just opened."""

    def labels_changed(self) -> None:
        """Take up that labels changed."""

    def do(self, command: Command | Tool) -> bool:
        """Do what a key asks for; False if it is not this section's."""
        return False

    def with_scan(self, react: Callable[..., object]) -> Callable[..., None]:
        """Make an action of something that is done with the scan that is open."""

        def act(*arguments: object) -> None:
            scan = self._context.scan
            if scan is not None:
                react(scan, *arguments)

        return act
