"""The step *Scan*: who reads, the scans of the project, and warnings of the one that is open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from CACScoringLib.errors import CACError

from ...controls.words import _
from ...project.status import project_status
from ...store.label_store import reader_name
from ..asked import text_of, whole_in
from ..context import PageContext
from ..soon import Soon
from .section import Section

_LONGEST_NAME = 100


class ScanSection(Section):
    """Chooses reader and scan.

    Parameters
    ----------
    context
        Of the page.
    soon
        Does what takes its time, once the page says so.
    opened
        Called when a scan was opened.
    """

    def __init__(self, context: PageContext, soon: Soon, opened: Callable[[], object]) -> None:
        super().__init__(context)
        self._soon, self._opened = soon, opened
        self._problems: dict[int, str] = {}
        self._listed: object = ()

    def actions(self) -> Mapping[str, Callable[..., object]]:
        """Say who reads; open and close a scan; go on where the page was before it was loaded again."""
        return {
            "reader": self._begin,
            "open": self._open,
            "close": lambda: self._context.place.close(),
            "resume": self._resume,
        }

    def refresh(self) -> None:
        """Show the section as things are now; the store is asked only when another scan is open."""
        scan = self._context.scan
        listed = (self._context.reader, scan.entry.id if scan else None, len(self._problems))
        if listed != self._listed:
            self._listed = listed
            self.list_scans()
        warnings = scan.session.desk.scan.warnings if scan is not None else ()
        self._context.show("warnings", [_sentence(each.message) for each in warnings])

    def list_scans(self) -> None:
        """Show the scans of the project, and how far each is."""
        context, scan = self._context, self._context.scan
        with context.sentences():
            status = project_status(context.project)
            context.show(
                "scans",
                {
                    "project": status["project"],
                    "reader": context.reader,
                    "open": scan.entry.id if scan else None,
                    "all": [self._row(each) for each in status["scans"]],
                },
            )

    def _row(self, scan: dict[str, Any]) -> dict[str, Any]:
        mine = [each["signed_off"] for each in scan["readings"] if each["reader"] == self._context.reader]
        missing = "" if scan["available"] else _("It is not where it was when it was added.")
        return {
            "id": scan["id"],
            "name": scan["name"],
            "patient": scan["patient"],
            "slices": scan["slices"],
            "signed_off": scan["signed_off"],
            "mine": max(mine, default=0),
            "problem": self._problems.get(scan["id"], missing),
        }

    def _begin(self, name: object) -> None:
        """Read under a name from now on, with the first scan that there is something to do in."""
        if self._take_reader(name):
            self._open_first()

    def _take_reader(self, name: object) -> bool:
        """Read under a name from now on; what is open was another's, and is closed. False if it was this."""
        reader = reader_name(text_of(name, _LONGEST_NAME))
        if reader == self._context.reader:
            return False
        self._context.place.close()
        self._context.reader = reader
        return True

    def _open_first(self) -> None:
        """Open the first scan that this reader has not signed off: nobody likes an empty screen."""
        for scan in project_status(self._context.project)["scans"]:
            mine = [each["signed_off"] for each in scan["readings"] if each["reader"] == self._context.reader]
            if scan["available"] and max(mine, default=0) < scan["slices"]:
                self._open(scan["id"])
                return

    def _open(self, number: object, slice_index: object = None) -> None:
        """Open a scan, at a slice or where its reader left it."""
        if not self._context.reader:
            raise CACError(_("enter your name first: it is stored with every label"))
        asked = whole_in(number, 1, 10**9)
        entry = next((each for each in self._context.project.scans if each.id == asked), None)
        if entry is None:
            raise CACError(_("the project has no scan {number}").format(number=asked))

        def open_now() -> None:
            place = self._context.place
            try:
                scan = place.open_entry(entry, self._context.reader)
            except CACError as error:
                # It is named where it stands; the scan before, and all others, go on.
                self._problems[entry.id] = _sentence(str(error))
                raise
            self._problems.pop(entry.id, None)
            self._context.say("")
            self._opened()
            if slice_index is not None:
                scan.go_to_slice(whole_in(slice_index, 0, entry.slices - 1))

        self._soon.do(_("Opening {name} …").format(name=entry.name), open_now)

    def _resume(self, reader: object, number: object, slice_index: object) -> None:
        """Go on where a page was: its process may have gone since, and the reader's labels have not."""
        if self._context.scan is not None or not reader:
            return
        self._take_reader(reader)
        if number in {each.id for each in self._context.project.scans}:
            self._open(number, slice_index)
        else:
            self._open_first()


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
