"""Small DICOM series of many kinds, as scanners and archives write them, made from a known volume."""

from __future__ import annotations

import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from CACScoringLib.errors import CACError
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.phantom.dicom_export import ct_datasets
from CACScoringLib.scans.ct_scan import Acquisition, CTScan
from CACScoringLib.scans.reader import read_scan
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.sequence import Sequence
from pydicom.uid import (
    EnhancedCTImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
    generate_uid,
)

PATIENT_NAME = "Quetzalcoatlus^Wilhelmina"
PATIENT_ID = "PID-7749-XYZZY"
PRIVATE = ("quetzalcoatlus", "wilhelmina", "pid-7749", "xyzzy")
"""What must never be seen outside the DICOM files, lower case."""

COMPRESSED = {
    "JPEG lossless": JPEGLosslessSV1,
    "JPEG-LS": JPEGLSLossless,
    "JPEG 2000": JPEG2000Lossless,
    "RLE": RLELossless,
}

Change = Callable[[Dataset], None]


def sample_hu(slices: int = 6, rows: int = 24, columns: int = 32, *, seed: int = 0) -> NDArray[np.int16]:
    """Volume in which no two voxels' neighbourhoods are alike, ``[slice, row, column]``, -1000 to 1500 HU."""
    random = np.random.default_rng(seed)
    return random.integers(-1000, 1500, (slices, rows, columns)).astype(np.int16)


def sample_geometry(
    hu: NDArray,
    spacing_mm: tuple[float, float, float] = (0.7, 0.5, 3.0),
    direction: tuple[float, ...] = (1, 0, 0, 0, 1, 0, 0, 0, 1),
) -> VolumeGeometry:
    """Geometry with pixels that are not square, so that rows and columns cannot be mistaken."""
    return VolumeGeometry(hu.shape[::-1], spacing_mm, (-11.25, 7.5, -100.0), direction)


def ct_series(
    hu: NDArray | None = None,
    geometry: VolumeGeometry | None = None,
    acquisition: Acquisition | None = None,
    *,
    change: Change | None = None,
    series_number: int = 1,
    patient_name: str = PATIENT_NAME,
    patient_id: str = PATIENT_ID,
) -> list[Dataset]:
    """Data sets of a series in the order of the volume's slices, each passed through ``change``."""
    hu = sample_hu() if hu is None else hu
    datasets = list(
        ct_datasets(
            hu,
            geometry or sample_geometry(hu),
            acquisition or Acquisition(slice_thickness_mm=3.0),
            patient_name=patient_name,
            patient_id=patient_id,
            series_number=series_number,
        )
    )[::-1]
    for dataset in datasets if change else ():
        change(dataset)
    return datasets


def write_series(
    datasets: Iterable[Dataset], folder: Path, names: Iterable[str] | None = None, **save: object
) -> list[Path]:
    """Write data sets into a folder, named by their place in the list unless ``names`` are given."""
    folder.mkdir(parents=True, exist_ok=True)
    datasets = list(datasets)
    paths = [folder / name for name in names or (f"{number:03d}.dcm" for number in range(len(datasets)))]
    for dataset, path in zip(datasets, paths, strict=True):
        dataset.save_as(path, **{"enforce_file_format": True} | save)
    return paths


def store_hu(
    dataset: Dataset,
    hu: NDArray,
    *,
    slope: float = 1,
    intercept: float = -1024,
    signed: bool = True,
    bits_stored: int = 16,
    bits_allocated: int = 16,
) -> None:
    """Store a slice's HU in another pixel format and rescale."""
    dataset.RescaleSlope, dataset.RescaleIntercept = slope, intercept
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = bits_allocated, bits_stored, bits_stored - 1
    dataset.PixelRepresentation = int(signed)
    stored = np.rint((hu.astype(float) - intercept) / slope).astype(np.int64)
    lowest = -(1 << (bits_stored - 1)) if signed else 0
    assert lowest <= stored.min()
    assert stored.max() < lowest + (1 << bits_stored)
    stored &= (1 << bits_stored) - 1
    dataset.PixelData = stored.astype(f"<u{bits_allocated // 8}").tobytes()
    dataset["PixelData"].VR = "OB" if bits_allocated == 8 else "OW"


def compress(dataset: Dataset, syntax: pydicom.uid.UID) -> Dataset:
    """Compress a native slice without loss; by SimpleITK where pydicom has no encoder."""
    if syntax in (RLELossless, JPEGLSLossless):
        dataset.compress(syntax, generate_instance_uid=False)
        return dataset
    dtype = f"<{'ui'[dataset.PixelRepresentation]}2"
    pixels = np.frombuffer(dataset.PixelData, dtype).reshape(1, dataset.Rows, dataset.Columns)
    with tempfile.TemporaryDirectory() as folder:
        writer = sitk.ImageFileWriter()
        writer.SetImageIO("GDCMImageIO")
        writer.SetFileName(f"{folder}/slice.dcm")
        writer.SetUseCompression(True)
        writer.SetCompressor("JPEG2000" if syntax == JPEG2000Lossless else "JPEG")
        writer.Execute(sitk.GetImageFromArray(pixels))
        written = pydicom.dcmread(f"{folder}/slice.dcm")
    assert written.file_meta.TransferSyntaxUID == syntax
    dataset["PixelData"] = written["PixelData"]
    dataset.file_meta.TransferSyntaxUID = syntax
    return dataset


