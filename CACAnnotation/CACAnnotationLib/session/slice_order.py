"""In which order a reader walks through the slices."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..store.slice_status import SIGNED_OFF, SKIPPED, SliceStatus


class SliceOrder:
    """Next and back over slices.

    Parameters
    ----------
    order
        Slice indices, the one to be read first in front.
    status_of
        Status of a slice by its index.
    """

    def __init__(self, order: Sequence[int], status_of: Callable[[int], SliceStatus]) -> None:
        self.order = tuple(dict.fromkeys(order))
        self._status_of = status_of

    def after(self, slice_index: int) -> int | None:
        """Return the slice to be read next, None once all others are signed off.

        It is the nearest one behind this slice that is neither signed off nor skipped, from the beginning
        again if need be; skipped ones come last.
        """
        here = self.order.index(slice_index) if slice_index in self.order else -1
        following = [*self.order[here + 1 :], *self.order[: max(here, 0)]]
        status = {each: self._status_of(each).status for each in following}
        for left_out in ({SIGNED_OFF, SKIPPED}, {SIGNED_OFF}):
            for each in following:
                if status[each] not in left_out:
                    return each
        return None

    def before(self, slice_index: int) -> int | None:
        """Return the slice in front of this one, whatever its status; None at the beginning."""
        here = self.order.index(slice_index) if slice_index in self.order else 0
        return self.order[here - 1] if here > 0 else None

    @property
    def signed_off(self) -> int:
        """Number of slices of the order that are signed off."""
        return sum(self._status_of(each).status == SIGNED_OFF for each in self.order)
