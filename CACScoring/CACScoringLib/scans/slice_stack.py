"""Slices of a series put in order, and checked to make a volume."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import CACError
from ..geometry import VolumeGeometry
from .dicom_header import DicomHeader, SlicePlane
from .limits import FEWEST_SLICES, check_place

_SAME_PLACE_MM = 0.01
_SIDEWAYS_MM = 1.0
_TILT_TOLERANCE_DEG = 0.5
_SPACING_TOLERANCE = 0.1
"""Share of the increment by which a step between slices may differ from it."""


@dataclass(frozen=True, eq=False)
class PlacedSlice:
    """One slice: its header, what messages call it, and where it lies."""

    header: DicomHeader
    name: str
    plane: SlicePlane

    @classmethod
    def of(cls, header: DicomHeader, name: str) -> PlacedSlice:
        """Take a slice's place from its header, or raise a :class:`CACError` where it states none."""
        plane = header.plane
        if plane is None:
            raise CACError(f"{name} does not state position, orientation and pixel spacing of its slice")
        check_place(name, plane.pixel_spacing_mm, plane.position_lps_mm)
        return cls(header, name, plane)


@dataclass(frozen=True, eq=False)
class SliceStack:
    """Slices in the order of their positions.

    Parameters
    ----------
    slices
        The slices, ascending along their normal, one per position.
    places
        Slice index of each in the volume; an index without a slice is missing.
    geometry
        Geometry of the volume.
    duplicates
        Number of slices left out because another lies at their position.
    """

    slices: list[PlacedSlice]
    places: NDArray[np.intp]
    geometry: VolumeGeometry
    duplicates: int

    @property
    def missing(self) -> int:
        """Number of slice indices without a slice."""
        return self.geometry.size[2] - len(self.slices)


def stack_slices(slices: list[PlacedSlice], *, allow_gaps: bool = False) -> SliceStack:
    """Sort slices along their normal and check that they make a volume.

    Parameters
    ----------
    slices
        Slices in any order.
    allow_gaps
        Accept missing slices, uneven steps and several slices at one position, of which the first by
        instance number is kept.

    Raises
    ------
    CACError
        For fewer than 3 slices, mixed sizes, orientations or spacings, a tilted gantry, and, unless allowed,
        gaps, uneven steps and duplicate positions.
    """
    if len(slices) < FEWEST_SLICES:
        plural = "slice" if len(slices) == 1 else "slices"
        raise CACError(
            f"the series has {len(slices)} {plural}, at least {FEWEST_SLICES} are needed; "
            "name the folder that holds all of them"
        )
    _check_alike(slices)
    first_plane = slices[0].plane
    normal = np.cross(*first_plane.orientation)
    slices = sorted(
        slices, key=lambda each: (each.plane.position_lps_mm @ normal, each.header.instance_number)
    )
    _check_no_tilt(slices, normal)
    kept = _without_duplicates(slices, normal, allow_gaps)
    along = np.array([each.plane.position_lps_mm @ normal for each in kept])
    increment = _increment(along)
    if not allow_gaps:
        _check_even(along, increment)
    places = _places(along, increment)
    rows_mm, columns_mm = first_plane.pixel_spacing_mm.tolist()
    header, origin = kept[0].header, kept[0].plane.position_lps_mm
    geometry = VolumeGeometry(
        size=(header.columns, header.rows, int(places[-1]) + 1),
        spacing_mm=(columns_mm, rows_mm, increment),
        origin_lps_mm=(float(origin[0]), float(origin[1]), float(origin[2])),
        direction=tuple(np.stack([*first_plane.orientation, normal], axis=1).reshape(-1).tolist()),
    )
    return SliceStack(kept, places, geometry, len(slices) - len(kept))


