"""Reading a scan, whatever it is stored as."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from ..errors import CACError
from .ct_scan import CTScan, ScanWarning
from .dicom_damage import DamagedFileError
from .dicom_series import DicomSeries
from .dicom_volume import read_dicom_volume
from .image_file import read_image_volume
from .orientation import with_axial_slices
from .sources import ScanSource, scan_sources


def read_scan(path: Path, *, series_uid: str | None = None, allow_gaps: bool = False) -> CTScan:
    """Read the scan that a path holds.

    Parameters
    ----------
    path
        DICOM folder (nested as it likes), zip of one, multi-frame DICOM file, or NRRD, NIfTI, MetaImage file.
    series_uid
        Series to read; without it the one that suits calcium scoring best.
    allow_gaps
        Fill missing slices with padding and keep the first of several slices at one position.

    Raises
    ------
    CACError
        If there is no scan, more than one to choose from, or the scan cannot be read as a CT volume.
    """
    with scan_sources(path) as sources:
        return read_source(_chosen(sources, path, series_uid), series_uid=series_uid, allow_gaps=allow_gaps)


def read_source(source: ScanSource, *, series_uid: str | None = None, allow_gaps: bool = False) -> CTScan:
    """Read a scan that :func:`scan_sources` found; arguments and errors as :func:`read_scan`."""
    if source.image is not None:
        return with_axial_slices(read_image_volume(source.image))
    if not source.series:
        raise DamagedFileError(source.damaged[0])
    series = _named(source, series_uid) if series_uid else source.series[0]
    for file in source.damaged:
        if file.series_uid in (None, series.uid):
            raise DamagedFileError(file)
    scan = read_dicom_volume(series, source.root, allow_gaps=allow_gaps)
    others = sum(each.usable for each in source.series) - 1
    if others > 0 and not series_uid:
        warning = ScanWarning(
            "series",
            f"{others + 1} series could be scored; this one suits calcium scoring best. See them with "
            "'cac info', choose with --series",
        )
        scan = dataclasses.replace(scan, reading_warnings=(warning, *scan.reading_warnings))
    return with_axial_slices(scan)


def _chosen(sources: list[ScanSource], path: Path, series_uid: str | None) -> ScanSource:
    if series_uid:
        for source in sources:
            if source.holds(series_uid):
                return source
        raise CACError(f"{path} holds no series {series_uid}; 'cac info' lists what it holds")
    if len(sources) > 1:
        raise CACError(f"{path} holds {len(sources)} scans; name one of them, or one series with --series")
    return sources[0]


def _named(source: ScanSource, series_uid: str) -> DicomSeries:
    matching = [series for series in source.series if series.uid == series_uid]
    return max(matching, key=lambda series: series.fit)
