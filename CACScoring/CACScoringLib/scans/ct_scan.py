"""The scan as everything else sees it: Hounsfield units, geometry, acquisition facts, warnings."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..geometry import VolumeGeometry

AIR_HU = -1000
"""What views and scores see where a scanner stored padding."""


@dataclass(frozen=True)
class ScanWarning:
    """Something a reader should know before trusting a score: a stable lower-case code and a sentence."""

    code: str
    message: str


@dataclass(frozen=True)
class Acquisition:
    """How a scan was made, as far as its file says so; None stands for "not stated".

    Parameters
    ----------
    kvp
        Tube voltage in kV.
    slice_thickness_mm
        Nominal thickness of a slice; the distance between slices is the geometry's ``increment_mm``.
    kernel
        Reconstruction kernel as the manufacturer calls it.
    contrast_agent
        Contrast agent, None when no agent was given or none is stated.
    ecg_gated
        Whether the acquisition was triggered or gated by the ECG.
    study_uid, series_uid
        DICOM identifiers.
    patient_key
        Pseudonym: the same for all scans of one patient, without name or identifier.
    """

    kvp: float | None = None
    slice_thickness_mm: float | None = None
    kernel: str | None = None
    contrast_agent: str | None = None
    ecg_gated: bool | None = None
    study_uid: str | None = None
    series_uid: str | None = None
    patient_key: str | None = None


@dataclass(frozen=True, eq=False)
class CTScan:
    """One CT volume.

    Parameters
    ----------
    values
        HU after rescale exactly as stored, padding included, ``[slice, row, column]``; slices are axial, in
        the order of the geometry's slice axis. int16, or float32 where the file holds fractions of HU.
    geometry
        Size, spacing, origin and direction.
    acquisition
        Acquisition facts.
    padding
        True where the scanner stored padding and not a measurement, same shape; None when there is none.
    file_axes
        For the scan's column, row and slice axis, which axis of the file it is; others than (0, 1, 2) where
        a file stores sagittal or coronal slices.
    reading_warnings
        What the reader had to decide while reading (a gap filled, axes reordered).
    """

    values: NDArray
    geometry: VolumeGeometry
    acquisition: Acquisition = field(default_factory=Acquisition)
    padding: NDArray[np.bool_] | None = None
    file_axes: tuple[int, int, int] = (0, 1, 2)
    reading_warnings: tuple[ScanWarning, ...] = ()

    @cached_property
    def hu(self) -> NDArray:
        """HU for views and scores, ``[slice, row, column]``: padding reads as air (-1000 HU)."""
        if self.padding is None:
            return self.values
        return np.where(self.padding, self.values.dtype.type(AIR_HU), self.values)

    @cached_property
    def warnings(self) -> tuple[ScanWarning, ...]:
        """All warnings of the scan; the image checks run on first use (about half a second)."""
        from .checks import check_scan

        return (*self.reading_warnings, *check_scan(self))
