"""Scores of a labelled scan: Agatston, volume, mass and density, per lesion, artery and in total."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..components import VoxelComponents, voxel_components
from ..geometry import VolumeGeometry
from ..scans.ct_scan import CTScan
from ..schemes import OTHER, label_scheme
from .protocol import ScoringProtocol

_SIZE_TOLERANCE = 1e-6
"""Four pixels of 0.5 mm must reach 1 mm² whatever their product rounds to."""


@dataclass(frozen=True)
class LesionScore:
    """One 3-D lesion of one artery.

    Parameters
    ----------
    id
        Number from 1, in the order of the volume (slice, row, column of the first voxel).
    artery
        Label name.
    centroid_ras_mm
        Mean position of its voxels.
    slices
        First and last slice index.
    agatston, volume_mm3, mass_mg
        Scores; mass is None without a calibration factor.
    area_mm2
        Calcified area, summed over slices.
    density
        Area-weighted mean of the Agatston weights, 1 to 4.
    peak_hu
        Highest HU of its voxels.
    """

    id: int
    artery: str
    centroid_ras_mm: tuple[float, float, float]
    slices: tuple[int, int]
    agatston: float
    volume_mm3: float
    mass_mg: float | None
    area_mm2: float
    density: float
    peak_hu: float


@dataclass(frozen=True)
class ArteryScores:
    """Scores of an artery or of the whole scan.

    Density is the Agatston score before increment normalisation over the calcified area (Criqui 2014),
    between 1 and 4, and None where there is no calcium; mass is None without a calibration factor.
    """

    agatston: float
    volume_mm3: float
    mass_mg: float | None
    density: float | None
    lesions: int


@dataclass(frozen=True)
class ScanScores:
    """All scores of one labelled scan under one protocol."""

    arteries: dict[str, ArteryScores]
    total: ArteryScores
    lesions: tuple[LesionScore, ...]

    @property
    def vessels(self) -> int:
        """Number of arteries with calcium."""
        return sum(artery.lesions > 0 for artery in self.arteries.values())


def score_scan(
    scan: CTScan,
    labels: NDArray[np.uint8],
    protocol: ScoringProtocol,
    coronary: NDArray[np.intp] | None = None,
) -> ScanScores:
    """Score the labelled calcium of a scan.

    For each axial slice and each 2-D component (4-connectivity) of an artery's labelled voxels: its area
    times the weight of its peak HU, summed, and multiplied by increment / 3 mm (Agatston 1990, equivalent for
    other increments). Voxels below the threshold never count, whatever their label; components never span
    arteries. Lesions are told apart before anything is left out as too small, so a small component that
    bridges two others keeps them one lesion.

    Parameters
    ----------
    scan
        The scan, HU ``[slice, row, column]``.
    labels
        CAC label map on the scan's grid, same shape.
    protocol
        Threshold, weights, what is too small, where the left main goes.
    coronary
        What :func:`coronary_voxels` finds in the labels. Whoever knows it spares the search through the
        volume, which takes longer than the scores.
    """
    if labels.shape != scan.geometry.shape:
        raise ValueError(f"labels of shape {labels.shape} do not fit a scan of shape {scan.geometry.shape}")
    calcium, components = counted_calcium(scan, labels, protocol, coronary)
    lesions = _lesion_scores(calcium, components, scan.geometry, protocol)
    arteries = {
        label.name: _sum([lesion for lesion in lesions if lesion.artery == label.name], protocol)
        for label in label_scheme(with_lm=protocol.keep_lm_apart).arteries
    }
    return ScanScores(arteries, _sum(lesions, protocol), lesions)


def coronary_voxels(labels: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Ascending flat indices of the voxels with an artery label (above OTHER).

    Only slices whose highest label is an artery are searched.
    """
    other = label_scheme()[OTHER].value
    slices = np.ascontiguousarray(labels).reshape(labels.shape[0], -1)
    with_artery = np.flatnonzero(slices.max(axis=1, initial=0) > other)
    found = [np.flatnonzero(slices[each] > other) + each * slices.shape[1] for each in with_artery]
    return np.concatenate(found) if found else np.zeros(0, np.intp)


class Calcium(NamedTuple):
    """Labelled voxels that reach the threshold: ascending flat index, artery's label value, HU."""

    voxels: NDArray[np.intp]
    artery: NDArray[np.uint8]
    hu: NDArray

    def where(self, chosen: NDArray[np.bool_]) -> Calcium:
        """Keep the chosen voxels."""
        return Calcium(self.voxels[chosen], self.artery[chosen], self.hu[chosen])


def counted_calcium(
    scan: CTScan,
    labels: NDArray[np.uint8],
    protocol: ScoringProtocol,
    coronary: NDArray[np.intp] | None = None,
) -> tuple[Calcium, VoxelComponents]:
    """Return the labelled calcium that counts under a protocol, and the components its voxels belong to."""
    calcium = _coronary_calcium(scan, labels, protocol, coronary)
    components = voxel_components(calcium.voxels, calcium.artery, scan.geometry.shape)
    counts = large_enough(components, scan.geometry, protocol)
    return calcium.where(counts), components.where(counts)


