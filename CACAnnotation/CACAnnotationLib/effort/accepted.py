"""What becomes of what a reader accepts of a model's proposals."""

from __future__ import annotations

import numpy as np
from CACScoringLib.components import voxel_components
from CACScoringLib.schemes import OTHER, label_scheme
from numpy.typing import NDArray

from ..session.origins import CALCIUM_BY_MODEL, REGION_BY_MODEL
from .action_kinds import ACCEPTING, REJECTING
from .events import ReadEvent, change_of, slices_of
from .figures import ProposalsMet

_LAYERS = ("cac", "origin")


class AcceptedLabels:
    """Follows labels that a model proposed through the events of a reading that stand, in their order.

    Parameters
    ----------
    shape
        Slices, rows and columns of the scan.
    """

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self._shape = shape
        self._layers = {name: np.zeros(shape, np.uint8) for name in _LAYERS}
        self._calcium = np.zeros(shape, np.uint8)
        self._regions = np.zeros(shape, bool)
        self._rejected: list[set[int]] = []
        self.slices: set[int] = set()
        """In which something was accepted or rejected."""

    def add(self, read: ReadEvent) -> None:
        """Follow the next event; those that do not stand leave nothing."""
        event = read.event
        if not read.stands:
            return
        for name in _LAYERS:
            change = change_of(event, name)
            if change is not None:
                self._layers[name].reshape(-1)[change.voxels] = change.after
        if event.kind in REJECTING:
            self._rejected.append(slices_of(event, self._shape))
            self.slices |= self._rejected[-1]
        made_by = change_of(event, "origin")
        if event.kind in ACCEPTING and made_by is not None:
            self.slices |= slices_of(event, self._shape)
            new = made_by.after & ~made_by.before
            calcium = made_by.voxels[new & CALCIUM_BY_MODEL > 0]
            self._calcium.reshape(-1)[calcium] = self._layers["cac"].reshape(-1)[calcium]
            self._regions.reshape(-1)[made_by.voxels[new & REGION_BY_MODEL > 0]] = True

    def met(self, signed_off: NDArray[np.bool_]) -> ProposalsMet:
        """Return what became of it in the slices that are signed off, ``[slice]``."""
        calcium = np.where(signed_off[:, None, None], self._calcium, np.uint8(0)).reshape(-1)
        voxels = np.flatnonzero(calcium > label_scheme()[OTHER].value)
        origin, cac = (self._layers[name].reshape(-1)[voxels] for name in ("origin", "cac"))
        untouched = (origin & CALCIUM_BY_MODEL > 0) & (cac == calcium[voxels])
        lesion = voxel_components(voxels, calcium[voxels], self._shape).in_volume
        lesions = int(lesion.max(initial=-1)) + 1
        changed = np.bincount(lesion[~untouched], minlength=lesions) > 0
        regions = self._regions & signed_off[:, None, None]
        lost = regions & (self._layers["origin"] & REGION_BY_MODEL == 0)
        with_regions = regions.any(axis=(1, 2))
        return ProposalsMet(
            lesions,
            lesions - int(changed.sum()),
            sum(any(signed_off[index] for index in slices) for slices in self._rejected),
            voxels.size,
            int(untouched.sum()),
            int(with_regions.sum()),
            int((with_regions & ~lost.any(axis=(1, 2))).sum()),
        )
