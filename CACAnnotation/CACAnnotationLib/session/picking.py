"""What a click, a brush or a lasso takes hold of."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from CACScoringLib.candidates.candidates import Candidates
from CACScoringLib.candidates.runs import ranges
from numpy.typing import ArrayLike, NDArray
from skimage.measure import points_in_poly

NEAR_MM = 1.5
"""A click takes the nearest lesion up to this far away."""


@dataclass(frozen=True, eq=False)
class ViewStroke:
    """A line drawn in a slice view of any orientation.

    Parameters
    ----------
    points_ras_mm
        Places along the line, ``(n, 3)``, RAS in mm, all in the plane of the view.
    normal_ras
        Unit vector across that plane.
    """

    points_ras_mm: NDArray[np.float64]
    normal_ras: NDArray[np.float64]

    @classmethod
    def of(cls, points_ras_mm: ArrayLike, normal_ras: ArrayLike) -> ViewStroke:
        """Make a stroke of whatever a view gives; the normal may have any length."""
        points = np.atleast_2d(np.asarray(points_ras_mm, np.float64))
        normal = np.asarray(normal_ras, np.float64)
        length = float(np.linalg.norm(normal))
        if points.shape[1] != 3 or normal.shape != (3,) or not length > 0 or not np.isfinite(points).all():
            raise ValueError("a stroke has points (n, 3), finite, and a normal (3,) that is not 0")
        return cls(points, normal / length)


def candidate_near(candidates: Candidates, ijk: ArrayLike, near_mm: float = NEAR_MM) -> int | None:
    """Return the candidate at a place, or the nearest one not farther away than ``near_mm``.

    Parameters
    ----------
    candidates
        Of the scan.
    ijk
        Column, row and slice of the place, with fractions.
    near_mm
        From the place to the centre of a voxel.

    Returns
    -------
    Its id; None where there is none so near.
    """
    place = np.asarray(ijk, np.float64)
    geometry = candidates.geometry
    i, j, k = (math.floor(index + 0.5) for index in place)
    at_once = candidates.lesion_at((i, j, k))
    if at_once is not None:
        return at_once
    reach = [math.ceil(near_mm / mm) for mm in geometry.spacing_mm]
    spans = [
        np.arange(max(middle - far, 0), min(middle + far + 1, size))
        for middle, far, size in zip((i, j, k), reach, geometry.size, strict=True)
    ]
    around = np.stack(np.meshgrid(*spans, indexing="ij"), axis=-1).reshape(-1, 3)
    away_mm = np.linalg.norm((around - place) * geometry.spacing_mm, axis=1)
    for nearest in np.argsort(away_mm, kind="stable"):
        if away_mm[nearest] > near_mm:
            break
        column, row, slice_index = around[nearest].tolist()
        found = candidates.lesion_at((column, row, slice_index))
        if found is not None:
            return found
    return None


def voxels_under_brush(candidates: Candidates, stroke: ViewStroke, radius_mm: float) -> NDArray[np.intp]:
    """Return the candidate voxels that a round brush touches: in the plane of the view, near its line.

    Parameters
    ----------
    candidates
        Of the scan.
    stroke, radius_mm
        The brush's path and its size.

    Returns
    -------
    Ascending flat indices, ``[slice, row, column]``.
    """
    voxels, places = _in_plane(candidates, stroke)
    flat = _across_removed(places, stroke)
    line = _across_removed(stroke.points_ras_mm, stroke)
    away_mm = np.full(len(flat), np.inf)
    for start, end in zip(line, line[1:] if len(line) > 1 else line, strict=False):
        along = end - start
        length2 = float(along @ along)
        share = np.clip((flat - start) @ along / length2, 0, 1) if length2 else np.zeros(len(flat))
        np.minimum(away_mm, np.linalg.norm(flat - start - share[:, None] * along, axis=1), out=away_mm)
    return voxels[away_mm <= radius_mm]


def candidates_in_lasso(candidates: Candidates, stroke: ViewStroke) -> list[int]:
    """Return the candidates that lie inside a closed line: more than half of what the view shows of them.

    Ids, ascending. The line closes itself from its last point to its first.
    """
    runs = candidates.runs
    if len(stroke.points_ras_mm) < 3 or not len(candidates):
        return []
    voxels, places = _in_plane(candidates, stroke)
    run = np.searchsorted(runs.start, voxels, side="right") - 1
    owner = candidates.component[run]
    across = _plane_axes(stroke.normal_ras)
    inside = points_in_poly(places @ across.T, stroke.points_ras_mm @ across.T)
    shown = np.bincount(owner, minlength=len(candidates))
    return np.flatnonzero(2 * np.bincount(owner[inside], minlength=len(candidates)) > shown).tolist()


def _in_plane(candidates: Candidates, stroke: ViewStroke) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Candidate voxels that the plane of a view cuts, and where their centres are, RAS in mm.

    Of each line of voxels along the axis that is nearest to the normal it cuts one.
    """
    geometry, runs = candidates.geometry, candidates.runs
    across = stroke.normal_ras @ geometry.ijk_to_ras[:3, :3]
    half_mm = np.abs(across).max() / 2 + 1e-6
    start = np.stack(np.unravel_index(runs.start, geometry.shape)[::-1], axis=1)
    start_mm = (geometry.ras_of(start) - stroke.points_ras_mm[0]) @ stroke.normal_ras
    end_mm = start_mm + (runs.length - 1) * across[0]
    cut = (np.minimum(start_mm, end_mm) <= half_mm) & (np.maximum(start_mm, end_mm) >= -half_mm)
    voxels = ranges(runs.start[cut], runs.length[cut])
    places = geometry.ras_of(np.stack(np.unravel_index(voxels, geometry.shape)[::-1], axis=1))
    inside = np.abs((places - stroke.points_ras_mm[0]) @ stroke.normal_ras) <= half_mm
    return voxels[inside], places[inside]


def _across_removed(places: NDArray[np.float64], stroke: ViewStroke) -> NDArray[np.float64]:
    return places - (places @ stroke.normal_ras)[:, None] * stroke.normal_ras


def _plane_axes(normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two unit vectors that span the plane across a normal, ``(2, 3)``."""
    first = np.cross(normal, np.eye(3)[np.abs(normal).argmin()])
    first /= np.linalg.norm(first)
    return np.stack([first, np.cross(normal, first)])