def _check_alike(slices: list[PlacedSlice]) -> None:
    first = slices[0]
    row, column = first.plane.orientation
    lengths = np.linalg.norm(first.plane.orientation, axis=1)
    if abs(row @ column) > 1e-3 or np.abs(lengths - 1).max() > 1e-3:
        raise CACError(f"{first.name} states an orientation whose axes are not at right angles")
    for each in slices:
        if (each.header.rows, each.header.columns) != (first.header.rows, first.header.columns):
            raise CACError(
                f"mixed sizes: {each.name} is {each.header.columns} x {each.header.rows}, {first.name} "
                f"{first.header.columns} x {first.header.rows}; export one series at a time"
            )
        if not np.allclose(each.plane.orientation, first.plane.orientation, atol=1e-3):
            raise CACError(
                f"mixed orientations: {each.name} and {first.name} differ; export one series at a time"
            )
        if not np.allclose(each.plane.pixel_spacing_mm, first.plane.pixel_spacing_mm, rtol=1e-3):
            raise CACError(
                f"mixed pixel spacings: {each.name} differs from {first.name}; export one series at a time"
            )


def _check_no_tilt(slices: list[PlacedSlice], normal: NDArray[np.float64]) -> None:
    positions = np.array([each.plane.position_lps_mm for each in slices])
    track = positions[-1] - positions[0]
    length = track @ normal
    sheared = _degrees_between(track, normal) if length > _SAME_PLACE_MM else 0.0
    tilt = max(sheared, *(abs(each.header.gantry_tilt_deg) for each in slices))
    if tilt > _TILT_TOLERANCE_DEG:
        raise CACError(
            f"the gantry was tilted by {tilt:.1f} degrees: its slices do not stack at right angles; "
            "export the series reconstructed without tilt"
        )
    if length > _SAME_PLACE_MM:
        offsets = positions - positions[0]
        off_track = np.linalg.norm(offsets - np.outer(offsets @ normal / length, track), axis=1)
        if off_track.max() > _SIDEWAYS_MM:
            astray = slices[int(np.argmax(off_track))].name
            raise CACError(
                f"{astray} lies {off_track.max():.1f} mm beside the others; export one series at a time"
            )


def _degrees_between(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    cosine = one @ other / (np.linalg.norm(one) * np.linalg.norm(other))
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def _without_duplicates(
    slices: list[PlacedSlice], normal: NDArray[np.float64], allow_gaps: bool
) -> list[PlacedSlice]:
    kept = slices[:1]
    for each in slices[1:]:
        if (each.plane.position_lps_mm - kept[-1].plane.position_lps_mm) @ normal > _SAME_PLACE_MM:
            kept.append(each)
        elif not allow_gaps:
            raise CACError(
                f"{kept[-1].name} and {each.name} lie at the same position; export one phase or "
                "reconstruction, or pass --allow-gaps to keep the first of each"
            )
    if len(kept) < FEWEST_SLICES:
        raise CACError(f"the slices lie at {len(kept)} positions, at least {FEWEST_SLICES} are needed")
    return kept


def _increment(along: NDArray[np.float64]) -> float:
    """Distance of neighbouring slices, averaged over the usual steps so that rounding does not add up."""
    steps = np.sort(np.diff(along))
    # The lower median is a step that occurs, however few steps there are.
    usual = steps[(steps.size - 1) // 2]
    return float(steps[np.abs(steps - usual) <= _SPACING_TOLERANCE * usual].mean())


def _check_even(along: NDArray[np.float64], increment: float) -> None:
    steps = np.diff(along)
    odd = np.abs(steps - increment) > _SPACING_TOLERANCE * increment
    if odd.any():
        before = int(np.argmax(odd))
        kind = "a gap" if steps[before] > increment else "too short a step"
        raise CACError(
            f"there is {kind} after slice {before + 1} of {along.size}: {steps[before]:.2f} mm to the next, "
            f"{increment:.2f} mm elsewhere; export the series again or pass --allow-gaps"
        )


def _places(along: NDArray[np.float64], increment: float) -> NDArray[np.intp]:
    """Index of each slice on a regular grid."""
    places = np.rint((along - along[0]) / increment).astype(np.intp)
    if (np.diff(places) < 1).any():
        steps = np.diff(along)
        raise CACError(f"the distances between slices vary from {steps.min():.2f} to {steps.max():.2f} mm")
    missing = int(places[-1]) + 1 - places.size
    if missing > places.size:
        raise CACError(f"{missing} of {missing + places.size} slices are missing; export the series again")
    return places
