"""Whether the blood of a scan is too bright for one without contrast agent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, label

from .ct_scan import CTScan

ENHANCED_HU = (150.0, 700.0)
"""Blood with contrast agent; without it blood is 30 to 60 HU."""

_CELL_MM = 3.0
_CORE_DEPTH_CELLS = 2


def bright_core_ml(scan: CTScan) -> float:
    """Volume in ml of the largest uniformly bright body, 6 mm below its surface.

    A cavity filled with contrast agent keeps a core of tens of ml; bone does not, since a vertebral body,
    the largest there is, is bounded by darker discs and leaves less than 10 ml.
    """
    hu, cell_ml = _cells(scan)
    core = binary_erosion((hu >= ENHANCED_HU[0]) & (hu <= ENHANCED_HU[1]), iterations=_CORE_DEPTH_CELLS)
    numbers, count = label(core)
    return float(np.bincount(numbers.reshape(-1))[1:].max() * cell_ml) if count else 0.0


def _cells(scan: CTScan) -> tuple[NDArray[np.float32], float]:
    """Mean HU of cells of about 3 mm, which drowns noise, and the volume of a cell in ml."""
    hu = scan.hu
    spacings_mm = reversed(scan.geometry.spacing_mm)
    factors = [min(max(1, round(_CELL_MM / mm)), n) for mm, n in zip(spacings_mm, hu.shape, strict=True)]
    for axis, factor in enumerate(factors):
        whole = hu.shape[axis] // factor * factor
        hu = np.moveaxis(hu, axis, 0)[:whole]
        hu = np.moveaxis(hu.reshape(-1, factor, *hu.shape[1:]).mean(1, dtype=np.float32), 0, axis)
    return hu, scan.geometry.voxel_volume_mm3 * float(np.prod(factors)) / 1000
