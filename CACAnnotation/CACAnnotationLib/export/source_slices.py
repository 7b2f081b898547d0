"""The DICOM files of a scan's slices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from CACScoringLib.errors import CACError
from CACScoringLib.geometry import SAME_PLACE_MM
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.scans.sources import scan_sources

from ..project.project import Project
from ..store.scan_register import ScanEntry


def source_slices(project: Project, entry: ScanEntry, scan: CTScan) -> dict[int, Path]:
    """Find the file of each slice; slices that were filled in have none.

    Raises
    ------
    CACError
        If the scan is no DICOM series of single-frame axial images, or lies in an archive.
    """
    path = project.scan_path(entry)
    if entry.series_uid is None or not path.is_dir() or scan.file_axes != (0, 1, 2):
        raise CACError(
            f"scan {entry.id}, {entry.name}, is no folder of axial DICOM images: DICOM results refer to such"
        )
    with scan_sources(path) as sources:
        headers = [
            header
            for source in sources
            for series in source.series
            if series.uid == entry.series_uid
            for header in series.headers
        ]
    if any(header.frames > 1 or header.plane is None for header in headers):
        raise CACError(f"scan {entry.id}, {entry.name}, is a multi-frame file, to which nothing refers yet")
    places = scan.geometry.lps_of(np.array([(0, 0, k) for k in range(entry.slices)]))
    found: dict[int, Path] = {}
    for header in headers:
        assert header.plane is not None
        away_mm = np.linalg.norm(places - header.plane.position_lps_mm, axis=1)
        if away_mm.min() <= SAME_PLACE_MM:
            found[int(away_mm.argmin())] = header.path
    return found
