"""What the reader needs to know of one DICOM file, checked on the way in."""

from __future__ import annotations

import hashlib
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from ..errors import CACError
from .ct_scan import Acquisition
from .multiframe import flattened_frame, frame_count, split_frames

_DEFERRED_BYTES = 1 << 15
_NO_CONTRAST = {"NO", "NONE", "N", "0", "NO CONTRAST", "WITHOUT", "W/O", "NATIVE"}


@dataclass(frozen=True, eq=False)
class SlicePlane:
    """Where a slice lies in the patient.

    Parameters
    ----------
    position_lps_mm
        Centre of the first pixel, shape ``(3,)``.
    orientation
        Cosines along a row and along a column, shape ``(2, 3)``, LPS.
    pixel_spacing_mm
        Distance between rows, and between columns.
    """

    position_lps_mm: NDArray[np.float64]
    orientation: NDArray[np.float64]
    pixel_spacing_mm: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DicomHeader:
    """Header of one file, one slice or several frames.

    Parameters
    ----------
    path
        The file.
    modality
        ``"CT"`` and so on.
    localizer
        Whether the image is a scout view.
    frames
        Number of frames; more than one in an enhanced multi-frame file.
    rows, columns
        Size of a frame.
    plane
        Where the slice (the first frame) lies; None unless position, orientation and spacing are stated.
    gantry_tilt_deg
        Stated tilt of the gantry.
    padding_hu
        Lowest and highest HU that the file declares to be padding; None where it declares none.
    description
        Series description, None where it repeats the patient's name or identifier.
    series_number, instance_number
        Numbers given by the scanner; they order nothing.
    acquisition
        Acquisition facts.
    """

    path: Path
    modality: str
    localizer: bool
    frames: int
    rows: int
    columns: int
    plane: SlicePlane | None
    gantry_tilt_deg: float
    padding_hu: tuple[float, float] | None
    description: str | None
    series_number: int
    instance_number: int
    acquisition: Acquisition


@dataclass(frozen=True)
class DamagedFile:
    """A DICOM file that cannot be used, and the series it belongs to as far as that can be read."""

    path: Path
    message: str
    study_uid: str | None = None
    series_uid: str | None = None


class DamagedFileError(CACError):
    """Raised for a DICOM file that cannot be used."""

    def __init__(self, file: DamagedFile) -> None:
        super().__init__(file.message)
        self.file = file


def read_header(path: Path, name: str) -> DicomHeader | None:
    """Read the header of a file; None where the file is not a DICOM image.

    Parameters
    ----------
    path
        The file.
    name
        What messages call the file.

    Raises
    ------
    DamagedFileError
        If the file is a DICOM image and damaged: cut short, or with an unreadable element.
    """
    with quiet_pydicom(), named_damage(path, name):
        dataset = _read_dataset(path)
    if dataset is None:
        return None
    with quiet_pydicom(), named_damage(path, name, dataset):
        if "Rows" not in dataset or "Columns" not in dataset:
            return None
        _check_pixels_are_all_there(path, dataset, name)
        return _header_of(path, flattened_frame(dataset, 0), frame_count(dataset))


def read_frames(path: Path, name: str, folder: Path) -> list[Path]:
    """Take a multi-frame file apart into single-frame files in ``folder``; errors as :func:`read_header`."""
    with quiet_pydicom(), named_damage(path, name):
        return split_frames(pydicom.dcmread(path, force=True), folder)


def _read_dataset(path: Path) -> Dataset | None:
    """Read a file's elements, large values left on disk; None where the file is not DICOM."""
    try:
        return pydicom.dcmread(path, defer_size=_DEFERRED_BYTES)
    except InvalidDicomError:
        pass
    with suppress(Exception):
        dataset = pydicom.dcmread(path, defer_size=_DEFERRED_BYTES, force=True)
        return dataset if "SOPClassUID" in dataset else None
    return None


@contextmanager
def named_damage(path: Path, name: str, dataset: Dataset | None = None) -> Iterator[None]:
    """Turn whatever a damaged file makes pydicom raise into a sentence that names the file."""
    try:
        yield
    except (CACError, MemoryError):
        raise
    except PermissionError as error:
        raise _damaged(f"{name} cannot be opened: permission denied", path) from error
    except Exception as error:
        message = f"{name} is damaged: its DICOM elements cannot be read; copy or export it again"
        raise _damaged(message, path, dataset) from error


def _damaged(message: str, path: Path, dataset: Dataset | None = None) -> DamagedFileError:
    study_uid = series_uid = None
    if dataset is not None:
        with suppress(Exception):
            study_uid, series_uid = _text(dataset, "StudyInstanceUID"), _text(dataset, "SeriesInstanceUID")
    return DamagedFileError(DamagedFile(path, message, study_uid, series_uid))


@contextmanager
def quiet_pydicom() -> Iterator[None]:
    """Keep pydicom from printing element values, which may be a patient's name."""
    logger = logging.getLogger("pydicom")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _check_pixels_are_all_there(path: Path, dataset: Dataset, name: str) -> None:
    """Raise if the file ends before its pixels do."""
    if "PixelData" not in dataset:
        raise _damaged(f"{name} is cut short: it holds no pixels; copy or export it again", path, dataset)
    pixels = dataset.get_item("PixelData")
    length = getattr(pixels, "length", None)
    if length is None or length == 0xFFFFFFFF:
        return
    start = getattr(pixels, "value_tell", 0)
    expected = dataset.Rows * dataset.Columns * dataset.BitsAllocated // 8 * frame_count(dataset)
    if start + length > path.stat().st_size or length < expected:
        message = f"{name} is cut short: some of its pixels are missing; copy or export it again"
        raise _damaged(message, path, dataset)


