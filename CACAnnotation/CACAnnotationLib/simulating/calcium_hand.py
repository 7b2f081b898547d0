"""The clicks and brush strokes that make the calcium of a slice what a reader takes it for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.schemes import OTHER, UNLABELLED
from numpy.typing import NDArray

from ..session.calcium import Reach
from ..session.picking import ViewStroke
from ..session.session import AnnotationSession

_BRUSH = 0.2
"""Radius of the brush for single voxels, in pixels: it touches those that its line goes through alone."""


class CalciumAction(NamedTuple):
    """A click, or a brush stroke.

    Parameters
    ----------
    label
        Name of the label it gives.
    places
        Column, row and slice: of the click, or along the stroke, ``(n, 3)``.
    reach
        Of the click; None for a stroke.
    """

    label: str
    places: NDArray[np.float64]
    reach: Reach | None


def calcium_actions(
    session: AnnotationSession, wanted: NDArray[np.uint8], slice_index: int
) -> Iterator[CalciumAction]:
    """Say what is to be done, one action after the other; each is to be done before the next is asked for.

    A lesion of one artery takes one click. Where it spans several, or more than calcium, most of it in the
    slice is clicked and the rest brushed, voxels side by side with one stroke. Voxels that are OTHER and have
    no label are left: signing off makes them OTHER.

    Parameters
    ----------
    session
        Its labels are compared with those wanted.
    wanted
        Label values, ``[slice, row, column]``.
    slice_index
        Which slice.
    """
    names = {label.value: label.name for label in session.desk.scheme.labels}
    for candidate in wrong_candidates(session, wanted, slice_index):
        voxels = session.desk.candidates.voxels_of(candidate)
        here = voxels[voxels // _slice_size(session) == slice_index]
        goal = wanted.reshape(-1)[here]
        values, counts = np.unique(goal, return_counts=True)
        most = int(values[counts.argmax()])
        if _wrong(session, wanted, here[goal == most]).any():
            whole = bool((wanted.reshape(-1)[voxels] == most).all())
            place = here[goal == most][(counts.max() - 1) // 2]
            yield CalciumAction(
                names[most],
                _ijk(place[None], session.desk.scan.geometry),
                Reach.LESION if whole else Reach.SLICE,
            )
        for value in values.tolist():
            left = here[(goal == value) & _wrong(session, wanted, here)]
            for run in _runs(left, session.desk.scan.geometry.shape[2]):
                yield CalciumAction(names[value], _ijk(run, session.desk.scan.geometry), None)


def act(session: AnnotationSession, action: CalciumAction) -> None:
    """Do what was said."""
    if action.reach is not None:
        session.calcium.click(action.places[0], action.label, action.reach)
        return
    geometry = session.desk.scan.geometry
    stroke = ViewStroke.of(geometry.ras_of(action.places), geometry.ijk_to_ras[:3, 2])
    session.calcium.brush(stroke, _BRUSH * min(geometry.spacing_mm[:2]), action.label)


def wrong_candidates(session: AnnotationSession, wanted: NDArray[np.uint8], slice_index: int) -> list[int]:
    """Ids of the candidates that have a label in a slice that they should not have there, or lack one."""
    candidates, size = session.desk.candidates, _slice_size(session)
    first, last = np.searchsorted(
        candidates.all_voxels, (slice_index * size, (slice_index + 1) * size)
    ).tolist()
    voxels = candidates.all_voxels[first:last]
    wrong = voxels[_wrong(session, wanted, voxels)]
    run = np.searchsorted(candidates.runs.start, wrong, side="right") - 1
    return np.unique(candidates.component[run]).tolist()


def _wrong(
    session: AnnotationSession, wanted: NDArray[np.uint8], voxels: NDArray[np.intp]
) -> NDArray[np.bool_]:
    labels, goal = session.desk.layers["cac"].reshape(-1)[voxels], wanted.reshape(-1)[voxels]
    left_to_the_end = (labels == UNLABELLED) & (goal <= session.desk.scheme[OTHER].value)
    return (labels != goal) & ~left_to_the_end


def _runs(voxels: NDArray[np.intp], columns: int) -> list[NDArray[np.intp]]:
    """Divide ascending flat indices into stretches along rows."""
    breaks = np.flatnonzero((np.diff(voxels) != 1) | (voxels[1:] % columns == 0)) + 1
    return [voxels[first:end] for first, end in pairwise([0, *breaks.tolist(), voxels.size]) if first < end]


def _ijk(voxels: NDArray[np.intp], geometry: VolumeGeometry) -> NDArray[np.float64]:
    return np.stack(np.unravel_index(voxels, geometry.shape)[::-1], axis=1).astype(float)


def _slice_size(session: AnnotationSession) -> int:
    _, rows, columns = session.desk.scan.geometry.shape
    return rows * columns
