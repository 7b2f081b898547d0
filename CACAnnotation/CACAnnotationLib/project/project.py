"""A project: a folder with the scans to be labelled and the labels."""

from __future__ import annotations

import os
from contextlib import ExitStack
from datetime import datetime
from functools import cached_property
from pathlib import Path

from CACScoringLib.errors import CACError, os_reason
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.scans.reader import read_source
from CACScoringLib.scans.sources import ScanSource, scan_sources
from CACScoringLib.schemes import LabelScheme, label_scheme

from ..store.label_store import LabelStore
from ..store.owner import check_owner, claim_store
from ..store.postgres import checked_address
from ..store.scan_register import ScanEntry, registered_scans
from .project_file import FILE_NAME, DatabaseOfProject, ProjectFile, read_project_file, write_project_file

STORE_NAME = "labels.sqlite"
SCANS_NAME = "scans"


class Project:
    """A project folder; :meth:`open` or :meth:`create` gives one.

    Parameters
    ----------
    folder
        The folder, absolute.
    file
        What its ``project.toml`` says.

    Examples
    --------
    >>> project = Project.open(Path("study"))  # doctest: +SKIP
    >>> scan = project.scans[0]  # doctest: +SKIP
    >>> reading = project.store.reading(scan.series, scan.shape, "Anna", 1)  # doctest: +SKIP
    """

    def __init__(self, folder: Path, file: ProjectFile) -> None:
        self.folder = folder
        self._file = file

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Project:
        """Open a project.

        Raises
        ------
        CACError
            If the folder is no project, or one of a newer version.
        """
        folder = Path(path).resolve()
        return cls(folder, read_project_file(folder))

    @classmethod
    def create(
        cls, path: str | os.PathLike[str], *, with_lm: bool = False, store_url: str | None = None
    ) -> Project:
        """Make a project in a folder, which is made if it does not exist.

        Parameters
        ----------
        path
            The folder; what else lies in it is left alone.
        with_lm
            Keep the left main apart from LAD.
        store_url
            PostgreSQL database for the labels, without a password; a file in the folder unless given.

        Raises
        ------
        CACError
            If it is a project already, or cannot be written, or the database is another project's.
        """
        folder = Path(path).resolve()
        database = None if store_url is None else DatabaseOfProject.new(checked_address(store_url))
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CACError(f"cannot make the folder {folder}: {os_reason(error)}") from error
        if is_project(folder):
            raise CACError(
                f"{folder} is a project already; add scans with: cac project add {folder} IMAGE..."
            )
        # The file comes last: with it the project is whole.
        with LabelStore.open(folder / STORE_NAME if database is None else database.url) as store:
            if database is not None:
                claim_store(store, database.project, folder)
        return cls(folder, write_project_file(folder, with_lm=with_lm, database=database))

    @property
    def with_lm(self) -> bool:
        """Whether the left main is kept apart from LAD."""
        return self._file.with_lm

    @property
    def created(self) -> datetime:
        """When the project was made, in UTC."""
        return self._file.created

    @property
    def scheme(self) -> LabelScheme:
        """The labels that readers may give."""
        return label_scheme(with_lm=self.with_lm)

    @property
    def database(self) -> DatabaseOfProject | None:
        """The database on a server with the labels, None where they are in the project's folder."""
        return self._file.database

    @cached_property
    def store(self) -> LabelStore:
        """The labels, opened on first use.

        Raises
        ------
        CACError
            If they cannot be opened; a missing or empty file is never replaced by a new one.
        """
        if self.database is not None:
            with ExitStack() as opened:
                store = opened.enter_context(LabelStore.open(self.database.url))
                check_owner(store, self.database.project)
                opened.pop_all()
            return store
        path = self.folder / STORE_NAME
        if not path.is_file() or path.stat().st_size == 0:
            raise CACError(f"{path} is missing or empty; restore it from a backup")
        return LabelStore.open(path)

    @property
    def scans(self) -> list[ScanEntry]:
        """Scans of the project in the order in which they were added."""
        return registered_scans(self.store)

    def scan_path(self, scan: ScanEntry) -> Path:
        """Return where a scan lies: a folder, a file, or an archive."""
        return self.folder / scan.path

    def read_scan(self, scan: ScanEntry) -> CTScan:
        """Read a scan.

        Raises
        ------
        CACError
            If it is not where it was, cannot be read, or is another one by now.
        """
        path = self.scan_path(scan)
        if not path.exists():
            raise CACError(
                f"scan {scan.id}, {scan.name}, is not where it was when it was added; put it back, or "
                "tell where it is now by adding it once more"
            )
        with scan_sources(path) as sources:
            source = next((each for each in sources if _holds(each, scan)), None)
            if source is None:
                raise CACError(f"scan {scan.id}, {scan.name}, is another one than was added; put it back")
            read = read_source(source, series_uid=scan.series_uid, allow_gaps=scan.allow_gaps)
        if read.geometry.shape != scan.shape:
            raise CACError(
                f"scan {scan.id}, {scan.name}, has changed: slices, rows and columns were {scan.shape}, now "
                f"they are {read.geometry.shape}; put it back"
            )
        return read

    def kept_path(self, path: Path) -> str:
        """Return a path as the project keeps it: relative to its folder when below it, else absolute."""
        absolute = Path(path).resolve()
        if absolute.is_relative_to(self.folder):
            return absolute.relative_to(self.folder).as_posix()
        return str(absolute)


def is_project(folder: Path) -> bool:
    """Tell whether a folder is a project already."""
    return (folder / FILE_NAME).exists()


def member_of(source: ScanSource) -> str | None:
    """Return where in a folder or archive an image file lies; None for DICOM."""
    return None if source.image is None else source.image.relative_to(source.root).as_posix()


def _holds(source: ScanSource, scan: ScanEntry) -> bool:
    if scan.series_uid is not None:
        return source.holds(scan.series_uid)
    return scan.member is None or member_of(source) == scan.member
