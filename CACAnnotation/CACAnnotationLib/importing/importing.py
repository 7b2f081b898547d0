"""Taking labels from elsewhere into a project."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from CACScoringLib.errors import CACError

from ..project.project import Project
from ..session.imported import take_labels
from ..session.session import AnnotationSession
from ..store.scan_register import ScanEntry
from .dicom_seg import labels_in_segmentations, segmentations_by_series
from .label_files import label_files, labels_in_files


@dataclass(frozen=True)
class Imported:
    """What became of the labels of one scan.

    Parameters
    ----------
    scan
        The scan.
    slices
        Slices that have labels in the files.
    left_out
        Voxels with a calcium label that are no candidates, and got none.
    error
        Why nothing was imported, a sentence; empty where it was.
    """

    scan: ScanEntry
    slices: int = 0
    left_out: int = 0
    error: str = ""


def import_labels(project: Project, folder: Path, reader: str, round_number: int = 1) -> Iterator[Imported]:
    """Import the labels that a folder holds for scans of a project, each scan as one action of a reader.

    Label maps are found by their names, DICOM segmentations by the series that they refer to. Scans without
    any are passed over; a scan whose files cannot be used is named, and the others go on.

    Raises
    ------
    CACError
        If the folder holds labels of no scan.
    """
    if not folder.is_dir():
        raise CACError(f"there is no folder {folder}")
    segmentations = segmentations_by_series(folder)
    found = 0
    for entry in project.scans:
        try:
            imported = _import(project, entry, folder, segmentations, reader, round_number)
        except CACError as error:
            imported = Imported(entry, error=str(error))
        if imported is not None:
            found += 1
            yield imported
    if not found:
        raise CACError(
            f"{folder} holds labels of no scan of the project: neither <scan>-label-lesion.nrrd nor "
            "<scan>-label.nrrd, nor DICOM segmentations that refer to one"
        )


def _import(
    project: Project,
    entry: ScanEntry,
    folder: Path,
    segmentations: dict[str, list[Path]],
    reader: str,
    round_number: int,
) -> Imported | None:
    files = label_files(folder, entry)
    referring = segmentations.get(entry.series_uid or "", [])
    if files is not None:
        labels = labels_in_files(files, project.read_scan(entry).geometry)
    elif referring:
        labels = labels_in_segmentations(project, entry, referring)
    else:
        return None
    session = AnnotationSession.open(project, entry, reader, round=round_number)
    left_out = take_labels(session, labels.cac, labels.car, ", ".join(each.name for each in labels.files))
    maps = [each for each in (labels.cac, labels.car) if each is not None]
    labelled = np.any([each.any(axis=(1, 2)) for each in maps], axis=0)
    return Imported(entry, int(labelled.sum()), left_out)
