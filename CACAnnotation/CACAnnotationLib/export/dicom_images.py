"""What DICOM results need of the images they refer to."""

from __future__ import annotations

from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from CACScoringLib.errors import CACError
from CACScoringLib.schemes import Code

if TYPE_CHECKING:
    import highdicom
    import pydicom

_PRIVATE = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "PatientAge",
    "AccessionNumber",
    "ReferringPhysicianName",
    "StudyID",
)


def need_highdicom() -> None:
    """See to it that highdicom can be imported.

    Raises
    ------
    CACError
        If it is not installed.
    """
    if find_spec("highdicom") is None:
        raise CACError("DICOM results need highdicom: pip install 'coronary-calcium[dicom]'")


def image_headers(slices: dict[int, Path], pseudonym: str | None) -> list[pydicom.Dataset]:
    """Read the headers of images, in the order given; what results copy of them names no patient.

    Parameters
    ----------
    slices
        File of each slice.
    pseudonym
        What to call the patient; None to leave headers as they are.
    """
    import pydicom

    images: list[pydicom.Dataset] = [
        pydicom.dcmread(path, stop_before_pixels=True) for path in slices.values()
    ]
    if pseudonym is not None:
        for image in images:
            for keyword in _PRIVATE:
                if keyword in image:
                    setattr(image, keyword, "")
            image.PatientName, image.PatientID = f"{pseudonym}^", pseudonym
    return images


def coded(code: Code) -> highdicom.sr.CodedConcept:
    """Turn a code of the scheme into highdicom's."""
    import highdicom

    return highdicom.sr.CodedConcept(value=code.value, scheme_designator=code.scheme, meaning=code.meaning)


def program_version() -> str:
    """Version of this package; 3D Slicer runs it without having it installed."""
    try:
        return metadata.version("coronary-calcium")
    except metadata.PackageNotFoundError:
        return "unknown"
