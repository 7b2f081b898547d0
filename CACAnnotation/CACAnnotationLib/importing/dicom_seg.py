"""DICOM segmentations that refer to the images of a scan."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from CACScoringLib.errors import CACError
from CACScoringLib.schemes import label_scheme
from numpy.typing import NDArray

from ..export.dicom_images import need_highdicom
from ..export.source_slices import source_slices
from ..project.project import Project
from ..store.scan_register import ScanEntry
from .label_files import FoundLabels

_SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"


def segmentations_by_series(folder: Path) -> dict[str, list[Path]]:
    """Find the DICOM segmentations below a folder, by the UID of the series that each refers to."""
    import pydicom

    found: dict[str, list[Path]] = {}
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        try:
            header = pydicom.dcmread(path, stop_before_pixels=True)
        except (pydicom.errors.InvalidDicomError, OSError, AttributeError):
            continue
        if header.get("SOPClassUID") == _SEGMENTATION:
            for series in header.get("ReferencedSeriesSequence", ()):
                found.setdefault(str(series.SeriesInstanceUID), []).append(path)
    return found


def labels_in_segmentations(project: Project, entry: ScanEntry, files: list[Path]) -> FoundLabels:
    """Read the segmentations of a scan: segments are known by their labels, and by what they are coded as.

    A segment that is coded as a calcification goes into the map of calcium, any other into that of regions.

    Raises
    ------
    CACError
        If highdicom is missing, a segment has a label outside the scheme, or segments of a map overlap.
    """
    need_highdicom()
    slices = source_slices(project, entry, project.read_scan(entry))
    maps: dict[str, NDArray[np.uint8] | None] = {"cac": None, "car": None}
    for file in files:
        for kind, labels in _read(file, slices, entry.shape).items():
            before = maps[kind]
            if before is not None and np.minimum(before, labels).any():
                raise CACError(f"{file} overlaps another segmentation of scan {entry.id}")
            maps[kind] = labels if before is None else before | labels
    return FoundLabels(maps["cac"], maps["car"], tuple(files))


def _read(file: Path, slices: dict[int, Path], shape: tuple[int, int, int]) -> dict[str, NDArray[np.uint8]]:
    """Maps of one file by kind."""
    import highdicom
    import pydicom

    try:
        segmentation = highdicom.seg.segread(file)
    except Exception as error:  # highdicom raises whatever a damaged file leads to
        raise CACError(f"{file} cannot be read as a segmentation: {error}") from error
    images = {
        index: str(pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID)
        for index, path in slices.items()
    }
    frames = segmentation.get_pixels_by_source_instance(
        list(images.values()), ignore_spatial_locations=True, assert_missing_frames_are_empty=True
    )
    maps: dict[str, NDArray[np.uint8]] = {}
    for position, number in enumerate(segmentation.segment_numbers):
        described = segmentation.get_segment_description(number)
        try:
            value = label_scheme()[described.segment_label].value
        except CACError as error:
            raise CACError(f"{file}: {error}") from None
        is_calcium = described.segmented_property_type.value == label_scheme().calcification.value
        labels = maps.setdefault("cac" if is_calcium else "car", np.zeros(shape, np.uint8))
        inside = frames[..., position] > 0
        for index, mask in zip(images, inside, strict=True):
            if labels[index][mask].any():
                raise CACError(f"{file}: segments overlap in slice {index + 1}")
            labels[index][mask] = value
    return maps
