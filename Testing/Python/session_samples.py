"""A small scan and sessions with it, for tests of the session."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from CACAnnotationLib.session.session import AnnotationSession
from CACAnnotationLib.store.label_store import LabelStore
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.schemes import label_scheme
from numpy.typing import NDArray

SIZE = (24, 20, 6)
"""Columns, rows, slices."""
LONG = ((2, 8, 6), (2, 8, 7), (2, 9, 7), (3, 8, 7), (4, 8, 7))
"""A lesion over three slices, as slice, row, column."""
SMALL = ((2, 14, 15), (2, 14, 16))
"""Another one, of a single slice."""
LOW = ((2, 4, 18), (3, 4, 18))
"""A third one, of 140 HU."""
BONE = tuple((k, 18, i) for k in range(6) for i in range(3, 9))


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def small_scan(spacing_mm: tuple[float, float, float] = (1.0, 1.0, 3.0)) -> CTScan:
    hu = np.full(SIZE[::-1], 40, np.int16)
    for voxels, value in ((LONG, 300), (SMALL, 450), (LOW, 140), (BONE, 700)):
        hu[tuple(np.transpose(voxels))] = value
    return CTScan(hu, VolumeGeometry(SIZE, spacing_mm))


def open_session(
    folder: Path,
    scan: CTScan | None = None,
    *,
    with_lm: bool = True,
    reader: str = "Anna",
    clock: Clock | None = None,
    order: list[int] | None = None,
) -> AnnotationSession:
    scan = scan or small_scan()
    reading = LabelStore.open(folder / "labels.sqlite").reading("1.2.3", scan.geometry.shape, reader, 1)
    scheme = label_scheme(with_lm=with_lm)
    return AnnotationSession(scan, reading, scheme, order=order, now=clock or Clock())


def labelled(session: AnnotationSession, layer: str = "cac") -> dict[tuple[int, int, int], int]:
    """Voxels of a layer that are not 0, as slice, row, column."""
    found: NDArray[np.uint8] = session.desk.layers[layer]
    return {tuple(map(int, voxel)): int(found[tuple(voxel)]) for voxel in np.argwhere(found)}  # type: ignore[misc]


def ijk(voxel: tuple[int, int, int]) -> tuple[int, int, int]:
    """Column, row and slice of a voxel given as slice, row, column."""
    return voxel[2], voxel[1], voxel[0]
