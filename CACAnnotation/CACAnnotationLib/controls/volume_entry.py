"""From a volume of the scene to a scan of the project."""

from __future__ import annotations

from collections.abc import Sequence
from os.path import commonpath
from pathlib import Path

import numpy as np
from CACScoringLib.errors import CACError
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.scans.dicom_header import read_header

from ..project.adding import AddingOptions, add_images
from ..project.identity import series_of, short_digest
from ..project.project import SCANS_NAME, Project
from ..store.scan_register import ScanEntry, registered_scan


def entry_of_scan(project: Project, scan: CTScan, name: str, files: Sequence[Path]) -> ScanEntry:
    """Return the project's scan that a volume of the scene is, added to the project if it is not there.

    Where the files that it came from say something else, or there are none, it is written into the project.

    Parameters
    ----------
    project
        The project.
    scan
        The volume as a scan, without transforms.
    name
        What to call it.
    files
        What the volume was loaded from, as far as anybody knows.

    Raises
    ------
    CACError
        If it can neither be found nor written.
    """
    known = registered_scan(project.store, series_of(scan))
    if known is not None and project.scan_path(known).exists():
        return known
    present = [file for file in files if file.exists()]
    entry = _is_among(project, present, scan) if present else None
    return entry or _written_into_project(project, scan, name)


def entry_of_files(project: Project, files: Sequence[Path]) -> ScanEntry:
    """Return the project's scan that lies in some files: an image file, or those of a DICOM series.

    Raises
    ------
    CACError
        If they hold no scan that can be read.
    """
    header = read_header(files[0], files[0].name)
    if header is None:
        image, options = files[0], AddingOptions()
    else:
        image = Path(commonpath([file.parent for file in files]))
        options = AddingOptions(series_uid=header.acquisition.series_uid)
    added = next(add_images(project, [image], options))
    if added.scan is None:
        raise CACError(added.error)
    return added.scan


def _is_among(project: Project, files: Sequence[Path], scan: CTScan) -> ScanEntry | None:
    """Return the project's scan of some files if it is this one, voxel for voxel, where it lies."""
    try:
        entry = entry_of_files(project, files)
        read = project.read_scan(entry)
    except CACError:
        return None
    same = read.geometry.difference(scan.geometry) is None and np.array_equal(read.hu, scan.hu)
    return entry if same else None


def _written_into_project(project: Project, scan: CTScan, name: str) -> ScanEntry:
    import SimpleITK as sitk

    file = project.folder / SCANS_NAME / f"scene-{short_digest(series_of(scan))}" / f"{_file_name(name)}.nrrd"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        sitk.WriteImage(scan.geometry.to_image(scan.values), str(file), True)
    except (OSError, RuntimeError) as error:
        raise CACError(f"the volume cannot be written into the project: {file} is not writable") from error
    return entry_of_files(project, [file])


def _file_name(name: str) -> str:
    kept = "".join(each if each.isalnum() or each in "-_ " else "_" for each in name).strip()
    return kept[:80] or "scan"
