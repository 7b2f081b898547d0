"""Writing a CT volume as a DICOM series: CT Image Storage (PS3.3 A.3), one file per axial slice.

Nothing here reads a clock or draws a random number: the same input gives the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, generate_uid
from pydicom.valuerep import format_number_as_ds

from ..errors import CACError, os_reason
from ..geometry import VolumeGeometry
from ..scans.ct_scan import Acquisition

RESCALE_INTERCEPT = -1024
"""Stored values are HU + 1024, signed: padding of -3024 HU is then stored as -2000, as scanners have it."""

_DATE, _TIME = "20000101", "120000"


def write_ct_series(
    folder: Path,
    hu: NDArray[np.integer],
    geometry: VolumeGeometry,
    acquisition: Acquisition,
    *,
    patient_name: str,
    patient_id: str,
    padding_hu: int | None = None,
    series_number: int = 1,
) -> None:
    """Write the slices of a volume as ``0001.dcm``, ``0002.dcm`` … into a folder, made if it is missing.

    The parameters are those of :func:`ct_datasets`.

    Raises
    ------
    CACError
        If the folder cannot be written or the disk is full.
    """
    datasets = ct_datasets(
        hu,
        geometry,
        acquisition,
        patient_name=patient_name,
        patient_id=patient_id,
        padding_hu=padding_hu,
        series_number=series_number,
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for dataset in datasets:
            dataset.save_as(folder / f"{dataset.InstanceNumber:04d}.dcm", enforce_file_format=True)
    except OSError as error:
        raise CACError(f"cannot write DICOM files to {folder}: {os_reason(error)}") from error


def ct_datasets(
    hu: NDArray[np.integer],
    geometry: VolumeGeometry,
    acquisition: Acquisition,
    *,
    patient_name: str,
    patient_id: str,
    padding_hu: int | None = None,
    series_number: int = 1,
) -> Iterator[FileDataset]:
    """Yield the DICOM data sets of a volume's slices, in the order of their instance numbers.

    Instances are numbered from the last slice to the first: scanners number from head to feet, arrays whose
    geometry has the identity direction run from feet to head.

    Parameters
    ----------
    hu
        Hounsfield units, integers from -31744 to 31743, ``[slice, row, column]``.
    geometry
        Where the volume lies, LPS mm; positions are written with the 16 characters of a decimal string.
    acquisition
        Facts for the header: 120 kV, the slice increment as thickness and an unenhanced scan where they are
        None; a missing kernel stays out. Without ``study_uid`` and ``series_uid`` both are derived from
        patient, facts, series number and voxels, so that different images never share a UID.
    patient_name, patient_id
        Written as they are (PS3.5 names, ``Family^Given``).
    padding_hu
        Value in ``hu`` that stands for "outside the reconstructed field".
    series_number
        Number of the series in its study.

    Raises
    ------
    ValueError
        If the array does not fit the geometry or cannot be stored in 16 bits.
    """
    if hu.shape != geometry.shape:
        raise ValueError(f"array of shape {hu.shape} does not fit a volume of shape {geometry.shape}")
    limits = np.iinfo(np.int16)
    lowest, highest = limits.min - RESCALE_INTERCEPT, limits.max + RESCALE_INTERCEPT
    if not np.issubdtype(hu.dtype, np.integer) or hu.min() < lowest or hu.max() > highest:
        raise ValueError(f"HU must be integers from {lowest} to {highest}")
    stored = (hu.astype(np.int32) - RESCALE_INTERCEPT).astype("<i2")
    entropy = [patient_id, repr(acquisition), repr(geometry), str(series_number)]
    entropy.append(hashlib.sha256(stored.tobytes()).hexdigest())
    common = Dataset()
    _add_patient_and_study(common, patient_name, patient_id, acquisition, entropy)
    _add_series(common, acquisition, series_number, entropy)
    _add_acquisition(common, acquisition, geometry)
    _add_pixel_format(common, geometry, padding_hu)
    for instance, slice_index in enumerate(reversed(range(len(stored))), start=1):
        uid = generate_uid(entropy_srcs=[*entropy, "instance", str(instance)])
        yield _slice_dataset(common, stored[slice_index], geometry, slice_index, instance, uid)


def _add_patient_and_study(
    common: Dataset, patient_name: str, patient_id: str, acquisition: Acquisition, entropy: list[str]
) -> None:
    common.SpecificCharacterSet = "ISO_IR 192"
    common.PatientName = patient_name
    common.PatientID = patient_id
    common.PatientBirthDate = ""
    common.PatientSex = ""
    common.QualityControlSubject = "YES"
    common.StudyInstanceUID = acquisition.study_uid or generate_uid(entropy_srcs=[*entropy, "study"])
    common.StudyID = "1"
    common.StudyDescription = "synthetic"
    common.StudyDate = common.SeriesDate = common.AcquisitionDate = common.ContentDate = _DATE
    common.StudyTime = common.SeriesTime = common.AcquisitionTime = common.ContentTime = _TIME
    common.AccessionNumber = ""
    common.ReferringPhysicianName = ""


def _add_series(common: Dataset, acquisition: Acquisition, series_number: int, entropy: list[str]) -> None:
    common.SOPClassUID = CTImageStorage
    common.Modality = "CT"
    common.Manufacturer = "CoronaryCalcium phantom"
    common.ManufacturerModelName = "CoronaryCalcium phantom"
    common.SeriesInstanceUID = acquisition.series_uid or generate_uid(entropy_srcs=[*entropy, "series"])
    common.SeriesNumber = series_number
    common.SeriesDescription = "synthetic calcium score"
    common.FrameOfReferenceUID = generate_uid(entropy_srcs=[common.StudyInstanceUID, "frame of reference"])
    common.PositionReferenceIndicator = ""
    common.PatientPosition = "HFS"
    common.BodyPartExamined = "HEART"
    common.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]


def _add_acquisition(common: Dataset, acquisition: Acquisition, geometry: VolumeGeometry) -> None:
    common.AcquisitionNumber = 1
    common.KVP = _decimal(120.0 if acquisition.kvp is None else acquisition.kvp)
    thickness_mm = acquisition.slice_thickness_mm
    common.SliceThickness = _decimal(geometry.increment_mm if thickness_mm is None else thickness_mm)
    common.SpacingBetweenSlices = _decimal(geometry.increment_mm)
    common.GantryDetectorTilt = "0"
    columns, rows, _ = geometry.size
    common.ReconstructionDiameter = _decimal(
        max(columns * geometry.spacing_mm[0], rows * geometry.spacing_mm[1])
    )
    if acquisition.kernel is not None:
        common.ConvolutionKernel = acquisition.kernel
    if acquisition.contrast_agent is not None:
        common.ContrastBolusAgent = acquisition.contrast_agent
    if acquisition.ecg_gated:
        # The plain CT module has no attribute of its own for it; scanners say it here.
        common.ScanOptions = "ECG_GATED"


def _add_pixel_format(common: Dataset, geometry: VolumeGeometry, padding_hu: int | None) -> None:
    columns, rows, _ = geometry.size
    common.SamplesPerPixel = 1
    common.PhotometricInterpretation = "MONOCHROME2"
    common.Rows, common.Columns = rows, columns
    common.PixelSpacing = [_decimal(geometry.spacing_mm[1]), _decimal(geometry.spacing_mm[0])]
    common.BitsAllocated = common.BitsStored = 16
    common.HighBit = 15
    common.PixelRepresentation = 1
    common.RescaleIntercept = str(RESCALE_INTERCEPT)
    common.RescaleSlope = "1"
    common.RescaleType = "HU"
    if padding_hu is not None:
        common.add_new("PixelPaddingValue", "SS", padding_hu - RESCALE_INTERCEPT)
    common.WindowCenter, common.WindowWidth = "50", "400"
    common.BurnedInAnnotation = "NO"
    common.LossyImageCompression = "00"


def _slice_dataset(
    common: Dataset,
    pixels: NDArray[np.int16],
    geometry: VolumeGeometry,
    slice_index: int,
    instance: int,
    uid: UID,
) -> FileDataset:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = uid
    dataset = FileDataset("", deepcopy(common), file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPInstanceUID = uid
    dataset.InstanceNumber = instance
    position_mm = geometry.lps_of((0, 0, slice_index))
    direction = np.reshape(geometry.direction, (3, 3))
    dataset.ImagePositionPatient = [_decimal(value) for value in position_mm]
    # DICOM wants the direction of a growing column index first: the first column of the matrix.
    dataset.ImageOrientationPatient = [_decimal(value) for value in direction[:, :2].T.ravel()]
    dataset.SliceLocation = _decimal(position_mm @ direction[:, 2])
    dataset.add_new("PixelData", "OW", pixels.tobytes())
    return dataset


def _decimal(value: float) -> str:
    """Write a number as a DICOM decimal string: 16 characters at most."""
    return str(format_number_as_ds(float(value)))
