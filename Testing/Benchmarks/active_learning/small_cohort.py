"""The synthetic cohort of the experiment, its pixels made coarser so that two cores can do with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk
from CACScoringLib.cores import available_cores
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.labels.label_map import read_label_map, write_label_map
from CACScoringLib.phantom.cohort import CohortPlan, make_cohort
from CACScoringLib.phantom.image_format import ImageFormat
from CACScoringLib.phantom.labelling import THRESHOLD_HU
from CACScoringLib.phantom.phantom import PhantomOptions
from CACScoringLib.scans.reader import read_scan
from CACScoringLib.schemes import OTHER, label_scheme
from numpy.typing import NDArray

FACTOR = 2
"""So many pixels along rows and along columns become one: 256 x 256 of 0.6 to 1 mm, as of a chest CT."""


def make_small_cohort(work: Path, scans: int, seed: int) -> Path:
    """Make the cohort below ``work`` that is not there yet; returns its folder."""
    fine, coarse = work / "fine", work / "cohort"
    if not (fine / "cohort.csv").is_file():
        make_cohort(fine, CohortPlan(scans, seed, ImageFormat.nrrd, PhantomOptions()), available_cores())
    for folder in sorted(each.parent for each in fine.glob("*/ct.nrrd"))[:scans]:
        out = coarse / folder.name
        if not (out / "ct.nrrd").is_file():
            _coarsen(folder, out)
    return coarse


def _coarsen(folder: Path, out: Path) -> None:
    """Average HU over squares; what is still a candidate has the artery of any voxel in its square."""
    scan = read_scan(folder / "ct.nrrd")
    cac, car = (read_label_map(folder / f"{name}.nrrd", scan.geometry) for name in ("cac", "car"))
    hu = np.rint(_squares(scan.values).mean(axis=(2, 4))).astype(np.int16)
    calcium = np.where(hu >= THRESHOLD_HU, _squares(cac).max(axis=(2, 4)), np.uint8(0))
    # where only the average is above the threshold
    calcium[(hu >= THRESHOLD_HU) & (calcium == 0)] = label_scheme()[OTHER].value
    geometry = _coarse(scan.geometry)
    write_label_map(out / "cac.nrrd", calcium, geometry, "cac")
    write_label_map(out / "car.nrrd", _squares(car).max(axis=(2, 4)), geometry, "car")
    sitk.WriteImage(geometry.to_image(hu), str(out / "ct.nrrd"), useCompression=True)


def _squares(values: NDArray) -> NDArray:
    """``[slice, row, row in square, column, column in square]``."""
    slices, rows, columns = values.shape
    return values.reshape(slices, rows // FACTOR, FACTOR, columns // FACTOR, FACTOR)


def _coarse(geometry: VolumeGeometry) -> VolumeGeometry:
    columns, rows, slices = geometry.size
    across, down, through = geometry.spacing_mm
    # the middle of the first square
    origin = geometry.lps_of(((FACTOR - 1) / 2, (FACTOR - 1) / 2, 0)).tolist()
    return VolumeGeometry(
        (columns // FACTOR, rows // FACTOR, slices),
        (across * FACTOR, down * FACTOR, through),
        (origin[0], origin[1], origin[2]),
        geometry.direction,
    )
