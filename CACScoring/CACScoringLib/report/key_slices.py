"""Which slices of a scan tell most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..geometry import VolumeGeometry
from ..scans.ct_scan import CTScan
from ..schemes import label_scheme
from ..scoring.protocol import ScoringProtocol
from ..scoring.scores import counted_calcium


class CalciumPatch(NamedTuple):
    """One 2-D component of counted calcium.

    Parameters
    ----------
    slice_index
        Its slice, from 0.
    artery
        Label name.
    lesion
        Number of the 3-D lesion that it belongs to.
    agatston
        What it adds to the score.
    row, column
        Of each voxel.
    """

    slice_index: int
    artery: str
    lesion: int
    agatston: float
    row: NDArray[np.intp]
    column: NDArray[np.intp]


@dataclass(frozen=True)
class KeySlice:
    """A slice to show, and its calcium, largest Agatston score first."""

    slice_index: int
    patches: tuple[CalciumPatch, ...]

    @property
    def agatston(self) -> dict[str, float]:
        """Agatston score of this slice by artery, in the order of the label scheme."""
        return {
            label.name: sum(patch.agatston for patch in self.patches if patch.artery == label.name)
            for label in label_scheme().arteries
            if any(patch.artery == label.name for patch in self.patches)
        }


def calcium_patches(
    scan: CTScan, labels: NDArray[np.uint8], protocol: ScoringProtocol
) -> tuple[CalciumPatch, ...]:
    """Split the counted calcium into 2-D components; their Agatston scores add up to the scan's."""
    calcium, components = counted_calcium(scan, labels, protocol)
    slice_index, row, column = np.unravel_index(calcium.voxels, scan.geometry.shape)
    pixel_mm2 = scan.geometry.pixel_area_mm2 * protocol.increment_factor(scan.geometry.increment_mm)
    by_component = np.argsort(components.in_slice, kind="stable")
    ends = np.flatnonzero(np.diff(components.in_slice[by_component])) + 1
    patches = []
    for voxels in np.split(by_component, ends) if by_component.size else ():
        first = voxels[0]
        weight = protocol.weights(calcium.hu[voxels].max())
        patches.append(
            CalciumPatch(
                slice_index=int(slice_index[first]),
                artery=label_scheme().of_value(int(calcium.artery[first])).name,
                lesion=int(components.in_volume[first]),
                agatston=float(voxels.size * pixel_mm2 * weight),
                row=row[voxels],
                column=column[voxels],
            )
        )
    return tuple(patches)


def choose_key_slices(
    patches: tuple[CalciumPatch, ...], geometry: VolumeGeometry, most: int
) -> tuple[KeySlice, ...]:
    """Choose the slices that tell most, head first.

    First, for each artery, the slice that adds most to its Agatston score; then slices that add most by
    lesions not shown yet; then those that add most of what is left; then neighbours of these. Where nothing
    is calcified, slices spread evenly over the scan.

    Parameters
    ----------
    patches
        The scan's calcium, by 2-D components.
    geometry
        The scan's geometry.
    most
        How many slices at most.
    """
    slices, head_last = geometry.size[2], bool(geometry.ijk_to_lps[2, 2] > 0)
    chosen: list[int] = [] if patches else _spread(slices, most)
    for label in label_scheme().arteries:
        best = _best_slice([patch for patch in patches if patch.artery == label.name], head_last)
        if best is not None and best not in chosen:
            chosen.append(best)
    while patches and len(chosen) < most:
        shown = {patch.lesion for patch in patches if patch.slice_index in chosen}
        best = _best_slice([patch for patch in patches if patch.lesion not in shown], head_last)
        if best is None:
            best = _best_slice([patch for patch in patches if patch.slice_index not in chosen], head_last)
        if best is None:
            best = _neighbour(chosen, slices)
        if best is None:
            break
        chosen.append(best)
    head_first = sorted(chosen[:most], reverse=head_last)
    return tuple(_key_slice(patches, index) for index in head_first)


def _key_slice(patches: tuple[CalciumPatch, ...], slice_index: int) -> KeySlice:
    here = [patch for patch in patches if patch.slice_index == slice_index]
    return KeySlice(slice_index, tuple(sorted(here, key=lambda patch: -patch.agatston)))


def _best_slice(patches: list[CalciumPatch], head_last: bool) -> int | None:
    """The slice to which these patches add most; of equals the one nearest to the head."""
    if not patches:
        return None
    added = np.bincount([patch.slice_index for patch in patches], [patch.agatston for patch in patches])
    best = np.flatnonzero(np.isclose(added, added.max()))
    return int(best[-1 if head_last else 0])


def _neighbour(chosen: list[int], slices: int) -> int | None:
    """A slice beside those chosen, None where all are chosen."""
    beside = [index + step for index in chosen for step in (-1, 1)]
    return next((index for index in beside if 0 <= index < slices and index not in chosen), None)


def _spread(slices: int, most: int) -> list[int]:
    count = min(slices, most)
    return [int((number + 0.5) * slices / count) for number in range(count)]
