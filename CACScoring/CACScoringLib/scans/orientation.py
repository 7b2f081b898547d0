"""Volumes stored as sagittal or coronal slices, turned so that slices are axial."""

from __future__ import annotations

import dataclasses

import numpy as np

from ..geometry import VolumeGeometry
from .ct_scan import CTScan, ScanWarning


def head_foot_axis(geometry: VolumeGeometry) -> int:
    """Return the axis nearest to head-foot: 0 for columns, 1 for rows, 2 for slices as they are stored."""
    return int(np.argmax(np.abs(np.reshape(geometry.direction, (3, 3))[2])))


def with_axial_slices(scan: CTScan) -> CTScan:
    """Reorder the axes of a scan so that the slice axis is the one nearest to head-foot.

    Voxels keep their places in the patient; a scan that is axial already is returned as it is. Scores are
    defined on axial slices only, and array order says nothing about that.
    """
    cosines = np.reshape(scan.geometry.direction, (3, 3))
    head_foot = head_foot_axis(scan.geometry)
    if head_foot == 2:
        return scan
    order = [axis for axis in range(3) if axis != head_foot] + [head_foot]
    array_axes = [2 - axis for axis in reversed(order)]
    geometry = VolumeGeometry(
        size=_picked(scan.geometry.size, order),
        spacing_mm=_picked(scan.geometry.spacing_mm, order),
        origin_lps_mm=scan.geometry.origin_lps_mm,
        direction=tuple(cosines[:, order].reshape(-1).tolist()),
    )
    warning = ScanWarning(
        "orientation",
        "the file stores sagittal or coronal slices, turned to axial here: indices count axial slices, and "
        "label maps and other volumes that are written lie on this turned grid, in the patient where they "
        "belong",
    )
    return dataclasses.replace(
        scan,
        values=np.ascontiguousarray(scan.values.transpose(array_axes)),
        geometry=geometry,
        padding=None if scan.padding is None else np.ascontiguousarray(scan.padding.transpose(array_axes)),
        file_axes=(order[0], order[1], order[2]),
        reading_warnings=(*scan.reading_warnings, warning),
    )


def _picked(values: tuple, order: list[int]) -> tuple:
    return tuple(values[axis] for axis in order)
