"""The definitions written out plainly, lesion by lesion, for tests and benchmarks."""

from __future__ import annotations

import numpy as np
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.schemes import label_scheme
from CACScoringLib.scoring.protocol import ScoringProtocol
from numpy.typing import NDArray
from scipy import ndimage


def plain_candidates(scan: CTScan) -> list[dict]:
    """Statistics of each candidate lesion, one lesion after the other."""
    numbers, _ = ndimage.label(scan.hu >= 130)
    found = []
    for number, box in enumerate(ndimage.find_objects(numbers), start=1):
        inside = numbers[box] == number
        hu = scan.hu[box][inside]
        found.append(
            {
                "voxels": hu.size,
                "peak_hu": hu.max(),
                "mean_hu": hu.mean(),
                "bounds": [(axis.start, axis.stop - 1) for axis in box],
                "centroid": np.argwhere(inside).mean(0) + [axis.start for axis in box],
            }
        )
    return found


def plain_scores(
    scan: CTScan, labels: NDArray[np.uint8], protocol: ScoringProtocol
) -> dict[str, tuple[float, float]]:
    """Agatston score and volume (mm³) of each artery, lesion by lesion, slice by slice, area by area."""
    if not protocol.keep_lm_apart:
        labels = np.where(labels == 5, np.uint8(2), labels)
    dx, dy, dz = scan.geometry.spacing_mm
    result = {}
    for label in label_scheme().arteries:
        calcium = (labels == label.value) & protocol.is_candidate(scan.hu)
        lesions, _ = ndimage.label(calcium)
        score = volume = 0.0
        for number, box in enumerate(ndimage.find_objects(lesions), start=1):
            lesion, hu = lesions[box] == number, scan.hu[box]
            if protocol.too_small == "lesion_volume" and lesion.sum() * dx * dy * dz < protocol.smallest:
                continue
            if protocol.too_small == "lesion_area" and lesion.sum() * dx * dy < protocol.smallest:
                continue
            for lesion_slice, hu_slice in zip(lesion, hu, strict=True):
                areas, count = ndimage.label(lesion_slice)
                for area in range(1, count + 1):
                    peak, mm2 = hu_slice[areas == area].max(), (areas == area).sum() * dx * dy
                    if protocol.too_small == "component_area" and mm2 < protocol.smallest:
                        continue
                    score += mm2 * (1 + (peak >= 200) + (peak >= 300) + (peak >= 400))
                    volume += mm2 * dz
        result[label.name] = (score * (dz / 3 if protocol.normalise_increment else 1), volume)
    return result
