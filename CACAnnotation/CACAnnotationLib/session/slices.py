"""Slice after slice: which is next, its status, and the time spent on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from CACScoringLib.errors import CACError

from ..store.actions import slice_status_detail
from ..store.slice_status import FLAGGED, SIGNED_OFF, SKIPPED, SliceStatus
from .calcium import CalciumLabelling
from .desk import ReadingDesk
from .edit import Edit
from .reading_clock import ReadingClock
from .slice_order import SliceOrder


class SliceReview:
    """The reader's way through the slices.

    Parameters
    ----------
    desk, calcium
        Of the session.
    order
        Slice indices in the order in which they are to be read; None for all with candidates, from the first
        on, and then all others.
    now
        Clock of the session, in seconds.
    """

    def __init__(
        self,
        desk: ReadingDesk,
        calcium: CalciumLabelling,
        order: Sequence[int] | None,
        now: Callable[[], float],
    ) -> None:
        self._desk, self._calcium = desk, calcium
        self.order = SliceOrder(_by_candidates(desk) if order is None else order, self.status)
        self.clock = ReadingClock(now, desk.reading.add_seconds)
        self._current: int | None = None

    @property
    def current(self) -> int | None:
        """Index of the slice that is shown; None before the first."""
        return self._current

    def status(self, slice_index: int) -> SliceStatus:
        """Return where the reader stands with a slice."""
        return self._desk.reading.slice_status[slice_index]

    def show(self, slice_index: int) -> None:
        """Say which slice is shown, so that time counts for it."""
        if not 0 <= slice_index < self._desk.scan.geometry.shape[0]:
            raise ValueError(f"the scan has no slice {slice_index}")
        self._current = slice_index
        self.clock.show(slice_index)

    def next(self) -> int | None:
        """Go to the next slice to be read; returns its index, None once all are signed off."""
        return self._go(self.order.after(-1 if self._current is None else self._current))

    def back(self) -> int | None:
        """Go to the slice in front of this one; None at the beginning."""
        return self._go(self.order.before(-1 if self._current is None else self._current))

    def sign_off(self, slice_index: int, *, rest_is_other: bool = False) -> bool:
        """Sign a slice off: every candidate in it has a label.

        Parameters
        ----------
        slice_index
            Which slice.
        rest_is_other
            Label what has none OTHER, in the same action.

        Returns
        -------
        False if it was signed off already.

        Raises
        ------
        CACError
            If candidates have no label and the rest is not to be OTHER, or the action could not be stored.
        """
        voxels = self._calcium.unlabelled(slice_index)
        if voxels.size and not rest_is_other:
            raise CACError(
                f"{voxels.size} candidate voxels of slice {slice_index + 1} have no label; label them, or "
                "sign off with the rest as OTHER"
            )
        edit = self._desk.edit()
        self._calcium.label_other(edit, voxels)
        return self._give("sign off", slice_index, SIGNED_OFF, edit=edit)

    def skip(self, slice_index: int, note: str = "") -> bool:
        """Put a slice off; it comes again after all others."""
        return self._give("skip", slice_index, SKIPPED, note)

    def flag(self, slice_index: int, note: str) -> bool:
        """Mark a slice for somebody else to look at, and say why."""
        return self._give("flag", slice_index, FLAGGED, note)

    def _give(
        self,
        kind: str,
        slice_index: int,
        status: str,
        note: str | None = None,
        edit: Edit | None = None,
    ) -> bool:
        before = self.status(slice_index)
        note = before.note if note is None else note
        if (status, note) == (before.status, before.note) and (edit is None or not edit.changes()):
            return False
        details = {"slice_status": [slice_status_detail(slice_index, status, note)]}
        return self._desk.do(kind, edit, details)

    def _go(self, slice_index: int | None) -> int | None:
        if slice_index is not None:
            self.show(slice_index)
        return slice_index


def _by_candidates(desk: ReadingDesk) -> list[int]:
    slices, rows, columns = desk.scan.geometry.shape
    holds = np.bincount(desk.candidates.all_voxels // (rows * columns), minlength=slices) > 0
    return [*np.flatnonzero(holds).tolist(), *np.flatnonzero(~holds).tolist()]