def lesion_voxels(
    scan: CTScan, labels: NDArray[np.uint8], protocol: ScoringProtocol, lesion: int
) -> NDArray[np.intp]:
    """Ascending flat indices of a lesion's voxels, those included that are too small to count slice by slice.

    Parameters
    ----------
    scan, labels, protocol
        As they were scored.
    lesion
        Id of one of the lesions that :func:`score_scan` gives for them.

    Raises
    ------
    ValueError
        If there is no such lesion.
    """
    calcium = _coronary_calcium(scan, labels, protocol)
    components = voxel_components(calcium.voxels, calcium.artery, scan.geometry.shape)
    counted = components.in_volume[large_enough(components, scan.geometry, protocol)]
    _, first = np.unique(counted, return_index=True)
    if not 1 <= lesion <= first.size:
        raise ValueError(f"there is no lesion {lesion}, only {first.size}")
    return calcium.voxels[components.in_volume == counted[np.sort(first)[lesion - 1]]]


def _coronary_calcium(
    scan: CTScan,
    labels: NDArray[np.uint8],
    protocol: ScoringProtocol,
    coronary: NDArray[np.intp] | None = None,
) -> Calcium:
    scheme = label_scheme()
    voxels = coronary_voxels(labels) if coronary is None else coronary
    artery = labels.reshape(-1)[voxels]
    if not protocol.keep_lm_apart:
        artery = np.where(artery == scheme["LM"].value, np.uint8(scheme["LAD"].value), artery)
    hu = scan.hu.reshape(-1)[voxels]
    calcified = protocol.is_candidate(hu)
    return Calcium(voxels[calcified], artery[calcified], hu[calcified])


def large_enough(
    components: VoxelComponents, geometry: VolumeGeometry, protocol: ScoringProtocol
) -> NDArray[np.bool_]:
    """Tell for each voxel whether what it belongs to is large enough to count."""
    if protocol.too_small == "nothing":
        return np.ones(components.in_volume.size, bool)
    whole = components.in_slice if protocol.too_small == "component_area" else components.in_volume
    unit = geometry.voxel_volume_mm3 if protocol.too_small == "lesion_volume" else geometry.pixel_area_mm2
    return np.bincount(whole)[whole] * unit >= protocol.smallest - _SIZE_TOLERANCE


def _lesion_scores(
    calcium: Calcium, components: VoxelComponents, geometry: VolumeGeometry, protocol: ScoringProtocol
) -> tuple[LesionScore, ...]:
    if calcium.voxels.size == 0:
        return ()
    lesions = _Grouping.by_appearance(components.in_volume)
    areas = _Grouping.by_appearance(components.in_slice)
    area_mm2 = areas.size * geometry.pixel_area_mm2
    lesion_of_area = lesions.number[areas.first]
    weight = protocol.weights(areas.highest(calcium.hu))
    weighted_mm2 = np.bincount(lesion_of_area, area_mm2 * weight)
    density = weighted_mm2 / np.bincount(lesion_of_area, area_mm2)
    agatston = weighted_mm2 * protocol.increment_factor(geometry.increment_mm)
    volume_mm3 = lesions.size * geometry.voxel_volume_mm3
    slice_index, row, column = np.unravel_index(calcium.voxels, geometry.shape)
    centroid = geometry.ras_of(np.stack([lesions.mean(axis) for axis in (column, row, slice_index)], axis=1))
    mass_mg = (protocol.mass_factor or np.nan) * lesions.mean(calcium.hu) * volume_mm3 / 1000
    first_slice, last_slice = slice_index[lesions.first], lesions.highest(slice_index)
    peak_hu = lesions.highest(calcium.hu)
    return tuple(
        LesionScore(
            id=number + 1,
            artery=label_scheme().of_value(int(calcium.artery[lesions.first[number]])).name,
            centroid_ras_mm=(
                float(centroid[number, 0]),
                float(centroid[number, 1]),
                float(centroid[number, 2]),
            ),
            slices=(int(first_slice[number]), int(last_slice[number])),
            agatston=float(agatston[number]),
            volume_mm3=float(volume_mm3[number]),
            mass_mg=None if protocol.mass_factor is None else float(mass_mg[number]),
            area_mm2=float(lesions.size[number] * geometry.pixel_area_mm2),
            density=float(density[number]),
            peak_hu=float(peak_hu[number]),
        )
        for number in range(lesions.size.size)
    )


def _sum(lesions: Sequence[LesionScore], protocol: ScoringProtocol) -> ArteryScores:
    area_mm2 = sum(lesion.area_mm2 for lesion in lesions)
    return ArteryScores(
        agatston=sum((lesion.agatston for lesion in lesions), 0.0),
        volume_mm3=sum((lesion.volume_mm3 for lesion in lesions), 0.0),
        mass_mg=None
        if protocol.mass_factor is None
        else sum((lesion.mass_mg or 0.0 for lesion in lesions), 0.0),
        density=sum(lesion.density * lesion.area_mm2 for lesion in lesions) / area_mm2 if lesions else None,
        lesions=len(lesions),
    )


@dataclass(frozen=True)
class _Grouping:
    """Voxels in ascending order, grouped: each voxel's group, and first voxel and size of each group."""

    number: NDArray[np.intp]
    first: NDArray[np.intp]
    size: NDArray[np.intp]

    @classmethod
    def by_appearance(cls, group: NDArray[np.integer]) -> _Grouping:
        """Number groups from 0 in the order of their first voxels."""
        _, first, number, size = np.unique(group, return_index=True, return_inverse=True, return_counts=True)
        order = np.argsort(first)
        rank = np.empty_like(order)
        rank[order] = np.arange(order.size)
        return cls(rank[number], first[order], size[order])

    def mean(self, values: NDArray) -> NDArray[np.float64]:
        return np.bincount(self.number, values) / self.size

    def highest(self, values: NDArray) -> NDArray:
        together = np.argsort(self.number, kind="stable")
        return np.maximum.reduceat(values[together], np.cumsum(self.size) - self.size)
