"""Label maps of a scan among the files of a folder, by their names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.labels.label_map import read_label_map
from numpy.typing import NDArray

from ..export.exported_scans import exported_names
from ..store.scan_register import ScanEntry
from ..training.patients import scan_stem

CALCIUM_ENDING, REGION_ENDING = "-label-lesion.nrrd", "-label.nrrd"


class FoundLabels(NamedTuple):
    """Maps of calcium and regions, ``[slice, row, column]``, None where there is none, and their files."""

    cac: NDArray[np.uint8] | None
    car: NDArray[np.uint8] | None
    files: tuple[Path, ...]


def label_files(folder: Path, entry: ScanEntry) -> tuple[Path, Path] | None:
    """Find ``<scan>-label-lesion.nrrd`` and ``<scan>-label.nrrd`` of a scan; None where there is neither.

    ``<scan>`` is what ``cac export`` calls it, or the name of its image file. One of the two may be missing.
    """
    for name in _names(entry):
        calcium, regions = (folder / f"{name}{ending}" for ending in (CALCIUM_ENDING, REGION_ENDING))
        if calcium.is_file() or regions.is_file():
            return calcium, regions
    return None


def labels_in_files(files: tuple[Path, Path], geometry: VolumeGeometry) -> FoundLabels:
    """Read what :func:`label_files` found.

    Raises
    ------
    CACError
        If a file is unreadable, lies on another grid, or holds a value outside the scheme.
    """
    cac, car = (read_label_map(path, geometry) if path.is_file() else None for path in files)
    return FoundLabels(cac, car, tuple(path for path in files if path.is_file()))


def _names(entry: ScanEntry) -> Iterable[str]:
    yield from exported_names(entry)
    if entry.series_uid is None:
        yield scan_stem(Path(entry.member or entry.path))