def big_endian(dataset: Dataset) -> Dataset:
    """Turn a native slice into Explicit VR Big Endian."""
    dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").byteswap().tobytes()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    # pydicom writes in the byte order of the data set it was read with.
    dataset.set_original_encoding(False, False)
    return dataset


def enhanced(datasets: list[Dataset], order: Iterable[int] | None = None) -> Dataset:
    """Make one Enhanced CT file of a series: geometry, rescale and facts in functional groups.

    Parameters
    ----------
    datasets
        Slices, native or all compressed with one syntax.
    order
        Slice of each frame; by default in the order given.
    """
    frames = [datasets[index] for index in (order if order is not None else range(len(datasets)))]
    first = frames[0]
    whole = Dataset()
    moved = {
        "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness", "RescaleSlope",
        "RescaleIntercept", "RescaleType", "KVP", "ConvolutionKernel", "SliceLocation", "PixelData",
        "ImageType", "SpacingBetweenSlices", "GantryDetectorTilt",
    }  # fmt: skip
    for element in first:
        if element.keyword not in moved:
            whole.add(element)
    whole.file_meta = FileMetaDataset()
    whole.file_meta.TransferSyntaxUID = first.file_meta.TransferSyntaxUID
    whole.SOPClassUID = EnhancedCTImageStorage
    whole.SOPInstanceUID = generate_uid()
    whole.file_meta.MediaStorageSOPClassUID = EnhancedCTImageStorage
    whole.file_meta.MediaStorageSOPInstanceUID = whole.SOPInstanceUID
    whole.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    whole.NumberOfFrames = len(frames)
    whole.SharedFunctionalGroupsSequence = Sequence(
        [
            _group(
                PixelMeasuresSequence=_picked(first, "PixelSpacing", "SliceThickness"),
                CTXRayDetailsSequence=_picked(first, "KVP"),
                CTReconstructionSequence=_picked(first, "ConvolutionKernel"),
                CTAcquisitionDetailsSequence=_picked(first, "GantryDetectorTilt"),
            )
        ]
    )
    whole.PerFrameFunctionalGroupsSequence = Sequence(
        _group(
            PlanePositionSequence=_picked(frame, "ImagePositionPatient"),
            PlaneOrientationSequence=_picked(frame, "ImageOrientationPatient"),
            PixelValueTransformationSequence=_picked(
                frame, "RescaleSlope", "RescaleIntercept", "RescaleType"
            ),
        )
        for frame in frames
    )
    if first.file_meta.TransferSyntaxUID.is_compressed:
        parts = [next(generate_frames(frame.PixelData, number_of_frames=1)) for frame in frames]
        whole.PixelData = encapsulate(parts)
        whole["PixelData"].VR, whole["PixelData"].is_undefined_length = "OB", True
    else:
        whole.PixelData = b"".join(frame.PixelData for frame in frames)
        whole["PixelData"].VR = "OW"
    return whole


def legacy_converted(datasets: list[Dataset]) -> Dataset:
    """Make a Legacy Converted Enhanced CT file of a series, as archives do."""
    from highdicom.legacy import LegacyConvertedEnhancedCTImage

    for dataset in datasets:
        dataset.PatientBirthDate = "19500101"
    return LegacyConvertedEnhancedCTImage(
        datasets, generate_uid(), 7, generate_uid(), 1, transfer_syntax_uid=ExplicitVRLittleEndian
    )


def write_zip(path: Path, entries: Iterable[tuple[str, bytes]]) -> Path:
    """Write a zip archive of the given names and contents."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def _group(**sequences: Dataset) -> Dataset:
    group = Dataset()
    for keyword, item in sequences.items():
        setattr(group, keyword, Sequence([item]))
    return group


def _picked(dataset: Dataset, *keywords: str) -> Dataset:
    item = Dataset()
    for keyword in keywords:
        if keyword in dataset:
            setattr(item, keyword, dataset[keyword].value)
    return item


def refusal(path: Path, **options) -> str:
    """Message of the error that reading a path ends in."""
    began = time.monotonic()
    with pytest.raises(CACError) as caught:
        read_scan(path, **options)
    assert time.monotonic() - began < 2
    message = str(caught.value)
    assert "\n" not in message
    assert not any(part in message.lower() for part in PRIVATE)
    return message


def refusal_of(folder: Path, datasets: list, **options) -> str:
    """Message of the error that reading these data sets ends in."""
    write_series(datasets, folder)
    return refusal(folder, **options)


def read_series(folder: Path, datasets: list, **save: object) -> CTScan:
    """Read data sets as a user would: written into a folder."""
    write_series(datasets, folder, **save)
    return read_scan(folder)
