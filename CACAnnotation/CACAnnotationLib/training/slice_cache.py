"""Labelled slices in files that are mapped into memory: training reads any slice without opening its scan."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from CACScoringLib.errors import CACError
from CACScoringLib.labels.label_map import read_label_map
from CACScoringLib.model.inputs import CANDIDATE_HU, PADDING_HU
from CACScoringLib.scans.padding import is_number
from CACScoringLib.scans.reader import read_source
from CACScoringLib.schemes import OTHER, label_scheme
from CACScoringLib.whole_files import whole_file, write_whole
from numpy.typing import NDArray

from .folder_lock import locked
from .labelled_scans import LabelledScan, labelled_scans
from .patients import PatientTable
from .sparse_labels import is_dense, thin_regions

INDEX_NAME = "index.json"
_BUILD_LOCK = ".build.lock"
_FORMAT = 3
_HU_RANGE = np.iinfo(np.int16)


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
    fingerprint
        SHA-256 of HU and labels as they are cached.
    stamp
        Digest of names, sizes and times of the files it was made from.
    matrix
        Rows and columns of its slices.
    slice_indices
        Which slices of the scan have labels.
    with_calcium
        For each of them, whether an artery's calcium is labelled in it.
    """

    name: str
    patient: str
    fingerprint: str
    stamp: str
    matrix: tuple[int, int]
    slice_indices: tuple[int, ...]
    with_calcium: tuple[bool, ...]


