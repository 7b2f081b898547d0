"""Image noise of a scan."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter

from .ct_scan import CTScan

TISSUE_HU = (-200, 140)
"""Heart-related tissue, in which MTAL (section 3.5) measures noise."""

_CT_HU = (-3000, 5000)
"""Beyond it lie damaged voxels, whose squares drown all others."""
_NEIGHBOURHOOD_MM = 4.0
_MOST_SLICES = 16
_FEWEST_VOXELS = 1000


def noise_hu(scan: CTScan) -> float | None:
    """Noise level in HU: the mode of local standard deviations over tissue of -200 to 140 HU.

    After MTAL section 3.5 and Christianson 2015. The standard deviation is taken within each slice over a
    square of about 4 mm; at most 16 slices, evenly spread, are looked at.

    Returns
    -------
    The noise level, or None where there is too little tissue.
    """
    slices = scan.geometry.size[2]
    chosen = np.unique(np.linspace(0, slices - 1, min(slices, _MOST_SLICES)).round().astype(int))
    hu = scan.hu[chosen].clip(*_CT_HU).astype(np.float32)
    window = tuple(max(3, round(_NEIGHBOURHOOD_MM / mm) | 1) for mm in scan.geometry.spacing_mm[1::-1])
    tissue = (hu >= TISSUE_HU[0]) & (hu <= TISSUE_HU[1])
    if tissue.sum() < _FEWEST_VOXELS:
        return None
    mean = uniform_filter(hu, (1, *window))
    variance = uniform_filter(hu * hu, (1, *window)) - mean * mean
    deviation = np.sqrt(np.maximum(variance[tissue], 0))
    counts = np.bincount(deviation.round().astype(int))
    return float(np.argmax(np.convolve(counts, [1, 1, 1], "same")))
