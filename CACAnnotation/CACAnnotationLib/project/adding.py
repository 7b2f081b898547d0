"""Adding scans to a project: each series once, a broken one named and passed over."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from CACScoringLib.errors import CACError
from CACScoringLib.scans.archive import is_archive
from CACScoringLib.scans.reader import read_source
from CACScoringLib.scans.sources import ScanSource, scan_sources

from ..store.scan_register import ScanEntry, move_scan, register_scan, registered_scan
from .copying import copy_scan
from .identity import Pseudonyms, series_of, short_digest
from .project import SCANS_NAME, Project, member_of

ADDED, THERE, FOUND_AGAIN, FAILED = "added", "there already", "found again", "failed"


@dataclass(frozen=True)
class Added:
    """What became of one scan that was to be added.

    Parameters
    ----------
    name
        What to call it.
    outcome
        ``"added"``, ``"there already"``, ``"found again"`` (it was there and had moved) or ``"failed"``.
    scan
        The scan, None where it failed.
    error
        Why it failed, a sentence.
    other_series
        How many more series of the same study could be added.
    """

    name: str
    outcome: str
    scan: ScanEntry | None = None
    error: str = ""
    other_series: int = 0


@dataclass(frozen=True)
class AddingOptions:
    """How scans are added.

    Parameters
    ----------
    copy
        Copy them into the project instead of remembering where they lie.
    series_uid
        DICOM series to add; without it the one of each study that suits calcium scoring best.
    allow_gaps
        Fill missing slices with padding.
    """

    copy: bool = False
    series_uid: str | None = None
    allow_gaps: bool = False


def add_images(project: Project, images: Iterable[Path], options: AddingOptions) -> Iterator[Added]:
    """Add the scans that paths hold, and say of each what became of it.

    Parameters
    ----------
    project
        The project.
    images
        DICOM folders, files, archives, folders of scans.
    options
        How.
    """
    pseudonyms = Pseudonyms()
    for image in images:
        try:
            with scan_sources(image) as sources:
                chosen = [each for each in sources if _is_wanted(each, options)]
                if not chosen:
                    raise CACError(f"{image} holds no series {options.series_uid}")
                for source in chosen:
                    yield _add(project, source, image, options, pseudonyms)
        except CACError as error:
            yield Added(image.name, FAILED, error=str(error))


def _is_wanted(source: ScanSource, options: AddingOptions) -> bool:
    return options.series_uid is None or source.holds(options.series_uid)


def _add(
    project: Project, source: ScanSource, image: Path, options: AddingOptions, pseudonyms: Pseudonyms
) -> Added:
    try:
        known = _known(project, source, options)
        if known is None or not project.scan_path(known).exists():
            return _read_and_add(project, source, image, options, pseudonyms)
    except CACError as error:
        return Added(source.name, FAILED, error=str(error))
    return Added(source.name, THERE, known)


def _known(project: Project, source: ScanSource, options: AddingOptions) -> ScanEntry | None:
    """Return the scan if its DICOM header alone tells that it is there."""
    uid = options.series_uid or (source.series[0].uid if source.series else "")
    return registered_scan(project.store, uid) if uid else None


def _read_and_add(
    project: Project, source: ScanSource, image: Path, options: AddingOptions, pseudonyms: Pseudonyms
) -> Added:
    read = read_source(source, series_uid=options.series_uid, allow_gaps=options.allow_gaps)
    series, series_uid = series_of(read), read.acquisition.series_uid
    known = registered_scan(project.store, series)
    if known is not None and project.scan_path(known).exists():
        return Added(source.name, THERE, known)
    patient = pseudonyms.patient_of(source, series)
    path, member = _place(source, image, series_uid)
    if options.copy:
        folder = project.folder / SCANS_NAME / f"{patient}-{short_digest(series)}"
        path, member = copy_scan(source, series_uid, folder), None
    scan = ScanEntry(
        series,
        series_uid,
        source.name,
        patient,
        project.kept_path(path),
        member,
        options.allow_gaps,
        read.geometry.shape,
        read.geometry.spacing_mm,
    )
    if known is not None:
        move_scan(project.store, series, scan.path, member)
    outcome = FOUND_AGAIN if known else ADDED if register_scan(project.store, scan) else THERE
    others = sum(each.usable for each in source.series) - 1 if options.series_uid is None else 0
    return Added(source.name, outcome, registered_scan(project.store, series), other_series=max(others, 0))


def _place(source: ScanSource, image: Path, series_uid: str | None) -> tuple[Path, str | None]:
    """Return the path to remember, and the image file in an archive."""
    if image.is_file() and is_archive(image):
        return image, member_of(source)
    if source.image is not None:
        return source.image, None
    files = {
        header.path
        for series in source.series
        if series.uid == (series_uid or "")
        for header in series.headers
    }
    if len(files) == 1:
        return next(iter(files)), None
    return Path(os.path.commonpath([file.parent for file in files])), None
