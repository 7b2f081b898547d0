"""Where a reader stands with each slice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .actions import Action

UNTOUCHED, IN_WORK, SIGNED_OFF, SKIPPED, FLAGGED = "untouched", "in work", "signed off", "skipped", "flagged"
STATUSES = (UNTOUCHED, IN_WORK, SIGNED_OFF, SKIPPED, FLAGGED)


@dataclass(frozen=True)
class SliceStatus:
    """Where a reader stands with a slice.

    Parameters
    ----------
    status
        One of :data:`STATUSES`.
    note
        What the reader wrote about it, mostly why a slice is flagged.
    seconds
        Time spent on it, in seconds.
    """

    status: str = UNTOUCHED
    note: str = ""
    seconds: float = 0.0


class StatusChange(NamedTuple):
    """A slice whose status and note change, and from what."""

    slice_index: int
    status_before: str
    note_before: str
    status_after: str
    note_after: str

    def reversed(self) -> StatusChange:
        """Return the change that takes this one back."""
        return StatusChange(
            self.slice_index, self.status_after, self.note_after, self.status_before, self.note_before
        )


def status_changes(
    action: Action, changed_slices: Iterable[int], current: Sequence[SliceStatus]
) -> tuple[StatusChange, ...]:
    """Tell which slices change their status with an action.

    Parameters
    ----------
    action
        Its ``details["slice_status"]`` says what the reader decided.
    changed_slices
        Slices in which it changes voxels; those that were untouched are then in work.
    current
        Status of every slice before the action.

    Raises
    ------
    ValueError
        If a status is unknown, or the scan has no such slice.
    """
    after = {
        int(index): (IN_WORK, current[index].note)
        for index in changed_slices
        if current[index].status == UNTOUCHED
    }
    for entry in action.details.get("slice_status", ()):
        index, status = int(entry["slice_index"]), entry["status"]
        if status not in STATUSES:
            raise ValueError(f"'{status}' is not one of {', '.join(STATUSES)}")
        if not 0 <= index < len(current):
            raise ValueError(f"the scan has no slice {index}; it has {len(current)}")
        after[index] = status, str(entry.get("note", ""))
    return tuple(
        StatusChange(index, current[index].status, current[index].note, *new)
        for index, new in sorted(after.items())
        if new != (current[index].status, current[index].note)
    )
