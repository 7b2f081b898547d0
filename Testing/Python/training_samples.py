"""Small labelled scans in which calcium can be told from bone by where it lies, and a network to match."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk
from CACScoringLib.labels.label_map import write_label_map
from CACScoringLib.scans.ct_scan import CTScan
from volumes import scan_of

if TYPE_CHECKING:
    from CACAnnotationLib.training.slice_cache import SliceCache

CONFIG = """
seed = 4
epochs = {epochs}
batch_size = 4
batches_per_epoch = 3
learning_rate = 2e-3
validation_share = 0.34

[network]
first_channels = 4
channels = [4, 8]

[augmentation]
translation_pixels = 2
"""


def labelled_scan(seed: int, *, calcium: bool = True) -> tuple[CTScan, np.ndarray, np.ndarray]:
    """Scan of 4 slices of 48 x 40 with an LAD and an RCA, calcium in the LAD, and bone; with CAC and CAR."""
    rng = np.random.default_rng(seed)
    hu = np.rint(rng.normal(40, 15, (4, 48, 40)))
    car = np.ones(hu.shape, np.uint8)
    row, column = rng.integers(12, 20, 2)
    car[1:, row : row + 4, column : column + 10] = 2
    car[2:, row + 16 : row + 20, column : column + 8] = 4
    hu[:, 40:44, 5:35] = 500
    if calcium:
        hu[2, row + 1 : row + 3, column + 3 : column + 7] = 350
    cac = (hu >= 130).astype(np.uint8)
    cac[(cac > 0) & (car > 1)] = 2
    return scan_of(hu), cac, car


def write_cohort(folder: Path, scans: int = 6, *, without_calcium: int = 1) -> Path:
    """Write scans the way ``cac phantom`` does: a folder each."""
    for number in range(scans):
        scan, cac, car = labelled_scan(number, calcium=number >= without_calcium)
        place = folder / f"scan-{number}"
        place.mkdir(parents=True)
        sitk.WriteImage(scan.geometry.to_image(scan.values), str(place / "ct.nrrd"))
        write_label_map(place / "cac.nrrd", cac, scan.geometry, "cac")
        write_label_map(place / "car.nrrd", car, scan.geometry, "car")
    return folder


def read_cache(data: Path, folder: Path) -> SliceCache:
    """Read labelled scans into a cache that nobody uses for long."""
    from CACAnnotationLib.training.slice_cache import cached_slices

    with cached_slices(data, folder) as cache:
        return cache


def write_config(path: Path, epochs: int = 3, extra: str = "") -> Path:
    """Write a configuration that trains in seconds."""
    path.write_text(extra + CONFIG.format(epochs=epochs), encoding="utf-8")
    return path
