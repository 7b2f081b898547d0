"""The choice of a file format for synthetic scans."""

from __future__ import annotations

import enum


class ImageFormat(str, enum.Enum):
    """How a CT is written: a DICOM series, or one NRRD file."""

    dicom = "dicom"
    nrrd = "nrrd"

    @property
    def ct_name(self) -> str:
        """Name of the CT in a scan's folder."""
        return "ct.nrrd" if self is ImageFormat.nrrd else "dicom"
