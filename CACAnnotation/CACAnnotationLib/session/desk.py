"""What all parts of a session share: the scan, the reading, its scores, and who listens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from CACScoringLib.candidates.candidates import Candidates, find_candidates
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.schemes import OTHER, LabelScheme, label_scheme
from CACScoringLib.scoring.protocol import ScoringProtocol
from CACScoringLib.scoring.review import ReviewState
from CACScoringLib.scoring.scores import ScanScores, score_scan
from numpy.typing import NDArray

from ..store.actions import Action, LayerChange
from ..store.slice_status import SIGNED_OFF
from ..store.stored_reading import StoredReading
from .changes import Listener, SessionChange, Topic
from .edit import Edit, among


class ReadingDesk:
    """A scan and its stored reading: actions are recorded here, and listeners told.

    Parameters
    ----------
    scan, reading
        What is read, and where it is kept.
    scheme
        Labels that may be given.
    protocol
        Says what a candidate is, and how the scan is scored.
    """

    def __init__(
        self, scan: CTScan, reading: StoredReading, scheme: LabelScheme, protocol: ScoringProtocol
    ) -> None:
        self.scan, self.reading, self.scheme = scan, reading, scheme
        self._protocol = protocol
        self._candidates = find_candidates(scan, protocol)
        self._scores: ScanScores | None = None
        self._listeners: list[Listener] = []
        self._counted = np.zeros(scan.geometry.shape, np.uint8)
        self._coronary = np.zeros(0, np.intp)
        self._count_again(np.flatnonzero(self.layers["cac"]))

    @property
    def layers(self) -> Mapping[str, NDArray[np.uint8]]:
        """Layers of the reading as they are now, ``[slice, row, column]``, read only."""
        return self.reading.layers

    @property
    def counted(self) -> NDArray[np.uint8]:
        """Labels as they are scored: what is kept out of the score is OTHER. Read only."""
        return self._counted

    @property
    def candidates(self) -> Candidates:
        """All candidate lesions under the protocol."""
        return self._candidates

    @property
    def protocol(self) -> ScoringProtocol:
        """What counts as calcium, and how it is scored; setting it finds candidates anew.

        Labels stay as they are. Those of voxels below a new threshold do not count until it is lowered again.
        """
        return self._protocol

    @protocol.setter
    def protocol(self, protocol: ScoringProtocol) -> None:
        if protocol != self._protocol:
            candidates = find_candidates(self.scan, protocol)
            self._protocol, self._candidates, self._scores = protocol, candidates, None
            self.tell(SessionChange(Topic.CANDIDATES))

    @property
    def scores(self) -> ScanScores:
        """Scores of the labels as they are now."""
        if self._scores is None:
            self._scores = score_scan(self.scan, self._counted, self._protocol, self._coronary)
        return self._scores

    @property
    def review(self) -> ReviewState:
        """How many slices are signed off."""
        statuses = self.reading.slice_status
        return ReviewState(len(statuses), sum(each.status == SIGNED_OFF for each in statuses))

    def edit(self) -> Edit:
        """Begin an action."""
        return Edit(self.layers)

    def do(self, kind: str, edit: Edit | None = None, details: Mapping[str, Any] | None = None) -> bool:
        """Put an action on the disk, then tell listeners.

        An action that changes nothing, and gives no slice a status, is none.

        Returns
        -------
        Whether there was anything to do.

        Raises
        ------
        CACError
            If it could not be stored; nothing has changed then.
        """
        changes = edit.changes() if edit else ()
        details = details or {}
        if not changes and not details.get("slice_status"):
            return False
        action = Action(kind, changes, details)
        self.reading.record(action)
        self._happened(changes, self.slices_of(action))
        return True

    def undo(self) -> Action | None:
        """Take the last action back; returns it, None if there is none. Errors as :meth:`do`."""
        if not self.reading.done:
            return None
        action = self.reading.done[-1]
        self.reading.record_undo()
        self._happened(tuple(each.reversed() for each in action.changes), self.slices_of(action))
        return action

    def redo(self) -> Action | None:
        """Do the action undone last again; returns it, None if there is none. Errors as :meth:`do`."""
        if not self.reading.undone:
            return None
        action = self.reading.undone[-1]
        self.reading.record_redo()
        self._happened(action.changes, self.slices_of(action))
        return action

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Have a listener told of every change, in the order in which they began to listen.

        Returns
        -------
        Ends the listening; may be called more than once.
        """
        self._listeners.append(listener)

        def end() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return end

    def tell(self, change: SessionChange) -> None:
        """Tell all listeners."""
        for listener in tuple(self._listeners):
            listener(change)

    def _happened(self, changes: tuple[LayerChange, ...], slices: tuple[int, ...]) -> None:
        for change in changes:
            if change.layer in ("cac", "excluded"):
                self._count_again(change.voxels)
        self.tell(SessionChange(Topic.LABELS, slices, changes))

    def _count_again(self, voxels: NDArray[np.integer]) -> None:
        """Bring what is scored up to date: the labels, but OTHER for what is kept out of the score."""
        cac, excluded = (self.layers[name].reshape(-1)[voxels] for name in ("cac", "excluded"))
        other = np.uint8(label_scheme()[OTHER].value)
        counted = np.where((excluded > 0) & (cac > 0), other, cac)
        self._counted.reshape(-1)[voxels] = counted
        unchanged = self._coronary[~among(self._coronary, voxels)]
        self._coronary = np.sort(np.concatenate([unchanged, voxels[counted > other]]))
        self._scores = None

    def slices_of(self, action: Action) -> tuple[int, ...]:
        """Indices of the slices in which an action changes labels or status, ascending."""
        slices = {index for change in action.changes for index in change.parts(self.scan.geometry.shape)}
        slices |= {int(entry["slice_index"]) for entry in action.details.get("slice_status", ())}
        return tuple(sorted(slices))
