"""Copies of scans inside the project's folder."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from CACScoringLib.errors import CACError, os_reason
from CACScoringLib.scans.data_file import data_file_of
from CACScoringLib.scans.sources import ScanSource


def copy_scan(source: ScanSource, series_uid: str | None, folder: Path) -> Path:
    """Copy the files of a scan into a folder, which appears only when all of them are in it.

    DICOM files are numbered, as their names may hold the patient's; what is inside them stays as it is.

    Parameters
    ----------
    source
        The scan.
    series_uid
        Which of its DICOM series.
    folder
        Folder to be made; what an interrupted copy has left there is replaced.

    Returns
    -------
    What to read: the folder of a DICOM series, or the image file.

    Raises
    ------
    CACError
        If the files cannot be copied, for example because the disk is full.
    """
    partial = folder.with_name(f".partial-{folder.name}")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        for original, name in _files(source, series_uid):
            target = partial / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(original, target)
        if folder.exists():
            shutil.rmtree(folder)
        partial.rename(folder)
    except OSError as error:
        room = "; make room and add it again" if error.errno == errno.ENOSPC else ""
        raise CACError(
            f"{source.name} cannot be copied into {folder.parent}: {os_reason(error)}{room}"
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder if source.image is None else folder / source.image.name


def _files(source: ScanSource, series_uid: str | None) -> Iterator[tuple[Path, PurePosixPath]]:
    """Files of a scan, and what they are called in the copy."""
    if source.image is not None:
        for file in {source.image, data_file_of(source.image)}:
            # A header finds its voxels by their place beside it.
            yield file, PurePosixPath(file.relative_to(source.image.parent).as_posix())
        return
    paths = {
        header.path: None for series in source.series if series.uid == series_uid for header in series.headers
    }
    for number, path in enumerate(paths, start=1):
        yield path, PurePosixPath(f"{number:04d}.dcm")
