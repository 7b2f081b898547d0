"""In which slice of a scan a reader did what."""

from __future__ import annotations

from collections import defaultdict

from ..store.history import DO
from .action_kinds import CLICKS, STROKES
from .events import ReadEvent, slices_of
from .figures import Effort


class SliceWork:
    """Work per slice of a reading, from its events in their order.

    An event belongs to the slice that it names. A click on a lesion names none and may change several: it
    belongs to the first of these that is signed off, skipped or flagged afterwards, which is the one that the
    reader was looking at; without any such it belongs to the first that it changes.

    Parameters
    ----------
    shape
        Slices, rows and columns of the scan.
    """

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self._shape = shape
        self._work: dict[int, Effort] = defaultdict(Effort)
        self._waiting: list[tuple[set[int], Effort]] = []

    def add(self, read: ReadEvent) -> None:
        """Count the next event."""
        kind = read.event.kind
        done = Effort(undos=1) if read.step != DO else Effort(clicks=kind in CLICKS, strokes=kind in STROKES)
        slices = slices_of(read.event, self._shape)
        if len(slices) == 1:
            self._work[next(iter(slices))].add(done)
        elif slices:
            self._waiting.append((slices, done))
        if read.step == DO:
            for entry in read.event.details.get("slice_status", ()):
                self._settle(int(entry["slice_index"]))

    def by_slice(self) -> dict[int, Effort]:
        """Return the work per slice index, of slices with any."""
        for slices, done in self._waiting:
            self._work[min(slices)].add(done)
        self._waiting = []
        return self._work

    def _settle(self, slice_index: int) -> None:
        left = []
        for slices, done in self._waiting:
            if slice_index in slices:
                self._work[slice_index].add(done)
            else:
                left.append((slices, done))
        self._waiting = left