def _header_of(path: Path, dataset: Dataset, frames: int) -> DicomHeader:
    image_type = {str(part).upper() for part in _values(dataset, "ImageType")}
    return DicomHeader(
        path=path,
        modality=_text(dataset, "Modality") or "",
        localizer="LOCALIZER" in image_type,
        frames=frames,
        rows=int(dataset.Rows),
        columns=int(dataset.Columns),
        plane=_plane(dataset),
        gantry_tilt_deg=_number(dataset, "GantryDetectorTilt") or 0.0,
        padding_hu=_padding(dataset),
        description=_description(dataset),
        series_number=int(_number(dataset, "SeriesNumber") or 0),
        instance_number=int(_number(dataset, "InstanceNumber") or 0),
        acquisition=Acquisition(
            kvp=_number(dataset, "KVP"),
            slice_thickness_mm=_number(dataset, "SliceThickness"),
            kernel=", ".join(str(part) for part in _values(dataset, "ConvolutionKernel")) or None,
            contrast_agent=_contrast_agent(dataset),
            ecg_gated=_ecg_gated(dataset),
            study_uid=_text(dataset, "StudyInstanceUID"),
            series_uid=_text(dataset, "SeriesInstanceUID"),
            patient_key=patient_key(dataset),
        ),
    )


def _plane(dataset: Dataset) -> SlicePlane | None:
    position = _numbers(dataset, "ImagePositionPatient", 3)
    orientation = _numbers(dataset, "ImageOrientationPatient", 6)
    spacing = _numbers(dataset, "PixelSpacing", 2)
    if position is None or orientation is None or spacing is None:
        return None
    return SlicePlane(position, orientation.reshape(2, 3), spacing)


def patient_key(dataset: Dataset) -> str | None:
    """Pseudonym of the patient of a dataset; None where nothing identifies the patient.

    A keyed hash of the identifier and its issuer, or else of name and birth date. A secret in the
    environment variable ``CAC_PSEUDONYM_KEY`` keeps others from trying identifiers until one fits; keep it
    the same for as long as scans of one patient are to be recognised as such.
    """
    identity = [_text(dataset, "PatientID"), _text(dataset, "IssuerOfPatientID")]
    if not identity[0]:
        identity = [_text(dataset, "PatientName"), _text(dataset, "PatientBirthDate")]
    if not identity[0]:
        return None
    secret = hashlib.sha256(os.environ.get("CAC_PSEUDONYM_KEY", "").encode()).digest()
    text = "\0".join(part or "" for part in identity)
    return "P-" + hashlib.blake2b(text.encode(), key=secret, digest_size=6).hexdigest()


def _description(dataset: Dataset) -> str | None:
    description = _text(dataset, "SeriesDescription")
    names = str(dataset.get("PatientName") or "").replace("^", " ").replace("=", " ").split()
    private = [*names, _text(dataset, "PatientID") or ""]
    if description and any(len(part) > 1 and part.lower() in description.lower() for part in private):
        return None
    return description


def _contrast_agent(dataset: Dataset) -> str | None:
    agent = _text(dataset, "ContrastBolusAgent")
    for item in dataset.get("ContrastBolusAgentSequence") or ():
        agent = agent or _text(item, "CodeMeaning")
    return None if agent is None or agent.upper() in _NO_CONTRAST else agent


def _ecg_gated(dataset: Dataset) -> bool | None:
    technique = _text(dataset, "CardiacSynchronizationTechnique")
    if technique:
        return technique.upper() != "NONE"
    options = " ".join(str(part).upper() for part in _values(dataset, "ScanOptions"))
    stated = _number(dataset, "TriggerTime") is not None or any(
        word in options for word in ("ECG", "GATE", "GATING", "TRIGGER", "CARDIAC")
    )
    return True if stated else None


def _padding(dataset: Dataset) -> tuple[float, float] | None:
    value = _number(dataset, "PixelPaddingValue")
    if value is None:
        return None
    limit = _number(dataset, "PixelPaddingRangeLimit")
    slope, intercept = _number(dataset, "RescaleSlope") or 1.0, _number(dataset, "RescaleIntercept") or 0.0
    ends = sorted(slope * end + intercept for end in (value, value if limit is None else limit))
    return ends[0], ends[1]


def _values(dataset: Dataset, keyword: str) -> list[Any]:
    value = dataset.get(keyword)
    if value is None or value == "":
        return []
    return [value] if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__") else list(value)


def _text(dataset: Dataset, keyword: str) -> str | None:
    return " ".join(str(part) for part in _values(dataset, keyword)).strip() or None


def _number(dataset: Dataset, keyword: str) -> float | None:
    values = _values(dataset, keyword)
    return float(values[0]) if values and np.isfinite(float(values[0])) else None


def _numbers(dataset: Dataset, keyword: str, count: int) -> NDArray[np.float64] | None:
    values = np.array([float(part) for part in _values(dataset, keyword)])
    return values if values.size == count and np.isfinite(values).all() else None
