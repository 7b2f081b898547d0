"""What the reader needs to know of one DICOM file, checked on the way in."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from .ct_scan import Acquisition
from .dicom_damage import damaged, named_damage
from .dicom_elements import number_of, numbers_of, positive_of, text_of, uid_of, values_of
from .dicom_file import DicomFile, read_dicom_file
from .multiframe import flattened_frame, frame_count

MOST_PIXELS = 1 << 24
"""More than a detector resolves; larger sizes are damage."""

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
    """Header of one slice: of a file, or of one frame of a multi-frame file.

    Parameters
    ----------
    path
        The file.
    modality
        ``"CT"`` and so on.
    localizer
        Whether the image is a scout view.
    frames
        Number of frames of the file; more than one in an enhanced multi-frame file.
    frame
        Which of them this is, from 0.
    rows, columns
        Size of a frame.
    plane
        Where the slice lies; None unless position, orientation and spacing are stated.
    gantry_tilt_deg
        Stated tilt of the gantry.
    padding_hu
        Lowest and highest HU that the file declares to be padding; None where it declares none.
    description
        Series description, None where it repeats the patient's name or identifier.
    private_parts
        Folders and file names on the way to the file that repeat the patient's name or identifier.
    series_number, instance_number
        Numbers given by the scanner; they order nothing.
    acquisition
        Acquisition facts.
    """

    path: Path
    modality: str
    localizer: bool
    frames: int
    frame: int
    rows: int
    columns: int
    plane: SlicePlane | None
    gantry_tilt_deg: float
    padding_hu: tuple[float, float] | None
    description: str | None
    private_parts: frozenset[str]
    series_number: int
    instance_number: int
    acquisition: Acquisition


def read_header(path: Path, name: str) -> DicomHeader | None:
    """Read the header of a file, of its first frame; None where the file is not a DICOM image.

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
    file = read_dicom_file(path, name)
    if file is None:
        return None
    with named_damage(path, name, file.dataset):
        _check_pixels_are_all_there(file, name)
        return _header_of(path, file.dataset, 0)


def read_frame_headers(path: Path, name: str) -> list[DicomHeader]:
    """Read the headers of all frames of a file that :func:`read_header` has read; errors as there."""
    file = read_dicom_file(path, name)
    assert file is not None, "its header was read before"
    with named_damage(path, name, file.dataset):
        return [_header_of(path, file.dataset, frame) for frame in range(frame_count(file.dataset))]


def _check_pixels_are_all_there(file: DicomFile, name: str) -> None:
    """Raise if the file ends before its pixels do, or claims more than a slice can have."""
    dataset = file.dataset
    rows, columns, frames = int(dataset.Rows), int(dataset.Columns), frame_count(dataset)
    if frames < 1 or not 0 < rows * columns <= MOST_PIXELS:
        message = f"{name} is damaged: it claims {frames} slices of {columns} x {rows} pixels"
        raise damaged(f"{message}; copy or export it again", file.path, dataset)
    if file.pixel_bytes is None:
        message = f"{name} is cut short: it holds no pixels; copy or export it again"
        raise damaged(message, file.path, dataset)
    expected = rows * columns * int(dataset.BitsAllocated) // 8 * frames
    if file.is_cut_short or (not file.is_encapsulated and file.pixel_bytes < expected):
        message = f"{name} is cut short: some of its pixels are missing; copy or export it again"
        raise damaged(message, file.path, dataset)


def _header_of(path: Path, whole: Dataset, frame: int) -> DicomHeader:
    dataset = flattened_frame(whole, frame)
    image_type = {str(part).upper() for part in values_of(dataset, "ImageType")}
    return DicomHeader(
        path=path,
        modality=text_of(dataset, "Modality") or "",
        localizer="LOCALIZER" in image_type,
        frames=frame_count(whole),
        frame=frame,
        rows=int(dataset.Rows),
        columns=int(dataset.Columns),
        plane=_plane(dataset),
        gantry_tilt_deg=number_of(dataset, "GantryDetectorTilt") or 0.0,
        padding_hu=_padding(dataset),
        description=_free_text(dataset, text_of(dataset, "SeriesDescription")),
        private_parts=_private_parts(dataset, path),
        series_number=int(number_of(dataset, "SeriesNumber") or 0),
        instance_number=int(number_of(dataset, "InstanceNumber") or 0),
        acquisition=Acquisition(
            kvp=positive_of(dataset, "KVP"),
            slice_thickness_mm=positive_of(dataset, "SliceThickness"),
            kernel=_free_text(dataset, text_of(dataset, "ConvolutionKernel")),
            contrast_agent=_contrast_agent(dataset),
            ecg_gated=_ecg_gated(dataset),
            study_uid=uid_of(dataset, "StudyInstanceUID"),
            series_uid=uid_of(dataset, "SeriesInstanceUID"),
            patient_key=patient_key(dataset),
        ),
    )


