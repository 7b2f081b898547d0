"""Labelling by points: each point gives its artery to the whole lesion it lies on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from CACScoringLib.candidates.candidates import Candidates
from CACScoringLib.errors import CACError
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.schemes import OTHER, UNLABELLED, label_scheme
from numpy.typing import NDArray

from .control_points import ControlPoint


@dataclass(frozen=True)
class SkippedPoint:
    """A point on no candidate, and how far the nearest candidate is; None where the scan has none."""

    point: ControlPoint
    nearest_mm: float | None


@dataclass(frozen=True)
class PointLabels:
    """Outcome of labelling by points.

    Parameters
    ----------
    labels
        CAC label map, uint8 ``[slice, row, column]``.
    lesions
        Number of lesions labelled.
    split
        Number of lesions that several labels claimed and that were split between them.
    skipped
        Points that lie on no candidate.
    """

    labels: NDArray[np.uint8]
    lesions: int
    split: int
    skipped: tuple[SkippedPoint, ...]


def label_by_points(
    candidates: Candidates, points: Sequence[ControlPoint], *, rest_is_other: bool = False
) -> PointLabels:
    """Label the lesions that points lie on.

    A lesion that points of several labels claim is split voxel by voxel to the nearer point, in mm; at equal
    distance the earlier point wins.

    Parameters
    ----------
    candidates
        Candidate lesions of the scan.
    points
        The points, in the order in which they were set.
    rest_is_other
        Label candidates without a point OTHER, which signs them off; otherwise they stay unlabelled.

    Raises
    ------
    CACError
        If two points give one voxel to different arteries.
    """
    geometry, scheme = candidates.geometry, label_scheme()
    labels = np.zeros(geometry.shape, np.uint8)
    flat = labels.reshape(-1)
    claims: dict[int, list[ControlPoint]] = {}
    skipped = []
    for point in points:
        lesion = candidates.lesion_at(_voxel_of(point))
        if lesion is None:
            skipped.append(SkippedPoint(point, _nearest_candidate_mm(candidates, point)))
        else:
            claims.setdefault(lesion, []).append(point)
    _refuse_contradictions(claims)
    split = 0
    for lesion, claiming in claims.items():
        voxels = candidates.voxels_of(lesion)
        values = np.array([scheme[point.label].value for point in claiming], np.uint8)
        split += np.unique(values).size > 1
        flat[voxels] = values[_nearest_point(voxels, claiming, geometry)]
    if rest_is_other:
        labels[candidates.mask() & (labels == UNLABELLED)] = scheme[OTHER].value
    return PointLabels(labels, len(claims), split, tuple(skipped))


def _voxel_of(point: ControlPoint) -> tuple[int, int, int]:
    """Column, row and slice of the voxel that a point lies in."""
    i, j, k = (math.floor(index + 0.5) for index in point.ijk)
    return i, j, k


def _refuse_contradictions(claims: dict[int, list[ControlPoint]]) -> None:
    """Raise where two points give one voxel to different arteries: no distance decides between them."""
    for claiming in claims.values():
        first: dict[tuple[int, int, int], ControlPoint] = {}
        for point in claiming:
            other = first.setdefault(_voxel_of(point), point)
            if other.label != point.label:
                raise CACError(
                    f"{other.name} ({other.label}) and {point.name} ({point.label}) lie on the same voxel; "
                    "remove one of them"
                )


def _nearest_point(
    voxels: NDArray[np.intp], points: Sequence[ControlPoint], geometry: VolumeGeometry
) -> NDArray[np.intp]:
    """Position in ``points`` of the point nearest to each voxel."""
    if len(points) == 1:
        return np.zeros(voxels.size, np.intp)
    places = _places_mm(voxels, geometry)
    distances = [np.linalg.norm(places - geometry.lps_of(point.ijk), axis=1) for point in points]
    return np.argmin(distances, axis=0)


def _nearest_candidate_mm(candidates: Candidates, point: ControlPoint) -> float | None:
    """Distance from a point to the centre of the nearest candidate voxel."""
    runs, geometry = candidates.runs, candidates.geometry
    if not len(candidates):
        return None
    # The nearest voxel of a run of neighbours in a row is where the point projects to, cut to the run.
    first_column = runs.start % runs.shape[2]
    last_column = first_column + runs.length - 1
    column = np.clip(np.rint(point.ijk[0]), first_column, last_column).astype(np.intp)
    nearest = runs.start - first_column + column
    return float(np.linalg.norm(_places_mm(nearest, geometry) - geometry.lps_of(point.ijk), axis=1).min())


def _places_mm(voxels: NDArray[np.intp], geometry: VolumeGeometry) -> NDArray[np.float64]:
    slice_index, row, column = np.unravel_index(voxels, geometry.shape)
    return geometry.lps_of(np.stack([column, row, slice_index], axis=1))
