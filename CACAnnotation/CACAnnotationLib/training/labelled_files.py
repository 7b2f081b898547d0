"""Scans with label maps in a folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from CACScoringLib.errors import CACError
from CACScoringLib.labels.label_map import read_label_map
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.scans.reader import read_source
from CACScoringLib.scans.sources import ScanSource, scan_sources
from numpy.typing import NDArray

from .patients import PatientTable, scan_stem

_ENDINGS = (".nrrd", ".seg.nrrd")


@dataclass(frozen=True)
class LabelledFiles:
    """A scan and its label maps; either map may be None where that task was not labelled.

    Parameters
    ----------
    source
        The CT.
    cac, car
        Label map of calcium, and of regions.
    patient
        The same for all scans of a patient.
    home
        The data folder.
    """

    source: ScanSource
    cac: Path | None
    car: Path | None
    patient: str
    home: str

    part = None

    @property
    def name(self) -> str:
        """The scan's path below the data folder."""
        return self.source.name

    def stamp(self) -> str:
        """Digest of names, sizes and times of all its files."""
        described: list[object] = [self.name]
        for path in self._files():
            found = path.stat()
            described.append([path.name, found.st_size, found.st_mtime_ns])
        return hashlib.sha256(json.dumps(described).encode()).hexdigest()

    def read(self) -> tuple[CTScan, NDArray[np.uint8], NDArray[np.uint8]]:
        """Read the scan and its labels of regions and of calcium."""
        scan = read_source(self.source)
        car, cac = (
            np.zeros(scan.geometry.shape, np.uint8) if path is None else read_label_map(path, scan.geometry)
            for path in (self.car, self.cac)
        )
        return scan, car, cac

    def _files(self) -> list[Path]:
        images = [self.source.image] if self.source.image else []
        slices = [header.path for series in self.source.series for header in series.headers]
        return [*images, *slices, *(path for path in (self.cac, self.car) if path)]


@contextmanager
def labelled_files(data: Path) -> Iterator[list[LabelledFiles]]:
    """Find the labelled scans below a folder, as ``cac phantom`` and the authors' labelling tool leave them.

    Beside a CT, or one folder above a DICOM series, lie ``cac.nrrd`` and ``car.nrrd`` (or ``.seg.nrrd``);
    beside ``<scan>.mhd`` lie ``<scan>-label-lesion.nrrd`` (calcium) and ``<scan>-label.nrrd`` (regions).

    Raises
    ------
    CACError
        If no scan has a label map, or the patient of one is not known though there is a ``patients.csv``.
    """
    with scan_sources(data) as sources:
        found = [(source, *_label_files(source)) for source in sources]
        labelled = [each for each in found if each[1] or each[2]]
        if not labelled:
            raise CACError(
                f"{data} holds {len(sources)} scans, none with labels: cac.nrrd and car.nrrd beside a scan, "
                "or <scan>-label-lesion.nrrd and <scan>-label.nrrd"
            )
        table = PatientTable(sources[0].root)
        home = str(data.resolve())
        yield [LabelledFiles(*each, table.patient_of(each[0]), home) for each in labelled]


def _label_files(source: ScanSource) -> tuple[Path | None, Path | None]:
    """Label maps of calcium and of regions."""
    if source.image is not None:
        stem = scan_stem(source.image)
        own = _first(source.folder, f"{stem}-label-lesion"), _first(source.folder, f"{stem}-label")
        if any(own):
            return own
    folders = [source.folder] if source.image else [source.folder, source.folder.parent]
    for folder in folders:
        shared = _first(folder, "cac"), _first(folder, "car")
        if any(shared):
            return shared
    return None, None


def _first(folder: Path, stem: str) -> Path | None:
    return next((path for ending in _ENDINGS if (path := folder / f"{stem}{ending}").is_file()), None)
