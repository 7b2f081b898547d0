"""The reader's session with a scan: everything a panel offers, without the panel."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.schemes import OTHER, LabelScheme
from CACScoringLib.scoring.protocol import ScoringProtocol
from CACScoringLib.scoring.review import ReviewState
from CACScoringLib.scoring.scores import ScanScores

from ..project.project import Project
from ..store.actions import Action
from ..store.scan_register import ScanEntry
from ..store.stored_reading import StoredReading
from .calcium import CalciumLabelling
from .changes import Listener, SessionChange, Topic
from .desk import ReadingDesk
from .proposals import Proposals
from .regions import RegionLabelling
from .slices import SliceReview


class AnnotationSession:
    """One reader's work on one scan; panels, the browser, tests and the simulated reader drive it.

    Every finished action is on the disk before its method returns, and can be undone without end, in this
    session or, after a crash, in the next. Nothing here knows a widget or an MRML node.

    Parameters
    ----------
    scan
        The scan.
    reading
        Where labels are kept.
    scheme
        Labels that may be given.
    protocol
        Says what a candidate is, and how the scan is scored.
    order
        Slice indices in the order in which they are to be read; None for those with candidates first.
    now
        A clock in seconds that never goes back.

    Examples
    --------
    >>> session = AnnotationSession.open(project, project.scans[0], "Anna")  # doctest: +SKIP
    >>> session.active = "LAD"  # doctest: +SKIP
    >>> session.calcium.click((251, 230, 18), session.active)  # doctest: +SKIP
    True
    >>> session.scores.total.agatston  # doctest: +SKIP
    84.2
    """

    def __init__(
        self,
        scan: CTScan,
        reading: StoredReading,
        scheme: LabelScheme,
        protocol: ScoringProtocol | None = None,
        *,
        order: Sequence[int] | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._desk = ReadingDesk(scan, reading, scheme, protocol or ScoringProtocol())
        self.calcium = CalciumLabelling(self._desk)
        self.regions = RegionLabelling(self._desk)
        self.proposals = Proposals(self._desk)
        self.slices = SliceReview(self._desk, self.calcium, order, now)
        self._active = scheme.arteries[0].name

    @classmethod
    def open(
        cls,
        project: Project,
        entry: ScanEntry,
        reader: str,
        *,
        round: int = 1,
        protocol: ScoringProtocol | None = None,
    ) -> AnnotationSession:
        """Open a scan of a project, at the last action that was stored.

        Raises
        ------
        CACError
            If the scan or its labels cannot be read, or the reader's name will not do.
        """
        reading = project.store.reading(entry.series, entry.shape, reader, round)
        return cls(project.read_scan(entry), reading, project.scheme, protocol)

    @property
    def desk(self) -> ReadingDesk:
        """Scan, layers, candidates, protocol and scores; also what records and tells."""
        return self._desk

    @property
    def scores(self) -> ScanScores:
        """Scores of the labels as they are now; what they are worth says :attr:`review`."""
        return self._desk.scores

    @property
    def review(self) -> ReviewState:
        """How many slices are signed off."""
        return self._desk.review

    @property
    def active(self) -> str:
        """Name of the label that the next click gives."""
        return self._active

    @active.setter
    def active(self, label: str) -> None:
        name = self._desk.scheme[label].name
        if name != self._active:
            self._active = name
            self._desk.tell(SessionChange(Topic.ACTIVE))

    def active_by_key(self, key: str) -> bool:
        """Choose the label of a key, ``"1"`` OTHER to ``"5"`` LM; False if the scheme has none for it."""
        keys = label_keys(self._desk.scheme)
        if key not in keys:
            return False
        self.active = keys[key]
        return True

    def undo(self) -> Action | None:
        """Take back the last action, whatever it was; returns it, None if there is none.

        Raises
        ------
        CACError
            If that could not be stored; nothing has changed then.
        """
        return self._desk.undo()

    def redo(self) -> Action | None:
        """Do again what was undone last; returns it, None if there is none. Errors as :meth:`undo`."""
        return self._desk.redo()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Have a listener told of every change; returns what ends that."""
        return self._desk.listen(listener)

    def close(self) -> None:
        """Keep the time spent; labels are kept already."""
        self.slices.clock.show(None)


def label_keys(scheme: LabelScheme) -> dict[str, str]:
    """Return the label that each key gives: OTHER, then arteries, in the order of their values."""
    assert scheme.names[0] == OTHER
    return {str(number): name for number, name in enumerate(scheme.names, start=1)}
