"""Labelling calcium: whole lesions, their part in a slice, voxels, all inside a line, all the rest."""

from __future__ import annotations

from enum import Enum

import numpy as np
from CACScoringLib.schemes import OTHER, UNLABELLED
from numpy.typing import ArrayLike, NDArray

from .desk import ReadingDesk
from .edit import Edit
from .origins import CALCIUM_BY_READER
from .picking import ViewStroke, candidate_near, candidates_in_lasso, voxels_under_brush


class Reach(Enum):
    """How much of a lesion a click takes."""

    LESION = "lesion"
    """All of it, in three dimensions."""
    SLICE = "slice"
    """Its voxels in the slice that was clicked."""


class Exclusion(Enum):
    """Why a lesion is kept out of the score; values of the layer ``excluded``."""

    STENT = 1
    METAL = 2


class CalciumLabelling:
    """Labels of candidate voxels; no other voxel ever gets one.

    Places are column, row and slice with fractions. Every method returns whether it changed anything, and
    raises a :class:`~CACScoringLib.errors.CACError`, with nothing changed, if that could not be stored.

    Parameters
    ----------
    desk
        Of the session.
    """

    def __init__(self, desk: ReadingDesk) -> None:
        self._desk = desk

    def click(self, ijk: ArrayLike, label: str, reach: Reach = Reach.LESION) -> bool:
        """Label the lesion at a place, or the nearest one within 1.5 mm."""
        voxels = self._at(ijk, reach)
        return voxels is not None and self._label("label lesion", voxels, label, reach=reach.value)

    def clear(self, ijk: ArrayLike, reach: Reach = Reach.LESION) -> bool:
        """Take the label away from the lesion at a place, and let it count again if it was kept out."""
        voxels = self._at(ijk, reach)
        if voxels is None:
            return False
        edit = self._desk.edit()
        edit.label("cac", voxels, UNLABELLED, CALCIUM_BY_READER)
        edit.set("excluded", voxels, 0)
        return self._desk.do("clear lesion", edit, {"reach": reach.value})

    def relabel(self, voxels: NDArray[np.integer], label: str) -> bool:
        """Give some candidate voxels, ascending flat indices, another label: a row of the lesion table."""
        return self._label("relabel lesion", voxels, label)

    def brush(self, stroke: ViewStroke, radius_mm: float, label: str) -> bool:
        """Label the candidate voxels that a brush touches, in the plane of the view alone."""
        voxels = self._under(stroke, radius_mm)
        return self._label("label voxels", voxels, label)

    def brush_clear(self, stroke: ViewStroke, radius_mm: float) -> bool:
        """Take labels away from the voxels that a brush touches."""
        edit = self._desk.edit()
        edit.label("cac", self._under(stroke, radius_mm), UNLABELLED, CALCIUM_BY_READER)
        return self._desk.do("clear voxels", edit)

    def lasso(self, stroke: ViewStroke, label: str) -> bool:
        """Label every candidate that lies inside a closed line, each as a whole."""
        candidates = self._desk.candidates
        chosen = [candidates.voxels_of(each) for each in candidates_in_lasso(candidates, stroke)]
        if not chosen:
            return False
        return self._label("label by lasso", np.sort(np.concatenate(chosen)), label, lesions=len(chosen))

    def rest_is_other(self, slice_index: int | None = None) -> bool:
        """Label every candidate voxel without a label OTHER, in a slice or, without one, in the scan."""
        edit = self._desk.edit()
        self.label_other(edit, self.unlabelled(slice_index))
        return self._desk.do("the rest is OTHER", edit, {"slice": slice_index})

    def label_other(self, edit: Edit, voxels: NDArray[np.integer]) -> None:
        """Have an action label some candidate voxels OTHER."""
        edit.label("cac", voxels, self._desk.scheme[OTHER].value, CALCIUM_BY_READER)

    def unlabelled(self, slice_index: int | None = None) -> NDArray[np.intp]:
        """Candidate voxels without a label, in a slice or in the scan; ascending flat indices."""
        voxels = self._desk.candidates.all_voxels
        if slice_index is not None:
            voxels = self._in_slice(voxels, slice_index)
        return voxels[self._desk.layers["cac"].reshape(-1)[voxels] == UNLABELLED]

    def unlabelled_lesions(self, slice_index: int) -> int:
        """Count the candidates of a slice that have no label there, or not all over."""
        candidates, voxels = self._desk.candidates, self.unlabelled(slice_index)
        run = np.searchsorted(candidates.runs.start, voxels, side="right") - 1
        return np.unique(candidates.component[run]).size

    def exclude(self, ijk: ArrayLike, why: Exclusion) -> bool:
        """Keep the lesion at a place out of the score; what of it has no label becomes OTHER."""
        voxels = self._at(ijk, Reach.LESION)
        if voxels is None:
            return False
        desk, edit = self._desk, self._desk.edit()
        bare = voxels[desk.layers["cac"].reshape(-1)[voxels] == UNLABELLED]
        self.label_other(edit, bare)
        edit.set("excluded", voxels, why.value)
        return desk.do("keep out of the score", edit, {"why": why.name.lower()})

    def include(self, ijk: ArrayLike) -> bool:
        """Let the lesion at a place count again."""
        voxels = self._at(ijk, Reach.LESION)
        if voxels is None:
            return False
        edit = self._desk.edit()
        edit.set("excluded", voxels, 0)
        return self._desk.do("count again", edit)

    def _label(self, kind: str, voxels: NDArray[np.integer], label: str, **details: object) -> bool:
        edit = self._desk.edit()
        edit.label("cac", voxels, self._desk.scheme[label].value, CALCIUM_BY_READER)
        return self._desk.do(kind, edit, {"label": label, **details})

    def _at(self, ijk: ArrayLike, reach: Reach) -> NDArray[np.intp] | None:
        candidates = self._desk.candidates
        found = candidate_near(candidates, ijk)
        if found is None:
            return None
        voxels = candidates.voxels_of(found)
        if reach is Reach.LESION:
            return voxels
        first, last = candidates[found].slices
        return self._in_slice(voxels, min(max(round(float(np.asarray(ijk)[2])), first), last))

    def _in_slice(self, voxels: NDArray[np.intp], slice_index: int) -> NDArray[np.intp]:
        _, rows, columns = self._desk.scan.geometry.shape
        bounds = slice_index * rows * columns, (slice_index + 1) * rows * columns
        return voxels[slice(*np.searchsorted(voxels, bounds))]

    def _under(self, stroke: ViewStroke, radius_mm: float) -> NDArray[np.intp]:
        return voxels_under_brush(self._desk.candidates, stroke, radius_mm)