def _plane(dataset: Dataset) -> SlicePlane | None:
    position = numbers_of(dataset, "ImagePositionPatient", 3)
    orientation = numbers_of(dataset, "ImageOrientationPatient", 6)
    spacing = numbers_of(dataset, "PixelSpacing", 2)
    if position is None or orientation is None or spacing is None:
        return None
    return SlicePlane(position, orientation.reshape(2, 3), spacing)


def patient_key(dataset: Dataset) -> str | None:
    """Pseudonym of the patient of a dataset; None where nothing identifies the patient.

    A keyed hash of the identifier and its issuer, or else of name and birth date. A secret in the
    environment variable ``CAC_PSEUDONYM_KEY`` keeps others from trying identifiers until one fits; keep it
    the same for as long as scans of one patient are to be recognised as such.
    """
    identity = [text_of(dataset, "PatientID"), text_of(dataset, "IssuerOfPatientID")]
    if not identity[0]:
        identity = [text_of(dataset, "PatientName"), text_of(dataset, "PatientBirthDate")]
    if not identity[0]:
        return None
    secret = hashlib.sha256(os.environ.get("CAC_PSEUDONYM_KEY", "").encode()).digest()
    text = "\0".join(part or "" for part in identity)
    return "P-" + hashlib.blake2b(text.encode(), key=secret, digest_size=6).hexdigest()


def _free_text(dataset: Dataset, text: str | None) -> str | None:
    """Return text that somebody typed, None where it repeats the patient's name or identifier."""
    names = str(dataset.get("PatientName") or "").replace("^", " ").replace("=", " ").split()
    private = [*names, text_of(dataset, "PatientID") or ""]
    if text and any(len(part) > 1 and part.lower() in text.lower() for part in private):
        return None
    return text


def _private_parts(dataset: Dataset, path: Path) -> frozenset[str]:
    names = re.findall(r"[^\W\d_]+", str(dataset.get("PatientName") or ""))
    words = [*names, text_of(dataset, "PatientID") or ""]
    private = [word.lower() for word in words if len(word) > 2]
    return frozenset(part for part in path.parts if any(word in part.lower() for word in private))


def _contrast_agent(dataset: Dataset) -> str | None:
    agent = text_of(dataset, "ContrastBolusAgent")
    for item in dataset.get("ContrastBolusAgentSequence") or ():
        agent = agent or text_of(item, "CodeMeaning")
    if agent is None or agent.upper() in _NO_CONTRAST:
        return None
    return _free_text(dataset, agent) or "an agent"


def _ecg_gated(dataset: Dataset) -> bool | None:
    technique = text_of(dataset, "CardiacSynchronizationTechnique")
    if technique:
        return technique.upper() != "NONE"
    options = " ".join(str(part).upper() for part in values_of(dataset, "ScanOptions"))
    stated = number_of(dataset, "TriggerTime") is not None or any(
        word in options for word in ("ECG", "GATE", "GATING", "TRIGGER", "CARDIAC")
    )
    return True if stated else None


def _padding(dataset: Dataset) -> tuple[float, float] | None:
    value = number_of(dataset, "PixelPaddingValue")
    if value is None:
        return None
    limit = number_of(dataset, "PixelPaddingRangeLimit")
    slope, intercept = (
        number_of(dataset, "RescaleSlope") or 1.0,
        number_of(dataset, "RescaleIntercept") or 0.0,
    )
    stored = [_as_signed(end, dataset) for end in (value, value if limit is None else limit)]
    ends = sorted(slope * end + intercept for end in stored)
    return ends[0], ends[1]


def _as_signed(stored: float, dataset: Dataset) -> float:
    """Read a stored value as pixels are read: some scanners write -2000 as its unsigned twin 63536."""
    return stored - 65536 if stored > 32767 and number_of(dataset, "PixelRepresentation") == 1 else stored
