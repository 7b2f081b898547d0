"""What a slice cache consists of: an index of scans, and arrays named after what they hold."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from CACScoringLib.whole_files import whole_file, write_whole
from numpy.typing import NDArray

from .folder_lock import FolderBusyError, locked

INDEX_NAME = "index.json"
USE_LOCK = ".in-use.lock"
"""Shared by all who read arrays."""
_FORMAT = 7
_ARRAY_NAME = re.compile(r"(\.partial-)?[0-9a-f]{20}\.(hu|labels)\.npy")


class Origin(NamedTuple):
    """What a cached scan was made from.

    Parameters
    ----------
    data
        The data folder, or the project.
    stamp
        Changes whenever the scan's voxels or labels may have changed.
    """

    data: str
    stamp: str


@dataclass(frozen=True)
class CachedScan:
    """The labelled slices of one scan.

    Parameters
    ----------
    name
        The scan's path below the data folder.
    patient
        The same for all scans of one patient: from ``patients.csv``, or else the pseudonym of a DICOM file,
        or else the scan's name.
    part
        ``"training"`` or ``"validation"`` where a project says so, None where chance decides.
    fingerprint
        SHA-256 of HU and labels as they are cached.
    matrix
        Rows and columns of its slices, upright.
    slice_indices
        Which slices of the scan have labels.
    with_calcium
        For each of them, whether an artery's calcium is labelled in it.
    hu_files
        For each of them, the file of its HU: one for all labels it ever gets.
    origin
        What it was made from.
    """

    name: str
    patient: str
    part: str | None
    fingerprint: str
    matrix: tuple[int, int]
    slice_indices: tuple[int, ...]
    with_calcium: tuple[bool, ...]
    hu_files: tuple[str, ...]
    origin: Origin

    @property
    def label_file(self) -> str:
        """File of the labels of all its labelled slices."""
        return f"{self.fingerprint[:20]}.labels.npy"

    @property
    def files(self) -> set[str]:
        """All its files."""
        return {*self.hu_files, self.label_file}


def hu_file(hu: NDArray[np.int16]) -> str:
    """Name of the file of a slice's HU ``[row, column]``."""
    return hashlib.sha256(str(hu.shape).encode() + hu.tobytes()).hexdigest()[:20] + ".hu.npy"


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Write a C-contiguous array whole, unless its file is there: what a file holds follows from its name."""
    if path.is_file():
        return
    with whole_file(path) as file:
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(array))
        # NumPy's own way of writing says of a full disk only how many values it wrote
        file.write(array.data)


def write_index(folder: Path, scans: Iterable[CachedScan]) -> None:
    """Write the index of a cache."""
    document = {"format": _FORMAT, "scans": [vars(scan) for scan in scans]}
    write_whole(folder / INDEX_NAME, json.dumps(document, indent=1))


def read_index(folder: Path) -> list[CachedScan]:
    """Scans of a cache that are whole; none where there is no index, or it is damaged."""
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        document = json.loads((folder / INDEX_NAME).read_text(encoding="utf-8"))
        if document["format"] == _FORMAT:
            present = {path.name for path in folder.glob("*.npy")}
            return [scan for scan in map(_cached_scan, document["scans"]) if scan.files <= present]
    return []


def prune(folder: Path, scans: Collection[CachedScan]) -> None:
    """Delete arrays that none of these scans has, unless another run may still read them.

    Nobody may write into the cache meanwhile. Where there are no locks nothing is deleted.
    """
    with suppress(FolderBusyError), locked(folder / USE_LOCK) as alone:
        if alone:
            kept = {name for scan in scans for name in scan.files}
            for path in folder.glob("*.npy"):
                if path.name not in kept and _ARRAY_NAME.fullmatch(path.name):
                    path.unlink(missing_ok=True)


def _cached_scan(stored: dict[str, Any]) -> CachedScan:
    lists = {key: tuple(value) for key, value in stored.items() if isinstance(value, list)}
    return CachedScan(**(stored | lists | {"origin": Origin(*stored["origin"])}))
