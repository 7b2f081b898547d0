"""What each slice adds to a scan's Agatston score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..scans.ct_scan import CTScan
from .protocol import ScoringProtocol
from .scores import counted_calcium


def slice_agatston(
    scan: CTScan,
    labels: NDArray[np.uint8],
    protocol: ScoringProtocol,
    coronary: NDArray[np.intp] | None = None,
) -> NDArray[np.float64]:
    """Return the Agatston score of each slice; they sum to the total of :func:`~.scores.score_scan`.

    An Agatston score is a sum over 2-D components, each of which lies in one slice. Under the rule that
    leaves out small components slice by slice (``component_area``, Agatston's own), what a slice adds depends
    on its labels alone; under rules about 3-D lesions also on those of its neighbours.

    Parameters
    ----------
    scan, labels, protocol, coronary
        As for :func:`~.scores.score_scan`.

    Returns
    -------
    float64 ``[slice]``.
    """
    calcium, components = counted_calcium(scan, labels, protocol, coronary)
    geometry = scan.geometry
    slices, rows, columns = geometry.shape
    if not calcium.voxels.size:
        return np.zeros(slices)
    _, first, component = np.unique(components.in_slice, return_index=True, return_inverse=True)
    peak_hu = np.full(first.size, calcium.hu.min())
    np.maximum.at(peak_hu, component, calcium.hu)
    weighted_mm2 = np.bincount(component) * geometry.pixel_area_mm2 * protocol.weights(peak_hu)
    of_slice = calcium.voxels[first] // (rows * columns)
    factor = protocol.increment_factor(geometry.increment_mm)
    return np.bincount(of_slice, factor * weighted_mm2, minlength=slices).astype(np.float64)
