"""A CT on top of the voxel labels of a real scan: its candidates lie where a reader would see them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import SimpleITK as sitk
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.scans.ct_scan import CTScan
from numpy.typing import NDArray

HEART, OTHER_CANDIDATE, CALCIUM = 1, 2, 3
"""Values of the labels; 0 is everything else."""


class RealGeometry(NamedTuple):
    """Its name, the CT, and the labels it was made of, ``[slice, row, column]``."""

    name: str
    scan: CTScan
    mask: NDArray[np.uint8]


def real_geometries() -> list[RealGeometry]:
    """Return those of the reference data, whose folder ``CAC_REFERENCE_DATA`` names; none without it.

    The heart has 40 HU, all that is no candidate -800, both with noise; candidates lie above 130 HU.
    """
    folder = os.environ.get("CAC_REFERENCE_DATA")
    return [_made(path) for path in sorted(Path(folder).glob("nlst_*_mask.nrrd"))] if folder else []


def _made(path: Path) -> RealGeometry:
    image = sitk.ReadImage(str(path))
    mask = sitk.GetArrayFromImage(image)
    rng = np.random.default_rng(0)
    hu = np.where(mask == HEART, 40, -800) + rng.normal(0, 20, mask.shape)
    candidate = 130 + rng.exponential(150, mask.shape)
    hu = np.where(mask >= OTHER_CANDIDATE, candidate, np.minimum(hu, 129)).astype(np.int16)
    return RealGeometry(
        path.name.removesuffix("_mask.nrrd"), CTScan(hu, VolumeGeometry.of_image(image)), mask
    )
