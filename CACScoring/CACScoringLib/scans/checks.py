"""What a reader should know before trusting the score of a scan."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..scoring.protocol import KVP_STEPS_HU
from .blood_pool import bright_core_ml
from .ct_scan import CTScan, ScanWarning
from .limits import NARROWEST_FIELD_MM, USUAL_KVP, USUAL_THICKNESS_MM
from .noise import noise_hu
from .padding import is_number

SHORTEST_FIELD_MM = 100.0
LARGEST_PIXEL_MM = 1.0
VERY_NOISY_HU = 30.0
"""Blood of 40 HU then crosses 130 HU at three standard deviations."""
ENHANCED_CORE_ML = 20.0


def check_scan(scan: CTScan) -> tuple[ScanWarning, ...]:
    """Look for everything about a scan that makes its calcium score doubtful.

    Codes: ``contrast``, ``kvp``, ``thickness``, ``overlap``, ``pixels``, ``field``, ``oblique``, ``units``,
    ``invalid``, ``noise``, ``spacing``.
    """
    checks = (
        _contrast,
        _kvp,
        _thickness,
        _overlap,
        _spacing,
        _pixels,
        _field,
        _oblique,
        _units,
        _invalid,
        _noise,
    )
    return tuple(warning for check in checks for warning in check(scan))


def _contrast(scan: CTScan) -> Iterator[ScanWarning]:
    if scan.acquisition.contrast_agent:
        yield ScanWarning("contrast", "contrast agent was given: calcium cannot be scored on this scan")
    elif (core_ml := bright_core_ml(scan)) > ENHANCED_CORE_ML:
        yield ScanWarning(
            "contrast",
            f"the blood is too bright for a scan without contrast agent ({core_ml:.0f} ml above 150 HU): "
            "calcium cannot be scored on this scan",
        )


def _kvp(scan: CTScan) -> Iterator[ScanWarning]:
    kvp = scan.acquisition.kvp
    if kvp is not None and round(kvp) != USUAL_KVP:
        remedy = "; --thresholds kvp uses those published for it" if round(kvp) in KVP_STEPS_HU else ""
        yield ScanWarning(
            "kvp", f"the tube voltage was {kvp:g} kV; 130 HU is meant for {USUAL_KVP} kV{remedy}"
        )


def _thickness(scan: CTScan) -> Iterator[ScanWarning]:
    stated, increment = scan.acquisition.slice_thickness_mm, scan.geometry.increment_mm
    thickness = stated or increment
    low, high = USUAL_THICKNESS_MM
    if not low <= thickness <= high:
        yield ScanWarning("thickness", f"slices are {thickness:.2f} mm thick; scores are defined on 3 mm")
    elif increment > 1.05 * thickness:
        yield ScanWarning(
            "thickness",
            f"slices of {thickness:.2f} mm lie {increment:.2f} mm apart: calcium between them is missed",
        )


def _overlap(scan: CTScan) -> Iterator[ScanWarning]:
    thickness, increment = scan.acquisition.slice_thickness_mm, scan.geometry.increment_mm
    if thickness is not None and thickness > 1.05 * increment:
        yield ScanWarning(
            "overlap",
            f"slices of {thickness:.2f} mm overlap, {increment:.2f} mm apart; "
            "the Agatston score is normalised to the increment",
        )


def _spacing(scan: CTScan) -> Iterator[ScanWarning]:
    # What readers of image files fill in where a file states no spacing.
    if scan.geometry.spacing_mm == (1.0, 1.0, 1.0):
        yield ScanWarning(
            "spacing",
            "voxels measure exactly 1 x 1 x 1 mm: the file may state no spacing, and every score needs it",
        )


def _pixels(scan: CTScan) -> Iterator[ScanWarning]:
    width, height = scan.geometry.spacing_mm[:2]
    if abs(width / height - 1) > 0.01:
        yield ScanWarning("pixels", f"pixels are not square: {width:.3f} x {height:.3f} mm")
    elif width > LARGEST_PIXEL_MM:
        yield ScanWarning("pixels", f"pixels of {width:.2f} mm are too coarse for small calcifications")


def _field(scan: CTScan) -> Iterator[ScanWarning]:
    width, height, length = np.multiply(scan.geometry.size, scan.geometry.spacing_mm)
    if length < SHORTEST_FIELD_MM:
        yield ScanWarning("field", f"the slices cover {length:.0f} mm: part of the heart may be missing")
    elif min(width, height) < NARROWEST_FIELD_MM:
        yield ScanWarning(
            "field", f"the field of view is {min(width, height):.0f} mm: part of the heart may be missing"
        )


def _oblique(scan: CTScan) -> Iterator[ScanWarning]:
    normal = np.reshape(scan.geometry.direction, (3, 3))[:, 2]
    degrees = float(np.degrees(np.arccos(np.clip(abs(normal[2]), 0, 1))))
    if degrees > 10:
        yield ScanWarning(
            "oblique", f"slices are {degrees:.0f} degrees off axial; scores are defined on axial slices"
        )


def _units(scan: CTScan) -> Iterator[ScanWarning]:
    lowest = float(np.min(scan.hu))
    if lowest > -500:
        yield ScanWarning(
            "units", f"nothing in the scan is below {lowest:.0f}: its values may not be Hounsfield units"
        )


def _invalid(scan: CTScan) -> Iterator[ScanWarning]:
    if np.issubdtype(scan.values.dtype, np.floating):
        count = int((~is_number(scan.values)).sum())
        if count:
            yield ScanWarning("invalid", f"{count} voxels hold no number and are seen as air")


def _noise(scan: CTScan) -> Iterator[ScanWarning]:
    noise = noise_hu(scan)
    if noise is not None and noise > VERY_NOISY_HU:
        yield ScanWarning(
            "noise", f"the scan is very noisy ({noise:.0f} HU): noise may pass for small calcifications"
        )
