"""One DICOM series turned into a volume: slices in order of their positions, HU after rescale."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import CACError
from .ct_scan import AIR_HU, CTScan, ScanWarning
from .dicom_header import read_frame_headers
from .dicom_pixels import read_hu
from .dicom_series import DicomSeries, display_name
from .padding import find_padding
from .slice_stack import PlacedSlice, SliceStack, stack_slices


def read_dicom_volume(series: DicomSeries, root: Path, *, allow_gaps: bool = False) -> CTScan:
    """Read a series as a volume.

    Slices are sorted along their normal, as GDCM sorts them, so that indices agree with SimpleITK's.

    Parameters
    ----------
    series
        The series.
    root
        Folder from which messages name the files.
    allow_gaps
        Fill missing slices with padding and keep the first of several slices at one position; otherwise
        either is an error.

    Raises
    ------
    CACError
        If the series is not CT, has fewer than 3 slices, mixed sizes or orientations, a tilted gantry, gaps
        or duplicate positions, or a damaged file.
    """
    if series.first.modality != "CT":
        modality = series.first.modality or "unstated"
        raise CACError(f"the series is not CT (modality {modality}); choose a CT series with --series")
    stack = stack_slices(_placed_slices(series, root), allow_gaps=allow_gaps)
    values, padding = _read_pixels(stack, root)
    return CTScan(values, stack.geometry, series.acquisition, padding, reading_warnings=_gap_warnings(stack))


def _placed_slices(series: DicomSeries, root: Path) -> list[PlacedSlice]:
    """Slices of a series, frames of multi-frame files each for itself."""
    slices = []
    for header in series.headers:
        name = display_name(header.path, root)
        if header.frames == 1:
            slices.append(PlacedSlice.of(header, name))
        else:
            slices += [
                PlacedSlice.of(frame, f"{name}, frame {frame.frame + 1}")
                for frame in read_frame_headers(header.path, name)
            ]
    return slices


def _gap_warnings(stack: SliceStack) -> tuple[ScanWarning, ...]:
    if not stack.missing and not stack.duplicates:
        return ()
    sentence = (
        f"{stack.missing} missing slices were filled with padding, {stack.duplicates} duplicates left out"
    )
    return (ScanWarning("gaps", f"{sentence}; scores next to them may be wrong"),)


def _read_pixels(stack: SliceStack, root: Path) -> tuple[NDArray, NDArray[np.bool_] | None]:
    """HU of all slices, ``[slice, row, column]``, and where they are padding."""
    slices: list[NDArray] = [np.empty(0)] * len(stack.slices)
    for path, indices in _by_file(stack).items():
        frames = [stack.slices[index].header.frame for index in indices]
        for index, hu in zip(indices, read_hu(path, display_name(path, root), frames), strict=True):
            slices[index] = hu
    shape = stack.geometry.shape
    values = np.full(shape, AIR_HU, np.result_type(*slices))
    padding = np.ones(shape, bool)
    for place, hu, each in zip(stack.places, slices, stack.slices, strict=True):
        values[place] = hu
        found = find_padding(hu, each.header.padding_hu)
        padding[place] = False if found is None else found
    return values, padding if padding.any() else None


def _by_file(stack: SliceStack) -> dict[Path, list[int]]:
    """Indices of the slices that each file holds."""
    files: dict[Path, list[int]] = {}
    for index, each in enumerate(stack.slices):
        files.setdefault(each.header.path, []).append(index)
    return files
