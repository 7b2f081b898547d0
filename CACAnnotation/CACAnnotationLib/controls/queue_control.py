"""From slice to slice, through the scan that is open or through the queue of the project."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from CACScoringLib.errors import CACError

from ..queueing.queued_slice import DONE, FIRST, INTER, INTRA, SETTLE
from ..queueing.rounds import Round, rounds_of
from ..store.label_store import reader_name
from .hand import Say
from .open_scan import OpenScan
from .queue_texts import entry_lines, round_choice_text
from .queue_walk import QueueWalk
from .words import _
from .workplace import Workplace

THIS_SCAN, ALL_ROUNDS = -1, 0
"""Ways to go on beside the number of a round: through the scan that is open, or through all rounds."""


class Way(NamedTuple):
    """A way to go on.

    Parameters
    ----------
    value
        :data:`THIS_SCAN`, :data:`ALL_ROUNDS`, or the number of a round.
    title
        What it is called.
    """

    value: int
    title: str


class QueueControl:
    """What next, back, skip, flag and sign-off do.

    All methods but :meth:`stop` raise :class:`~CACScoringLib.errors.CACError` with a sentence.

    Parameters
    ----------
    place
        Where scans are opened.
    reader
        Tells the name of the reader as it stands now.
    say
        Told what happened.
    """

    def __init__(self, place: Workplace, reader: Callable[[], str], say: Say) -> None:
        self._place, self._reader, self._say = place, reader, say
        self._walk: QueueWalk | None = None
        self._walks_on = False
        self._adjudicates = False
        self.lines: list[str] = []
        """What there is to say of the slice in hand: rank and reason, or what is to be settled."""
        place.leaves_project = self.stop

    @property
    def way(self) -> int:
        """The way that is taken."""
        return THIS_SCAN if self._walk is None else self._walk.round or ALL_ROUNDS

    @property
    def adjudicates(self) -> bool:
        """Whether the reader also settles where two readings differ; settable."""
        return self._adjudicates

    @adjudicates.setter
    def adjudicates(self, adjudicates: bool) -> None:
        self._adjudicates = adjudicates
        if self._walk is not None:
            self._walk.adjudicates = adjudicates

    def ways(self) -> list[Way]:
        """Return the ways that there are: rounds with something left, the newest first, and the one taken."""
        ways = [Way(THIS_SCAN, _("this scan"))]
        rounds = self._rounds()
        if rounds:
            ways.append(Way(ALL_ROUNDS, _("the queue, all rounds")))
        ways += [
            Way(each.number, round_choice_text(each))
            for each in reversed(rounds)
            if _left(each) or each.number == self.way
        ]
        return ways

    def go(self, way: int) -> None:
        """Take another way from now on; through the queue that shows its first slice at once."""
        if way == THIS_SCAN:
            self.stop()
            return
        project, reader = self._place.project, self._reader().strip()
        if project is None:
            raise CACError(_("choose a project first: the queue is kept there"))
        if not reader:
            raise CACError(_("enter your name as reader first: it is stored with every label"))
        self.stop()
        self._walk = QueueWalk(self._place, project, reader, way or None)
        self._walk.adjudicates = self._adjudicates
        self.next()

    def next(self) -> None:
        """Go to the next slice; through the queue that may open another scan."""
        walk = self._current()
        if walk is None:
            self._next_of_scan()
            return
        before = walk.entry if walk.is_shown else None
        with self._walking(walk):
            if walk.next() is None:
                self._say(walk.nothing_left())
            elif before is not None and walk.entry is not None and walk.entry.id == before.id:
                self._say(_("This slice is still in your hands: sign it off, skip it or flag it first"))

    def back(self) -> None:
        """Go to the slice before."""
        walk = self._current()
        if walk is None:
            scan = self._place.open_scan
            before = None if scan is None else scan.session.slices.order.before(_here(scan))
            if scan is not None:
                scan.go_to_slice(before)
            is_first = before is None
        else:
            with self._walking(walk):
                is_first = walk.back() is None
        if is_first:
            self._say(_("This is the first slice of the queue"))

    def skip(self) -> None:
        """Put the slice off, and go to the next."""
        walk, scan = self._current(), self._place.open_scan
        if walk is not None:
            with self._walking(walk):
                if walk.skip() is None:
                    self._say(walk.nothing_left())
        elif scan is not None and scan.slice_index is not None:
            scan.session.slices.skip(scan.slice_index)
            self._next_of_scan()

    def flag(self, note: str) -> None:
        """Leave the slice to somebody else, and say why; through the queue the next one is shown then."""
        walk, scan = self._current(), self._place.open_scan
        if walk is not None:
            walk.take_up_shown()
            if walk.entry is None:
                self._say(walk.nothing_left())
                return
            flagged = _("Slice {number} flagged: {note}").format(number=walk.entry.slice_index + 1, note=note)
            with self._walking(walk):
                more = walk.flag(note)
            self._say(flagged if more is not None else f"{flagged}. {walk.nothing_left()}")
        elif scan is not None and scan.slice_index is not None:
            scan.session.slices.flag(scan.slice_index, note)
            self._say(_("Flagged: {note}").format(note=note))

    def sign_off(self, *, rest_is_other: bool) -> None:
        """Sign the slice that is shown off, and go to the next."""
        walk, scan = self._current(), self._place.open_scan
        if walk is None:
            if scan is None or scan.slice_index is None:
                return
            number = scan.slice_index + 1
            scan.session.slices.sign_off(scan.slice_index, rest_is_other=rest_is_other)
        else:
            if not self._is_in_hand(walk) or walk.entry is None:
                return
            number = walk.entry.slice_index + 1
            walk.sign_off(rest_is_other=rest_is_other)
        self._say(_("Slice {number} signed off").format(number=number))
        self.next()

    def scan_is_open(self) -> bool:
        """Take up that a scan was opened; a reader who opened it by hand reads that one, and not the queue.

        Returns
        -------
        Whether it was opened by hand.
        """
        if self._walks_on:
            return False
        self.stop()
        return True

    def stop(self) -> None:
        """Walk through the queue no longer, and give back what is in hand."""
        walk, self._walk, self.lines = self._walk, None, []
        if walk is not None:
            try:
                walk.stop()
            except CACError as error:
                # Its lease ends by itself.
                self._say(str(error))

    def _current(self) -> QueueWalk | None:
        """The walk, unless somebody else reads by now."""
        walk = self._walk
        if walk is None:
            return None
        reader = self._reader().strip()
        if not reader or reader_name(reader) != walk.reader:
            self.stop()
            raise CACError(
                _("the queue was walked by {reader}; choose it again as yourself").format(reader=walk.reader)
            )
        return walk

    def _is_in_hand(self, walk: QueueWalk) -> bool:
        """Tell whether the slice that is shown is the one in hand; if not it is shown now."""
        if walk.take_up_shown():
            return True
        if walk.entry is None:
            self._say(walk.nothing_left())
        else:
            with self._walking(walk):
                walk.show()
            said = _("Slice {number}, which is in your hands, is shown again: once more to sign it off")
            self._say(said.format(number=walk.entry.slice_index + 1))
        return False

    @contextmanager
    def _walking(self, walk: QueueWalk) -> Iterator[None]:
        """Scans that are opened meanwhile are the queue's."""
        self._walks_on = True
        try:
            yield
        finally:
            self._walks_on = False
            self.lines = [] if walk.entry is None else entry_lines(walk.entry, self._rounds(), walk.readings)

    def _next_of_scan(self) -> None:
        scan = self._place.open_scan
        if scan is None:
            return
        following = scan.session.slices.order.after(_here(scan))
        if following is None:
            self._say(_("All slices are signed off"))
        scan.go_to_slice(following)

    def _rounds(self) -> list[Round]:
        project = self._place.project
        return [] if project is None else rounds_of(project.store)


def _left(each: Round) -> bool:
    kinds = (FIRST, INTRA, INTER, SETTLE)
    return each.number_of(kinds=kinds) > each.number_of(kinds=kinds, statuses=(DONE,))


def _here(scan: OpenScan) -> int:
    return -1 if scan.slice_index is None else scan.slice_index
