"""One DICOM series turned into a volume: slices in order of their positions, HU after rescale."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from ..errors import CACError
from .ct_scan import AIR_HU, CTScan, ScanWarning
from .dicom_header import DicomHeader, read_frames, read_header
from .dicom_series import DicomSeries, display_name
from .padding import find_padding, narrow_hu
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
    with tempfile.TemporaryDirectory(prefix="cac-") as folder:
        stack = stack_slices(_single_frames(series, root, Path(folder)), allow_gaps=allow_gaps)
        values, padding = _read_pixels(stack)
    return CTScan(values, stack.geometry, series.acquisition, padding, _gap_warnings(stack))


def _single_frames(series: DicomSeries, root: Path, folder: Path) -> list[PlacedSlice]:
    """Single frames of a series, multi-frame files taken apart into ``folder``."""
    slices = []
    for header in series.headers:
        name = display_name(header.path, root)
        if header.frames == 1:
            slices.append(PlacedSlice.of(header, name))
            continue
        paths = read_frames(header.path, name, folder)
        for number, path in enumerate(paths, start=1):
            frame_name = f"{name}, frame {number}"
            frame = read_header(path, frame_name)
            assert frame is not None, "it was written with rows and columns"
            slices.append(PlacedSlice.of(frame, frame_name))
    return slices


def _gap_warnings(stack: SliceStack) -> tuple[ScanWarning, ...]:
    if not stack.missing and not stack.duplicates:
        return ()
    sentence = (
        f"{stack.missing} missing slices were filled with padding, {stack.duplicates} duplicates left out"
    )
    return (ScanWarning("gaps", f"{sentence}; scores next to them may be wrong"),)


def _read_pixels(stack: SliceStack) -> tuple[NDArray, NDArray[np.bool_] | None]:
    """HU of all slices, ``[slice, row, column]``, and where they are padding."""
    shape = stack.geometry.shape
    slices = [_read_slice(each.header, each.name) for each in stack.slices]
    values = np.full(shape, AIR_HU, np.result_type(np.int16, *(each.dtype for each in slices)))
    for place, pixels in zip(stack.places, slices, strict=True):
        values[place] = pixels
    values = narrow_hu(values)
    padding = find_padding(values, stack.slices[0].header.padding_hu)
    filler = np.setdiff1d(np.arange(shape[0]), stack.places)
    if filler.size:
        padding = np.zeros(shape, bool) if padding is None else padding
        padding[filler] = True
    return values, padding


def _read_slice(header: DicomHeader, name: str) -> NDArray:
    """HU of one slice, ``[row, column]``, each with its own rescale."""
    try:
        image = sitk.ReadImage(str(header.path))
    except RuntimeError as error:
        raise CACError(f"{name} is damaged: its pixels cannot be decoded; copy or export it again") from error
    pixels = sitk.GetArrayFromImage(image).squeeze(0) if image.GetDepth() == 1 else np.empty(0)
    if pixels.shape != (header.rows, header.columns):
        raise CACError(
            f"{name} does not hold one grey-scale slice of {header.columns} x {header.rows} pixels"
        )
    return pixels
