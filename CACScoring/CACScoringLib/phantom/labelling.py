"""The label maps and control points that a perfect reader would give to a phantom."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..geometry import VolumeGeometry
from ..schemes import OTHER, label_scheme
from .coronaries import Branch
from .fields import Float
from .motion import Poses
from .rendering import Patch
from .splitting import points_that_split

THRESHOLD_HU = 130
EVIDENT_HU = 40.0
"""A structure has a share in a voxel that it makes at least this much brighter."""
_BONE_HU = 100.0

Claim = tuple[int, Patch]
"""A label value, and the HU that one of its structures adds."""


def label_calcium(
    hu: NDArray[np.int16], clean: Float, claims: Sequence[Claim], geometry: VolumeGeometry
) -> tuple[NDArray[np.uint8], list[tuple[tuple[int, int, int], int]]]:
    """Label every candidate voxel, component by component.

    A 6-connected component belongs to an artery if one of the artery's lesions shows in it. Where several
    structures meet in one component, each voxel goes to the nearest of a few control points, which are placed
    so that every voxel that shows a structure gets that structure's label.

    Parameters
    ----------
    hu
        The scan.
    clean
        The scan without noise.
    claims
        What each structure added; label OTHER for calcium outside the arteries and for stents.
    geometry
        Of the scan.

    Returns
    -------
    The CAC label map, and per control point its voxel (slice, row, column) and label value.
    """
    other = label_scheme()[OTHER].value
    candidates = hu >= THRESHOLD_HU
    components = ndimage.label(candidates)[0]
    boxes = ndimage.find_objects(components)
    values = sorted({value for value, _ in claims} | {other})
    # Untouched pages of np.zeros cost nothing, so a whole volume per label is cheap.
    added = {value: np.zeros(hu.shape, np.float32) for value in values}
    coronary: set[int] = set()
    for value, patch in claims:
        added[value][patch.box] += patch.values
        if value != other:
            coronary |= set(np.unique(components[patch.box][patch.values >= EVIDENT_HU]).tolist())
    cac = candidates.astype(np.uint8) * np.uint8(other)
    points = []
    for component in sorted(coronary - {0}):
        box = boxes[component - 1]
        voxels = np.argwhere(components[box] == component) + [part.start for part in box]
        index = tuple(voxels.T)
        shares = np.stack([added[value][index] for value in values])
        bone = clean[index] - shares.sum(axis=0) - _BONE_HU
        shares[values.index(other)] += np.maximum(bone, 0)
        owner = np.array(values, np.uint8)[shares.argmax(axis=0)]
        strength = shares.max(axis=0)
        positions = geometry.lps_of(voxels[:, ::-1])
        owner, chosen = points_that_split(positions, owner, strength, strength >= EVIDENT_HU)
        cac[index] = owner
        points += [
            ((int(s), int(r), int(c)), int(owner[number]))
            for number, (s, r, c) in zip(chosen, voxels[chosen], strict=True)
        ]
    return cac, points


def label_regions(
    geometry: VolumeGeometry, tree: dict[str, Branch], poses: Poses, cac: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Label where the arteries run: OTHER, and each artery within about a millimetre around its lumen.

    Coronary calcium always lies in the region of its artery.
    """
    scheme = label_scheme()
    regions = np.full(geometry.shape, scheme[OTHER].value, np.uint8)
    nearness = np.zeros(geometry.shape, np.float32)
    spacing, origin = np.array(geometry.spacing_mm), np.array(geometry.origin_lps_mm)
    for branch in tree.values():
        value = scheme[branch.artery].value
        for shift in poses.of(branch):
            for place, radius in zip(branch.line_mm[::2] + shift, branch.radius_mm[::2] + 1.2, strict=True):
                low = np.maximum(np.ceil((place - radius - origin) / spacing).astype(int), 0)
                high = np.floor((place + radius - origin) / spacing).astype(int) + 1
                # A vessel thinner than a slice still runs in the slice that it crosses.
                low[2] = min(low[2], max(int(np.rint((place[2] - origin[2]) / spacing[2])), 0))
                high[2] = max(high[2], low[2] + 1)
                x, y, z = (
                    origin[axis]
                    + np.arange(low[axis], min(high[axis], geometry.size[axis])) * spacing[axis]
                    - place[axis]
                    for axis in range(3)
                )
                z = np.maximum(np.abs(z) - spacing[2] / 2, 0)
                near = 1 - np.sqrt(z[:, None, None] ** 2 + y[:, None] ** 2 + x**2) / radius
                part = (
                    slice(low[2], low[2] + z.size),
                    slice(low[1], low[1] + y.size),
                    slice(low[0], low[0] + x.size),
                )
                wins = near > nearness[part]
                nearness[part][wins] = near[wins]
                regions[part][wins] = value
    coronary = cac > scheme[OTHER].value
    regions[coronary] = cac[coronary]
    return regions