@dataclass(frozen=True, eq=False)
class SliceCache:
    """Labelled slices of many scans; opens a scan's files on first use."""

    folder: Path
    scans: tuple[CachedScan, ...]
    _open: dict[int, tuple[NDArray[np.int16], NDArray[np.uint8]]] = field(default_factory=dict, repr=False)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all slices and labels, whatever their scans are called."""
        return hashlib.sha256("".join(sorted(each.fingerprint for each in self.scans)).encode()).hexdigest()

    def slice_of(
        self, scan: int, number: int
    ) -> tuple[NDArray[np.int16], NDArray[np.uint8], NDArray[np.uint8]]:
        """Return HU, region labels and calcium labels of a scan's ``number``-th labelled slice.

        Each is ``[row, column]`` and read-only.
        """
        if scan not in self._open:
            paths = _paths(self.folder, self.scans[scan].fingerprint)
            hu, labels = (np.load(path, mmap_mode="r") for path in paths)
            self._open[scan] = hu, labels
        hu, labels = self._open[scan]
        return hu[number], labels[number] & 15, labels[number] >> 4

    def __getstate__(self) -> dict[str, Any]:
        """Leave open files behind: a process that prepares slices opens its own."""
        return {"folder": self.folder, "scans": self.scans, "_open": {}}


def build_slice_cache(
    data: Path,
    folder: Path,
    seed: int,
    progress: Callable[[int, int], object] = lambda done, of: None,
    waiting: Callable[[], object] = lambda: None,
) -> SliceCache:
    """Read the labelled scans below ``data`` into a cache; what is there and unchanged is not read again.

    Dense region truth, as of a phantom, is thinned to what a reader would have drawn. HU are rounded up to
    whole ones, so that what is above a threshold of whole HU, and so a candidate, still is. What is no number
    is padding, as in prediction.

    Parameters
    ----------
    data
        Folder that :func:`~CACAnnotationLib.training.labelled_scans.labelled_scans` understands.
    folder
        Of the cache; made if it does not exist.
    seed
        Of the thinning.
    progress
        Called with the number of scans done and of all.
    waiting
        Called again and again while another process reads scans into this cache.

    Raises
    ------
    CACError
        If no scan is labelled, one cannot be read, its patient is not known though there is a
        ``patients.csv``, or the disk is full. What was read before need not be read again.
    """
    with labelled_scans(data) as found:
        table = PatientTable(found[0].source.root)
        patients = [table.patient_of(labelled.source) for labelled in found]
        with locked(folder / _BUILD_LOCK, waiting=waiting):
            scans = _cached_scans(found, patients, folder, seed, progress)
    if not any(scan.slice_indices for scan in scans):
        raise CACError(f"the label maps below {data} are empty: label some slices first")
    return SliceCache(folder, tuple(scan for scan in scans if scan.slice_indices))


def open_slice_cache(folder: Path) -> SliceCache:
    """Open a cache that :func:`build_slice_cache` has made."""
    return SliceCache(folder, tuple(scan for scan in _read_index(folder) if scan.slice_indices))


def _cached_scans(
    found: Sequence[LabelledScan],
    patients: Sequence[str],
    folder: Path,
    seed: int,
    progress: Callable[[int, int], object],
) -> list[CachedScan]:
    """Read what is not in the cache, and write its index, also where something goes wrong on the way."""
    known = {scan.stamp: scan for scan in _read_index(folder)}
    scans: list[CachedScan] = []
    try:
        for number, (labelled, patient) in enumerate(zip(found, patients, strict=True)):
            stamp = _stamp(labelled, seed)
            cached = known.get(stamp)
            if cached is None or not all(path.is_file() for path in _paths(folder, cached.fingerprint)):
                cached = _cache_scan(labelled, patient, folder, stamp, seed)
            scans.append(dataclasses.replace(cached, patient=patient))
            progress(number + 1, len(found))
    except BaseException:
        with suppress(CACError):
            _write_index(folder, [*(known | {scan.stamp: scan for scan in scans}).values()])
        raise
    _write_index(folder, scans)
    return scans


def _cache_scan(labelled: LabelledScan, patient: str, folder: Path, stamp: str, seed: int) -> CachedScan:
    scan = read_source(labelled.source)
    name = labelled.source.name
    car, cac = (
        np.zeros(scan.geometry.shape, np.uint8) if path is None else read_label_map(path, scan.geometry)
        for path in (labelled.car, labelled.cac)
    )
    chosen = np.flatnonzero((car | cac).any(axis=(1, 2)))
    values = np.where(is_number(scan.values[chosen]), scan.values[chosen], PADDING_HU)
    hu = np.ceil(values).clip(_HU_RANGE.min, _HU_RANGE.max).astype(np.int16)
    regions, calcium = car[chosen], cac[chosen]
    for number, index in enumerate(chosen.tolist()):
        if is_dense(regions[number]):
            # by content, so that a scan is thinned alike wherever it lies and whatever lies beside it
            own = int.from_bytes(hashlib.sha256(hu[number].tobytes()).digest()[:8], "big")
            regions[number] = thin_regions(regions[number], np.random.default_rng([seed, own, index]))
    labels = regions | (calcium << 4)
    fingerprint = hashlib.sha256(str(hu.shape).encode() + hu.tobytes() + labels.tobytes()).hexdigest()
    for path, array in zip(_paths(folder, fingerprint), (hu, labels), strict=True):
        with whole_file(path) as file:
            np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(array))
            # NumPy's own way of writing says of a full disk only how many values it wrote
            file.write(array.data)
    artery = (calcium > label_scheme()[OTHER].value) & (hu > CANDIDATE_HU)
    return CachedScan(
        name,
        patient,
        fingerprint,
        stamp,
        hu.shape[1:],
        tuple(chosen.tolist()),
        tuple(bool(each.any()) for each in artery),
    )


def _stamp(labelled: LabelledScan, seed: int) -> str:
    described: list[object] = [_FORMAT, seed, labelled.source.name]
    for path in labelled.files:
        found = path.stat()
        described.append([path.name, found.st_size, found.st_mtime_ns])
    return hashlib.sha256(json.dumps(described).encode()).hexdigest()


def _paths(folder: Path, fingerprint: str) -> tuple[Path, Path]:
    return folder / f"{fingerprint[:20]}.hu.npy", folder / f"{fingerprint[:20]}.labels.npy"


def _write_index(folder: Path, scans: Sequence[CachedScan]) -> None:
    document = {"format": _FORMAT, "scans": [vars(scan) for scan in scans]}
    write_whole(folder / INDEX_NAME, json.dumps(document, indent=1))


def _read_index(folder: Path) -> list[CachedScan]:
    """Scans of a cache; none where there is no index or it is not one: a cache can always be made again."""
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        document = json.loads((folder / INDEX_NAME).read_text(encoding="utf-8"))
        if document["format"] == _FORMAT:
            return [_cached_scan(each) for each in document["scans"]]
    return []


def _cached_scan(stored: dict[str, Any]) -> CachedScan:
    lists = {key: tuple(stored[key]) for key in ("matrix", "slice_indices", "with_calcium")}
    return CachedScan(**(stored | lists))
