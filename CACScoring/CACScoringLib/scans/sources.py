"""Finding scans: what a path given by a user holds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import CACError, os_reason
from .archive import is_archive, unpacked
from .dicom_damage import DamagedFile
from .dicom_series import DicomSeries, dicom_series, display_name
from .image_file import is_image_file, may_be_ct


@dataclass(frozen=True)
class ScanSource:
    """One scan on disk: an image file, or the DICOM series of one study.

    Parameters
    ----------
    name
        What messages and tables call it: its path below the folder it was found in.
    folder
        Folder that holds it, where label files belonging to it are looked for.
    image
        The image file, None for DICOM.
    series
        All series of the study, best fit for calcium scoring first; empty for an image file.
    damaged
        Files that belong to the study, or may, and cannot be used.
    root
        Folder from which messages name its files.
    """

    name: str
    folder: Path
    root: Path
    image: Path | None = None
    series: tuple[DicomSeries, ...] = ()
    damaged: tuple[DamagedFile, ...] = ()

    def holds(self, series_uid: str) -> bool:
        """Tell whether one of its series has this UID."""
        return any(series.uid == series_uid for series in self.series)


@contextmanager
def scan_sources(path: Path) -> Iterator[list[ScanSource]]:
    """Find the scans of a file, folder or archive; an archive stays unpacked inside the ``with`` block.

    Raises
    ------
    CACError
        If there is no such path, or nothing in it that could be a scan.
    """
    try:
        path.stat()
    except FileNotFoundError as error:
        raise CACError(f"there is no file or folder {path}") from error
    except OSError as error:
        raise CACError(f"{path} cannot be opened: {os_reason(error)}") from error
    if not (path.is_file() or path.is_dir()):
        raise CACError(f"{path} is neither a file nor a folder")
    with ExitStack() as stack:
        root = stack.enter_context(unpacked(path)) if path.is_file() and is_archive(path) else path
        sources = sorted(_sources(root, path), key=lambda source: source.name)
        if not sources:
            found = f"the folder {path} holds" if path.is_dir() else f"{path} is"
            raise CACError(f"{found} no CT: neither DICOM images nor a NRRD, NIfTI or MetaImage volume")
        yield sources


def _sources(root: Path, path: Path) -> Iterator[ScanSource]:
    if root.is_file():
        if is_image_file(root):
            yield ScanSource(root.name, root.parent, root.parent, image=root)
            return
        files = [root]
    else:
        files = sorted(_files_below(root))
    images = [file for file in files if is_image_file(file)]
    for image in images:
        if may_be_ct(image):
            yield ScanSource(display_name(image, root), image.parent, root, image=image)
    dicom_files = (file for file in files if not is_image_file(file))
    yield from _studies(*dicom_series(dicom_files, root), root, path)


def _studies(
    series: list[DicomSeries], damaged: list[DamagedFile], root: Path, path: Path
) -> Iterator[ScanSource]:
    """One source per study; a damaged file goes with its study, or else with what lies in its folder."""
    studies: dict[str | None, list[DicomSeries]] = {}
    for each in series:
        studies.setdefault(each.acquisition.study_uid, []).append(each)
    placed: set[Path] = set()
    for uid, found in studies.items():
        folders = {header.path.parent for each in found for header in each.headers}
        own = [
            file
            for file in damaged
            if file.study_uid == uid or (file.study_uid is None and file.path.parent in folders)
        ]
        placed.update(file.path for file in own)
        folder = Path(os.path.commonpath(folders))
        name = path.name if folder == root or root.is_file() else display_name(folder, root)
        yield ScanSource(
            _without_patient(name, found),
            folder,
            root if root.is_dir() else root.parent,
            series=tuple(found),
            damaged=tuple(own),
        )
    lost: dict[str | Path, list[DamagedFile]] = {}
    for file in damaged:
        if file.path not in placed:
            lost.setdefault(file.study_uid or file.path.parent, []).append(file)
    for files in lost.values():
        folder = files[0].path.parent
        place = files[0].path if len(files) == 1 else folder
        yield ScanSource(
            path.name if place == root else display_name(place, root), folder, root, damaged=tuple(files)
        )


def _without_patient(name: str, study: list[DicomSeries]) -> str:
    """Put the pseudonym in place of folders that are named after the patient."""
    first = study[0].first
    pseudonym = first.acquisition.patient_key or "patient"
    return "/".join(pseudonym if part in first.private_parts else part for part in name.split("/"))


def _files_below(folder: Path) -> Iterator[Path]:
    seen: set[str] = set()
    for parent, folders, names in os.walk(folder, onerror=_refuse_folder, followlinks=True):
        # Cohorts are often folders of links; a link back up would never end.
        if os.path.realpath(parent) in seen:
            folders.clear()
            continue
        seen.add(os.path.realpath(parent))
        for name in names:
            # Data files of detached headers, archives and hidden files are no scans of their own.
            if name.startswith(".") or name == "DICOMDIR" or name.lower().endswith((".raw", ".zip")):
                continue
            file = Path(parent) / name
            # A pipe or a device would be waited for; a link to nothing may be a slice that is missing.
            if file.is_file() or not file.exists():
                yield file


def _refuse_folder(error: OSError) -> None:
    """Raise for a folder that cannot be listed: what it holds may be part of a scan."""
    raise CACError(f"the folder {error.filename} cannot be opened: {os_reason(error)}") from error
