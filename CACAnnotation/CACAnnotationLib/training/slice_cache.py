"""Labelled slices in files of their own: training reads any slice without opening its scan."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from CACScoringLib.errors import CACError
from CACScoringLib.model.inputs import CANDIDATE_HU, PADDING_HU
from CACScoringLib.scans.padding import is_number
from CACScoringLib.scans.upright import Upright
from CACScoringLib.schemes import OTHER, label_scheme
from numpy.typing import NDArray

from .cache_files import (
    USE_LOCK,
    CachedScan,
    Origin,
    hu_file,
    prune,
    read_index,
    write_array,
    write_index,
)
from .folder_lock import locked
from .labelled_scans import LabelledScan, labelled_scans
from .sparse_labels import is_dense, thin_regions

_BUILD_LOCK = ".build.lock"
_HU_RANGE = np.iinfo(np.int16)


@dataclass(frozen=True)
class SliceCache:
    """Labelled slices of many scans; no file stays open, so that there may be any number of them."""

    folder: Path
    scans: tuple[CachedScan, ...]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all slices and labels, whatever their scans are called."""
        return hashlib.sha256("".join(sorted(each.fingerprint for each in self.scans)).encode()).hexdigest()

    def slice_of(
        self, scan: int, number: int
    ) -> tuple[NDArray[np.int16], NDArray[np.uint8], NDArray[np.uint8]]:
        """Return HU, region labels and calcium labels of a scan's ``number``-th labelled slice.

        Each is ``[row, column]``.

        Raises
        ------
        CACError
            If a file is gone or damaged.
        """
        cached = self.scans[scan]
        try:
            hu = np.load(self.folder / cached.hu_files[number])
            labels = np.load(self.folder / cached.label_file, mmap_mode="r")[number]
        except (OSError, ValueError, EOFError) as error:
            raise CACError(
                f"a file in {self.folder} is gone or damaged; delete that folder, and try again"
            ) from error
        return hu, labels & 15, labels >> 4


@contextmanager
def cached_slices(
    data: Path,
    folder: Path,
    progress: Callable[[int, int], object] = lambda done, of: None,
    waiting: Callable[[], object] = lambda: None,
) -> Iterator[SliceCache]:
    """Read the labelled scans below ``data`` into a cache; what is there and unchanged is not read again.

    Dense region truth, as of a phantom, is thinned to what a reader would have drawn. HU are rounded up to
    whole ones, so that what is above a threshold of whole HU, and so a candidate, still is. What is no number
    is padding, and slices are upright, as in prediction.

    Any number of runs may use a cache at once, each with its own data and state of the labels; what
    none of them needs is deleted by the first that comes when no other is left.

    Parameters
    ----------
    data
        Folder that :func:`~CACAnnotationLib.training.labelled_scans.labelled_scans` understands.
    folder
        Of the cache; made if it does not exist.
    progress
        Called with the number of scans done and of all; may raise to stop.
    waiting
        Called again and again while another process reads scans into this cache; may raise to stop.

    Yields
    ------
    The slices; their files stay until the ``with`` block ends.

    Raises
    ------
    CACError
        If no scan is labelled, one cannot be read, its patient is not known though there is a
        ``patients.csv``, or the disk is full. What was read before need not be read again.
    """
    with ExitStack() as use:
        with labelled_scans(data) as found, locked(folder / _BUILD_LOCK, waiting=waiting):
            scans = _cached_scans(found, folder, progress)
            use.enter_context(locked(folder / USE_LOCK, shared=True, waiting=waiting))
        if not any(scan.slice_indices for scan in scans):
            raise CACError(f"the label maps below {data} are empty: label some slices first")
        yield SliceCache(folder, tuple(scan for scan in scans if scan.slice_indices))


def _cached_scans(
    found: Sequence[LabelledScan],
    folder: Path,
    progress: Callable[[int, int], object],
) -> list[CachedScan]:
    """Read what is not in the cache, and write its index, also where something goes wrong on the way."""
    origins = [Origin(labelled.home, labelled.stamp()) for labelled in found]
    known = {scan.origin: scan for scan in read_index(folder)}
    scans: dict[Origin, CachedScan] = {}
    try:
        for labelled, origin in zip(found, origins, strict=True):
            cached = known.get(origin) or _cache_scan(labelled, folder, origin)
            scans[origin] = dataclasses.replace(cached, patient=labelled.patient, part=labelled.part)
            progress(len(scans), len(found))
    except BaseException:
        with suppress(CACError):
            write_index(folder, (known | scans).values())
        raise
    data, stamps = origins[0].data, {origin.stamp for origin in origins}
    # a scan with other labels than it has now, or one that is gone, will not be asked for again
    left = scans | {
        origin: scan
        for origin, scan in known.items()
        if origin not in scans
        and (origin.stamp in stamps if origin.data == data else Path(origin.data).exists())
    }
    write_index(folder, left.values())
    prune(folder, left.values())
    return list(scans.values())


def _cache_scan(labelled: LabelledScan, folder: Path, origin: Origin) -> CachedScan:
    scan, car, cac = labelled.read()
    chosen = np.flatnonzero((car | cac).any(axis=(1, 2)))
    upright = Upright.of_geometry(scan.geometry)
    slices, regions, calcium = (
        np.ascontiguousarray(upright.turned(each[chosen])) for each in (scan.values, car, cac)
    )
    values = np.where(is_number(slices), slices, PADDING_HU)
    hu = np.ceil(values).clip(_HU_RANGE.min, _HU_RANGE.max).astype(np.int16)
    for number, index in enumerate(chosen.tolist()):
        if is_dense(regions[number]):
            # by content, so that a scan is thinned alike in every run: strokes are data, not chance
            own = int.from_bytes(hashlib.sha256(hu[number].tobytes()).digest()[:8], "big")
            regions[number] = thin_regions(regions[number], np.random.default_rng([own, index]))
    labels = regions | (calcium << 4)
    artery = (calcium > label_scheme()[OTHER].value) & (hu > CANDIDATE_HU)
    cached = CachedScan(
        name=labelled.name,
        patient="",
        part=None,
        fingerprint=hashlib.sha256(str(hu.shape).encode() + hu.tobytes() + labels.tobytes()).hexdigest(),
        matrix=hu.shape[1:],
        slice_indices=tuple(chosen.tolist()),
        with_calcium=tuple(bool(each.any()) for each in artery),
        hu_files=tuple(map(hu_file, hu)),
        origin=origin,
    )
    for name, each in zip(cached.hu_files, hu, strict=True):
        write_array(folder / name, each)
    write_array(folder / cached.label_file, labels)
    return cached
