"""Accepting, rejecting and correcting what was proposed."""

from __future__ import annotations

import numpy as np
from CACScoringLib.schemes import OTHER, UNLABELLED
from numpy.typing import ArrayLike, NDArray

from .changes import SessionChange, Topic
from .desk import ReadingDesk
from .interpolation import interpolated_regions
from .origins import CALCIUM_BY_MODEL, CALCIUM_BY_READER
from .picking import candidate_near
from .proposal import ProposedLabels


class Proposals:
    """What is proposed at the moment, and what the reader makes of it.

    A proposal never replaces a label by itself: accepting all of it labels what has no label. Methods that
    accept or reject return whether that changed anything, and raise a
    :class:`~CACScoringLib.errors.CACError`, with nothing changed, if it could not be stored.

    Parameters
    ----------
    desk
        Of the session.
    """

    def __init__(self, desk: ReadingDesk) -> None:
        self._desk = desk
        self._current: ProposedLabels | None = None

    @property
    def current(self) -> ProposedLabels | None:
        """The proposal; None where there is none."""
        return self._current

    def show(self, proposal: ProposedLabels) -> None:
        """Take up a proposal in place of the one before, in the labels that the project knows.

        Raises
        ------
        ValueError
            If it does not fit the scan.
        """
        shape = self._desk.scan.geometry.shape
        if proposal.cac.shape != shape or proposal.car.shape != shape:
            raise ValueError(f"a proposal of shape {proposal.cac.shape} does not fit a scan of {shape}")
        self._current = proposal.in_scheme(self._desk.scheme)
        self._desk.tell(SessionChange(Topic.PROPOSAL))

    def dismiss(self) -> None:
        """Forget the proposal; labels stay."""
        if self._current is not None:
            self._current = None
            self._desk.tell(SessionChange(Topic.PROPOSAL))

    def interpolate(self, first: int, last: int) -> bool:
        """Propose regions for the slices between two; False if one has none, or nothing is between.

        What else is proposed stays proposed.
        """
        first, last = sorted((first, last))
        car = self._desk.layers["car"]
        if last - first < 2 or not (car[first].any() and car[last].any()):
            return False
        proposal = self._current
        if proposal is None:
            nothing = np.zeros_like(car)
            proposal = ProposedLabels(None, nothing, nothing)
        regions = interpolated_regions(car[first], car[last], last - first - 1)
        self.show(proposal.with_regions(first + 1, regions))
        return True

    def pending(self, slice_index: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return what is proposed in a slice and not labelled yet: calcium and regions, ``[row, column]``.

        Regions are pending as long as the slice has none.
        """
        nothing = np.zeros(self._desk.scan.geometry.shape[1:], np.uint8)
        if self._current is None:
            return nothing, nothing
        cac, car = (self._desk.layers[name][slice_index] for name in ("cac", "car"))
        calcium = np.where(cac == UNLABELLED, self._current.cac[slice_index], np.uint8(0))
        return calcium, nothing if car.any() else self._current.car[slice_index]

    def accept(self, slice_index: int | None = None) -> bool:
        """Accept what is pending in a slice, or in the scan."""
        proposal = self._current
        if proposal is None:
            return False
        edit = self._desk.edit()
        slices = range(len(proposal.cac)) if slice_index is None else (slice_index,)
        pending = [self.pending(each) for each in slices]
        origins = ([CALCIUM_BY_MODEL] * len(pending), [proposal.region_origin(each) for each in slices])
        for layer, maps, made_by in zip(("cac", "car"), zip(*pending, strict=True), origins, strict=True):
            inside = [np.flatnonzero(labels) for labels in maps]
            counts = [each.size for each in inside]
            voxels = np.concatenate(inside) + np.repeat(slices, counts) * maps[0].size
            labels = np.concatenate([each.reshape(-1)[at] for each, at in zip(maps, inside, strict=True)])
            edit.label(layer, voxels, labels, np.repeat(made_by, counts))
        return self._desk.do("accept proposal", edit, {"model": proposal.made_by, "slice": slice_index})

    def accept_lesion(self, ijk: ArrayLike) -> bool:
        """Accept what is proposed for the lesion at a place, in place of the labels it may have."""
        found = self._proposed_at(ijk)
        if found is None:
            return False
        voxels, labels = found
        edit, proposal = self._desk.edit(), self._current
        assert proposal is not None
        edit.label("cac", voxels[labels > 0], labels[labels > 0], CALCIUM_BY_MODEL)
        return self._desk.do("accept lesion", edit, {"model": proposal.made_by})

    def reject_lesion(self, ijk: ArrayLike) -> bool:
        """Say that the lesion at a place is no coronary calcium: the reader's own label OTHER."""
        found = self._proposed_at(ijk)
        if found is None:
            return False
        edit = self._desk.edit()
        edit.label("cac", found[0], self._desk.scheme[OTHER].value, CALCIUM_BY_READER)
        made_by = self._current.made_by if self._current else None
        return self._desk.do("reject lesion", edit, {"model": made_by})

    def _proposed_at(self, ijk: ArrayLike) -> tuple[NDArray[np.intp], NDArray[np.uint8]] | None:
        """Voxels of the lesion at a place, and their proposed labels; None if nothing is proposed there."""
        candidates = self._desk.candidates
        found = candidate_near(candidates, ijk)
        if found is None or self._current is None:
            return None
        voxels = candidates.voxels_of(found)
        labels = self._current.cac.reshape(-1)[voxels]
        return (voxels, labels) if labels.any() else None
