"""What a model, or interpolation, proposes to the reader: held beside the labels until it is accepted."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from CACScoringLib.schemes import LabelScheme, label_scheme
from numpy.typing import NDArray

from .origins import REGION_BY_MODEL, REGION_INTERPOLATED


@dataclass(frozen=True, eq=False)
class ProposedLabels:
    """Proposed label values, 0 where nothing is proposed.

    Parameters
    ----------
    made_by
        Name of the model, stored with what is accepted; None where only interpolation proposes.
    cac
        Calcium labels, uint8 ``[slice, row, column]``.
    car
        Region labels, same shape.
    interpolated
        Indices of the slices whose regions were interpolated between the reader's own.
    """

    made_by: str | None
    cac: NDArray[np.uint8]
    car: NDArray[np.uint8]
    interpolated: frozenset[int] = frozenset()

    def region_origin(self, slice_index: int) -> int:
        """Bit of the layer ``origin`` of regions accepted in a slice."""
        return REGION_INTERPOLATED if slice_index in self.interpolated else REGION_BY_MODEL

    def with_regions(self, first: int, regions: NDArray[np.uint8]) -> ProposedLabels:
        """Return the proposal with interpolated regions in the slices from ``first`` on."""
        car = self.car.copy()
        car[first : first + len(regions)] = regions
        added = range(first, first + len(regions))
        return ProposedLabels(self.made_by, self.cac, car, self.interpolated.union(added))

    def with_slices_of(self, other: ProposedLabels, slices: tuple[int, int]) -> ProposedLabels:
        """Return the proposal with another one's in the slices from the first to one before the second."""
        first, end = slices
        cac, car = self.cac.copy(), self.car.copy()
        cac[first:end], car[first:end] = other.cac[first:end], other.car[first:end]
        kept = self.interpolated.difference(range(first, end))
        return ProposedLabels(other.made_by, cac, car, kept)

    def in_scheme(self, scheme: LabelScheme) -> ProposedLabels:
        """Return the proposal in a project's labels: where LM is not kept apart it belongs to LAD."""
        lm, lad = (label_scheme()[name].value for name in ("LM", "LAD"))
        if "LM" in scheme.names or not ((self.cac == lm).any() or (self.car == lm).any()):
            return self
        cac, car = (np.where(labels == lm, np.uint8(lad), labels) for labels in (self.cac, self.car))
        return replace(self, cac=cac, car=car)
