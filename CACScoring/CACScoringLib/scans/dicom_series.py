"""DICOM files grouped into series, and which series suits calcium scoring best."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .ct_scan import Acquisition
from .dicom_damage import DamagedFile, DamagedFileError
from .dicom_header import DicomHeader, read_header
from .limits import FEWEST_SLICES, NARROWEST_FIELD_MM, USUAL_KVP, USUAL_THICKNESS_MM


@dataclass(frozen=True)
class DicomSeries:
    """All images of one series; scout views stand apart from slices of the same UID.

    Parameters
    ----------
    headers
        Headers of its files, at least one.
    """

    headers: tuple[DicomHeader, ...]

    @property
    def first(self) -> DicomHeader:
        """Header of one of its files, for what all of them share."""
        return self.headers[0]

    @property
    def acquisition(self) -> Acquisition:
        """Acquisition facts of the series."""
        return self.first.acquisition

    @property
    def uid(self) -> str:
        """Series instance UID, empty where not stated."""
        return self.acquisition.series_uid or ""

    @property
    def slices(self) -> int:
        """Number of slices, frames of multi-frame files counted."""
        return sum(header.frames for header in self.headers)

    @property
    def usable(self) -> bool:
        """Whether the series may be a CT volume: CT, no scout view, enough slices."""
        return self.first.modality == "CT" and not self.first.localizer and self.slices >= FEWEST_SLICES

    @property
    def field_of_view_mm(self) -> float | None:
        """Width of a slice, None where the pixel spacing is not stated."""
        plane = self.first.plane
        return None if plane is None else float(plane.pixel_spacing_mm[1]) * self.first.columns

    @property
    def fit(self) -> float:
        """How well the series suits calcium scoring; higher is better, negative never suits.

        Points for what a calcium-scoring protocol asks for: no contrast, 120 kV, slices of 2.5 to 3 mm,
        ECG gating, a field of view around the heart, axial slices.
        """
        if not self.usable:
            return -1.0
        facts, plane, width = self.acquisition, self.first.plane, self.field_of_view_mm
        thinnest, thickest = USUAL_THICKNESS_MM
        axial = plane is not None and abs(np.cross(*plane.orientation)[2]) > 0.9
        wishes = (
            (8, facts.contrast_agent is None),
            (4, axial),
            (3, facts.slice_thickness_mm is not None and thinnest <= facts.slice_thickness_mm <= thickest),
            (2, facts.kvp is None or round(facts.kvp) == USUAL_KVP),
            (2, bool(facts.ecg_gated)),
            (1, width is not None and NARROWEST_FIELD_MM <= width <= 300),
        )
        return float(sum(points for points, granted in wishes if granted))


def dicom_series(files: Iterable[Path], root: Path) -> tuple[list[DicomSeries], list[DamagedFile]]:
    """Group DICOM files into series, best fit for calcium scoring first; other files are passed over.

    Parameters
    ----------
    files
        Files to look into.
    root
        Folder from which messages name the files.

    Returns
    -------
    The series, and the files that are DICOM and cannot be used.
    """
    groups: dict[tuple, list[DicomHeader]] = {}
    damaged: list[DamagedFile] = []
    for path in sorted(files):
        try:
            header = read_header(path, display_name(path, root))
        except DamagedFileError as error:
            damaged.append(error.file)
            continue
        if header is not None:
            facts = header.acquisition
            key = (facts.study_uid, facts.series_uid, header.localizer, header.modality)
            groups.setdefault(key, []).append(header)
    series = [DicomSeries(tuple(headers)) for headers in groups.values()]
    return sorted(series, key=lambda each: (-each.fit, each.first.series_number, each.uid)), damaged


def display_name(path: Path, root: Path) -> str:
    """Name of a file for messages: its path below ``root``."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) and path != root else path.name
