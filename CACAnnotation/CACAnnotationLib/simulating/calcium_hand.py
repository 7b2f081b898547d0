"""The clicks and brush strokes that make the calcium of a slice what a reader takes it for."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.schemes import OTHER, UNLABELLED
from numpy.typing import NDArray

from ..session.calcium import Reach
from ..session.desk import ReadingDesk
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
    desk: ReadingDesk, labels: NDArray[np.uint8], wanted: NDArray[np.uint8], slice_index: int
) -> list[CalciumAction]:
    """Say what is to be done in a slice.

    A lesion of one artery takes one click. Where it spans several, or more than calcium, most of it in the
    slice is clicked and the rest brushed, voxels side by side with one stroke. Voxels that are OTHER and have
    no label are left: signing off makes them OTHER.

    Parameters
    ----------
    desk
        Of the session.
    labels
        Labels that the slice has, ``[row, column]``.
    wanted
        Labels that it should have, ``[slice, row, column]``.
    slice_index
        Which slice.
    """
    candidates, geometry, scheme = desk.candidates, desk.scan.geometry, desk.scheme
    names = {label.value: label.name for label in scheme.labels}
    first, last = slice_index * labels.size, (slice_index + 1) * labels.size
    inside = slice(*np.searchsorted(candidates.all_voxels, (first, last)).tolist())
    voxels = candidates.all_voxels[inside]
    goal, now = wanted.reshape(-1)[voxels], labels.reshape(-1)[voxels - first].copy()
    now[(now == UNLABELLED) & (goal <= scheme[OTHER].value)] = scheme[OTHER].value
    run = np.searchsorted(candidates.runs.start, voxels, side="right") - 1
    owner = candidates.component[run]
    actions = []
    for candidate in np.unique(owner[now != goal]).tolist():
        here = owner == candidate
        values, counts = np.unique(goal[here], return_counts=True)
        most = int(values[counts.argmax()])
        of_most = voxels[here & (goal == most)]
        if (now[here & (goal == most)] != most).any():
            whole = bool((wanted.reshape(-1)[candidates.voxels_of(candidate)] == most).all())
            place = of_most[(of_most.size - 1) // 2]
            reach = Reach.LESION if whole else Reach.SLICE
            actions.append(CalciumAction(names[most], _ijk(place[None], geometry), reach))
            now[here] = most
        for value in values.tolist():
            for stretch in _runs(voxels[here & (goal == value) & (now != goal)], labels.shape[1]):
                actions.append(CalciumAction(names[value], _ijk(stretch, geometry), None))
    return actions


def act(session: AnnotationSession, action: CalciumAction) -> None:
    """Do what was said."""
    if action.reach is not None:
        session.calcium.click(action.places[0], action.label, action.reach)
        return
    geometry = session.desk.scan.geometry
    stroke = ViewStroke.of(geometry.ras_of(action.places), geometry.ijk_to_ras[:3, 2])
    session.calcium.brush(stroke, _BRUSH * min(geometry.spacing_mm[:2]), action.label)


def _runs(voxels: NDArray[np.intp], columns: int) -> list[NDArray[np.intp]]:
    """Divide ascending flat indices into stretches along rows."""
    breaks = np.flatnonzero((np.diff(voxels) != 1) | (voxels[1:] % columns == 0)) + 1
    return [voxels[first:end] for first, end in pairwise([0, *breaks.tolist(), voxels.size]) if first < end]


def _ijk(voxels: NDArray[np.intp], geometry: VolumeGeometry) -> NDArray[np.float64]:
    return np.stack(np.unravel_index(voxels, geometry.shape)[::-1], axis=1).astype(float)
