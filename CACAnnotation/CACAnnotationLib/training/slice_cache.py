"""Labelled slices in files that are mapped into memory: training reads any slice without opening its scan."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from CACScoringLib.errors import CACError
from CACScoringLib.labels.label_map import read_label_map
from CACScoringLib.model.inputs import CANDIDATE_HU
from CACScoringLib.scans.reader import read_source
from CACScoringLib.schemes import OTHER, label_scheme
from CACScoringLib.whole_files import whole_file, write_whole
from numpy.typing import NDArray

from .labelled_scans import LabelledScan, labelled_scans
from .sparse_labels import is_dense, thin_regions

INDEX_NAME = "index.json"
_FORMAT = 1
_HU_RANGE = np.iinfo(np.int16)


@dataclass(frozen=True)
class CachedScan:
    """The labelled slices of one scan.

    Parameters
    ----------
    name
        The scan's path below the data folder.
    patient
        The same for all scans of one patient: the pseudonym of a DICOM file, or else the scan's name.
    fingerprint
        SHA-256 of HU and labels as they are cached.
    stamp
        Digest of names, sizes and times of the files it was made from.
    slice_indices
        Which slices of the scan have labels.
    with_calcium
        For each of them, whether an artery's calcium is labelled in it.
    """

    name: str
    patient: str
    fingerprint: str
    stamp: str
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
    data: Path, folder: Path, seed: int, progress: Callable[[int, int], None] = lambda done, of: None
) -> SliceCache:
    """Read the labelled scans below ``data`` into a cache; what is there and unchanged is not read again.

    Dense region truth, as of a phantom, is thinned to what a reader would have drawn.

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

    Raises
    ------
    CACError
        If no scan is labelled, one cannot be read, or the disk is full.
    """
    known = {scan.stamp: scan for scan in _read_index(folder)}
    scans = []
    with labelled_scans(data) as found:
        for number, labelled in enumerate(found):
            stamp = _stamp(labelled, data, seed)
            cached = known.get(stamp)
            if cached is None or not all(path.is_file() for path in _paths(folder, cached.fingerprint)):
                cached = _cache_scan(labelled, folder, stamp, seed)
            if cached.slice_indices:
                scans.append(cached)
            progress(number + 1, len(found))
    if not scans:
        raise CACError(f"the label maps below {data} are empty: label some slices first")
    write_whole(folder / INDEX_NAME, json.dumps(_index_document(scans), indent=1))
    return SliceCache(folder, tuple(scans))


def open_slice_cache(folder: Path) -> SliceCache:
    """Open a cache that :func:`build_slice_cache` has made."""
    return SliceCache(folder, tuple(_read_index(folder)))


def _cache_scan(labelled: LabelledScan, folder: Path, stamp: str, seed: int) -> CachedScan:
    scan = read_source(labelled.source)
    name = labelled.source.name
    car, cac = (
        np.zeros(scan.geometry.shape, np.uint8) if path is None else read_label_map(path, scan.geometry)
        for path in (labelled.car, labelled.cac)
    )
    if not np.isfinite(scan.values).all():
        raise CACError(f"{name} holds values that are no numbers; repair it or take it out of the data")
    chosen = np.flatnonzero((car | cac).any(axis=(1, 2)))
    hu = np.rint(scan.values[chosen]).clip(_HU_RANGE.min, _HU_RANGE.max).astype(np.int16)
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
            np.lib.format.write_array(file, array)
    artery = (calcium > label_scheme()[OTHER].value) & (hu > CANDIDATE_HU)
    return CachedScan(
        name,
        scan.acquisition.patient_key or name,
        fingerprint,
        stamp,
        tuple(chosen.tolist()),
        tuple(artery.any(axis=(1, 2)).tolist()),
    )


def _stamp(labelled: LabelledScan, data: Path, seed: int) -> str:
    described: list[object] = [_FORMAT, seed, labelled.source.name]
    for path in labelled.files:
        found = path.stat()
        described.append([path.name, found.st_size, found.st_mtime_ns])
    return hashlib.sha256(json.dumps(described).encode()).hexdigest()


def _paths(folder: Path, fingerprint: str) -> tuple[Path, Path]:
    return folder / f"{fingerprint[:20]}.hu.npy", folder / f"{fingerprint[:20]}.labels.npy"


def _index_document(scans: Iterable[CachedScan]) -> dict[str, Any]:
    return {"format": _FORMAT, "scans": [vars(scan) for scan in scans]}


def _read_index(folder: Path) -> list[CachedScan]:
    """Scans of a cache; none where there is no index or it is not one: a cache can always be made again."""
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        document = json.loads((folder / INDEX_NAME).read_text(encoding="utf-8"))
        if document["format"] == _FORMAT:
            return [_cached_scan(each) for each in document["scans"]]
    return []


def _cached_scan(stored: dict[str, Any]) -> CachedScan:
    lists = {key: tuple(stored[key]) for key in ("slice_indices", "with_calcium")}
    return CachedScan(**(stored | lists))
