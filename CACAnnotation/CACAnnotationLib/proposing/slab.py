"""A few neighbouring slices of a scan as a scan of their own."""

from __future__ import annotations

import dataclasses

from CACScoringLib.scans.ct_scan import CTScan


def slab(scan: CTScan, first: int, end: int) -> CTScan:
    """Return the slices from ``first`` to one before ``end``, where they lie; the voxels are not copied."""
    geometry = scan.geometry
    columns, rows, _ = geometry.size
    x, y, z = (float(each) for each in geometry.lps_of((0, 0, first)))
    part = dataclasses.replace(geometry, size=(columns, rows, end - first), origin_lps_mm=(x, y, z))
    padding = None if scan.padding is None else scan.padding[first:end]
    return dataclasses.replace(scan, values=scan.values[first:end], geometry=part, padding=padding)
