"""Pixels of a DICOM file decoded and rescaled to HU."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK as sitk
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels import iter_pixels
from pydicom.uid import (
    CTImageStorage,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
    generate_uid,
)

from ..errors import CACError
from .dicom_damage import named_damage
from .dicom_elements import finite_of
from .jpeg_stream import check_stream
from .multiframe import flattened_frame, frame_count
from .padding import narrow_hu
from .quiet import quiet_itk

_PIXEL_DESCRIPTION = (
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
)


def read_hu(path: Path, name: str, frames: Sequence[int]) -> list[NDArray]:
    """Read frames of a file, each with its own rescale.

    Parameters
    ----------
    path
        The file.
    name
        What messages call the file.
    frames
        Numbers of the frames, from 0; ``[0]`` for an ordinary image.

    Returns
    -------
    HU of each frame, ``[row, column]``, int16 where that loses nothing.

    Raises
    ------
    CACError
        If the file is damaged, in colour, or packed in a way that neither pydicom nor GDCM reads.
    """
    with named_damage(path, name):
        dataset = pydicom.dcmread(path, force=True)
        if dataset.SamplesPerPixel != 1 or not dataset.PhotometricInterpretation.startswith("MONOCHROME"):
            raise CACError(f"{name} holds colours, not HU")
        rescales = [_rescale(flattened_frame(dataset, frame)) for frame in frames]
    with named_damage(path, name, dataset, "its pixels cannot be decoded"), quiet_itk():
        stored = list(_stored(dataset, frames))
    return [_rescaled(pixels, *rescale) for pixels, rescale in zip(stored, rescales, strict=True)]


def _stored(dataset: Dataset, frames: Sequence[int]) -> Iterator[NDArray]:
    """Stored values of frames, ``[row, column]``: JPEG of all kinds through GDCM, the rest through pydicom.

    pydicom decodes native and RLE pixels in NumPy, which no damage can crash.
    """
    syntax = dataset.file_meta.get("TransferSyntaxUID")
    if syntax is None:
        # A file without file meta group; pydicom has found out how it is written.
        implicit, _ = dataset.original_encoding
        syntax = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
        dataset.file_meta.TransferSyntaxUID = syntax
    if not syntax.is_encapsulated or syntax == RLELossless:
        yield from iter_pixels(dataset, indices=frames, raw=True)
        return
    streams = list(generate_frames(dataset.PixelData, number_of_frames=frame_count(dataset)))
    with tempfile.TemporaryDirectory(prefix="cac-") as folder:
        for frame in frames:
            yield _decoded_by_gdcm(dataset, streams[frame], Path(folder) / "frame.dcm")


def _decoded_by_gdcm(dataset: Dataset, stream: bytes, path: Path) -> NDArray:
    """Decode one compressed frame, ``[row, column]``.

    GDCM gets a file that holds nothing but the frame: it reads multi-frame files with one rescale and its own
    order of frames, allocates what damaged elements ask for, and crashes on sequences nested too deep.
    """
    check_stream(stream, dataset.Rows, dataset.Columns, dataset.BitsAllocated)
    single = Dataset()
    for keyword in _PIXEL_DESCRIPTION:
        single.add(dataset[keyword])
    single.SOPClassUID = CTImageStorage
    single.SOPInstanceUID = generate_uid()
    single.add_new("PixelData", "OB", encapsulate([stream]))
    single["PixelData"].is_undefined_length = True
    single.file_meta = FileMetaDataset()
    single.file_meta.TransferSyntaxUID = dataset.file_meta.TransferSyntaxUID
    single.save_as(path, enforce_file_format=True)
    pixels = sitk.GetArrayFromImage(sitk.ReadImage(str(path), imageIO="GDCMImageIO"))
    return pixels.reshape(dataset.Rows, dataset.Columns)


def _rescale(dataset: Dataset) -> tuple[float, float]:
    """Slope and intercept of a frame, which turn stored values into HU."""
    slope, intercept = finite_of(dataset, "RescaleSlope", 1.0), finite_of(dataset, "RescaleIntercept", 0.0)
    if slope == 0:
        raise ValueError("a rescale slope of 0 leaves no image")
    return slope, intercept


def _rescaled(stored: NDArray, slope: float, intercept: float) -> NDArray:
    if slope == 1 and intercept.is_integer() and stored.itemsize <= 2 and abs(intercept) < 1 << 30:
        return narrow_hu(stored.astype(np.int32) + np.int32(intercept))
    return narrow_hu(stored * slope + intercept)
