"""The slice that a relevance map is shown on: which part of it, the lesion's outline, and it enlarged."""

from __future__ import annotations

import numpy as np

from ..geometry import VolumeGeometry
from ..report.calcium_marks import NAME_SIZE_MM, ArteryName, artery_names, artery_outline
from ..report.key_slices import CalciumPatch
from ..report.pictures import INSET_MM, INSET_SHARE, PIXELS_PER_MM, Inset, SlicePicture
from ..report.slice_view import SliceView, Window
from ..scans.ct_scan import CTScan
from ..scans.heart_extent import heart_extent
from .proposed_lesions import ProposedLesion

MARGIN_MM = 15.0
"""Shown around the lesion at least."""


def main_slice(lesion: ProposedLesion, geometry: VolumeGeometry) -> int:
    """Index of the slice that holds most of a lesion's voxels."""
    _, rows, columns = geometry.shape
    return int(np.bincount(lesion.voxels // (rows * columns)).argmax())


def lesion_picture(lesion: ProposedLesion, scan: CTScan, width_mm: float) -> SlicePicture:
    """Show the heart in a lesion's main slice, the lesion marked and, in a corner, enlarged.

    Parameters
    ----------
    lesion, scan
        What to show.
    width_mm
        Width on paper; the height follows from the heart's.
    """
    geometry = scan.geometry
    view, index = SliceView.of_geometry(geometry), main_slice(lesion, geometry)
    slice_index, row, column = np.unravel_index(lesion.voxels, geometry.shape)
    shown = slice_index == index
    patch = CalciumPatch(index, lesion.label, lesion.id, 0.0, row[shown], column[shown])
    window = _heart_window(scan, view, patch)
    scale = window.width / width_mm
    shape = round(window.height / scale * PIXELS_PER_MM), round(width_mm * PIXELS_PER_MM)
    inset = _inset(scan, view, patch, window, shape)
    return SlicePicture(
        title=f"Lesion {lesion.id}",
        position="",
        note="",
        hu=view.sample(scan.hu[index], window, shape),
        window=window,
        outlines=(artery_outline(view, [patch]),),
        names=_names(view, patch, window, inset, scale),
        inset=inset,
    )


def _names(
    view: SliceView, patch: CalciumPatch, window: Window, inset: Inset | None, scale: float
) -> tuple[ArteryName, ...]:
    """Name the lesion's artery above it, or below it where there is no room above."""
    (name,) = artery_names(view, [patch], inset.window if inset else None, scale)
    height = NAME_SIZE_MM[1] * scale
    if name.y_mm - height >= window.y:
        return (name,)
    _, y = view.places_mm(patch.row, patch.column)
    bottom = inset.window.y + inset.window.height if inset else float(y.max()) + view.spacing_mm[1]
    return (name._replace(y_mm=bottom + 1.5 * height),)


def _heart_window(scan: CTScan, view: SliceView, patch: CalciumPatch) -> Window:
    """The part of the slice that holds heart and lesion."""
    rows, columns = heart_extent(scan)
    corners = np.array([rows.start, rows.stop - 1]), np.array([columns.start, columns.stop - 1])
    lesion = view.places_mm(patch.row, patch.column)
    spans = []
    for heart_mm, lesion_mm, full in zip(view.places_mm(*corners), lesion, view.extent_mm, strict=True):
        first = min(heart_mm.min(), lesion_mm.min() - MARGIN_MM)
        end = max(heart_mm.max(), lesion_mm.max() + MARGIN_MM)
        spans.append((max(float(first), 0.0), min(float(end), full)))
    (left, right), (top, bottom) = spans
    return Window(left, top, right - left, bottom - top)


def _inset(
    scan: CTScan, view: SliceView, patch: CalciumPatch, window: Window, shape: tuple[int, int]
) -> Inset | None:
    """Enlarge the lesion in the corner that is farthest from it, unless it is large enough as it is."""
    x, y = view.places_mm(patch.row, patch.column)
    side = max(INSET_MM, 1.25 * float(np.ptp(x)), 1.25 * float(np.ptp(y)))
    if side > INSET_SHARE * min(window.width, window.height):
        return None
    middle_x, middle_y = float(x.min() + x.max()) / 2, float(y.min() + y.max()) / 2
    part = Window(middle_x - side / 2, middle_y - side / 2, side, side)
    pixels = round(INSET_SHARE * min(shape))
    return Inset(
        view.sample(scan.hu[patch.slice_index], part, (pixels, pixels)),
        part,
        at_right=middle_x < window.x + window.width / 2,
        at_bottom=middle_y < window.y + window.height / 2,
    )
