"""Pictures of key slices: what part of each is shown, and its calcium outlined in the arteries' colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..scans.ct_scan import CTScan
from .calcium_marks import ArteryName, ArteryOutline, artery_names, artery_outline, calcium_places_mm
from .content import slice_name
from .key_slices import KeySlice
from .slice_view import SliceView, Window

MARGIN_MM = 24.0
"""Shown around the calcium of all key slices at least."""
NARROWEST_MM = 130.0
"""About the width of a heart."""
INSET_MM = 20.0
"""Side of the enlarged part; more where a calcification is larger."""
INSET_SHARE = 0.40
"""Side of the inset over the picture's shorter side."""
PIXELS_PER_MM = 7.0
"""Resolution on paper: 180 dots per inch."""


@dataclass(frozen=True, eq=False)
class Inset:
    """The largest calcification enlarged: HU, what part of the slice, and which corner it takes."""

    hu: NDArray[np.float32]
    window: Window
    at_right: bool
    at_bottom: bool


@dataclass(frozen=True, eq=False)
class SlicePicture:
    """A key slice ready to be drawn.

    Parameters
    ----------
    title
        Arteries and slice.
    position
        Height of the slice in the scanner's coordinates.
    note
        What the slice adds to the scores.
    hu
        Resampled HU, ``[y, x]``, square pixels.
    window
        What part of the slice that is.
    outlines, names
        Calcium by artery, and the arteries' names.
    inset
        None where there is nothing to enlarge.
    """

    title: str
    position: str
    note: str
    hu: NDArray[np.float32]
    window: Window
    outlines: tuple[ArteryOutline, ...]
    names: tuple[ArteryName, ...]
    inset: Inset | None


def slice_pictures(
    scan: CTScan, key_slices: Sequence[KeySlice], width_mm: float, height_mm: float
) -> tuple[SlicePicture, ...]:
    """Make the pictures of key slices, all of the same part of the scan.

    Parameters
    ----------
    scan
        The scan.
    key_slices
        What to show.
    width_mm, height_mm
        Size on paper.
    """
    view = SliceView.of_geometry(scan.geometry)
    window = _common_window(view, key_slices, width_mm / height_mm)
    shape = (round(height_mm * PIXELS_PER_MM), round(width_mm * PIXELS_PER_MM))
    return tuple(_picture(scan, view, each, window, shape) for each in key_slices)


def _common_window(view: SliceView, key_slices: Sequence[KeySlice], aspect: float) -> Window:
    """The part that holds the calcium of all key slices with a margin; without calcium, the middle."""
    full = view.extent_mm
    patches = [patch for each in key_slices for patch in each.patches]
    if not patches:
        height = min(full[1], full[0] / aspect)
        width = height * aspect
        return Window((full[0] - width) / 2, (full[1] - height) / 2, width, height)
    x, y = calcium_places_mm(view, patches)
    height = max(np.ptp(y) + 2 * MARGIN_MM, (np.ptp(x) + 2 * MARGIN_MM) / aspect, NARROWEST_MM / aspect)
    # Nothing is gained by showing more than the slice.
    height = float(min(height, max(full[1], full[0] / aspect)))
    width = height * aspect
    return Window(_start(x, width, full[0]), _start(y, height, full[1]), width, height)


def _start(calcium: NDArray[np.float64], length: float, full: float) -> float:
    """Where a window begins: as near to the slice's middle, and so to the heart's, as the margin allows."""
    lowest = calcium.max() + MARGIN_MM - length
    highest = calcium.min() - MARGIN_MM
    middle = (full - length) / 2
    start = (lowest + highest) / 2 if lowest > highest else np.clip(middle, lowest, highest)
    return middle if length >= full else float(np.clip(start, 0, full - length))


def _picture(
    scan: CTScan, view: SliceView, key_slice: KeySlice, window: Window, shape: tuple[int, int]
) -> SlicePicture:
    pixels = scan.hu[key_slice.slice_index]
    agatston = key_slice.agatston
    scale = window.width * PIXELS_PER_MM / shape[1]
    inset = _inset(view, key_slice, pixels, window, shape)
    name = slice_name(key_slice.slice_index, scan.geometry)
    columns, rows, _ = scan.geometry.size
    z_mm = scan.geometry.lps_of(((columns - 1) / 2, (rows - 1) / 2, key_slice.slice_index))[2]
    parts = [f"{artery} {score:,.1f}" for artery, score in agatston.items()]
    return SlicePicture(
        title=f"{', '.join(agatston)}, {name}" if agatston else name[0].upper() + name[1:],
        position=f"z {z_mm:.1f} mm".replace("-", "\N{MINUS SIGN}"),
        note=f"Agatston here: {', '.join(parts)}" if parts else "",
        hu=view.sample(pixels, window, shape),
        window=window,
        outlines=tuple(
            artery_outline(view, [patch for patch in key_slice.patches if patch.artery == artery])
            for artery in agatston
        ),
        names=artery_names(view, key_slice.patches, inset.window if inset else None, scale),
        inset=inset,
    )


def _inset(
    view: SliceView, key_slice: KeySlice, pixels: NDArray, window: Window, shape: tuple[int, int]
) -> Inset | None:
    if not key_slice.patches:
        return None
    largest = key_slice.patches[0]
    x, y = view.places_mm(largest.row, largest.column)
    side = max(INSET_MM, 1.25 * float(np.ptp(x)), 1.25 * float(np.ptp(y)))
    covered = INSET_SHARE * min(window.width, window.height)
    if side > covered:
        # It would not be enlarged.
        return None
    part = Window(float(x.min() + x.max() - side) / 2, float(y.min() + y.max() - side) / 2, side, side)
    all_x, all_y = calcium_places_mm(view, key_slice.patches)

    def hidden(corner: tuple[bool, bool]) -> int:
        at_right, at_bottom = corner
        # The artery's name stands above its calcium: a little more than the corner has to be free.
        room = covered + 0.1 * window.width
        corner_window = Window(
            window.x + (window.width - room if at_right else 0),
            window.y + (window.height - room if at_bottom else 0),
            room,
            room,
        )
        return int(corner_window.contains(all_x, all_y).sum())

    at_right, at_bottom = min(((True, True), (False, True), (True, False), (False, False)), key=hidden)
    pixels_across = round(INSET_SHARE * min(shape))
    return Inset(view.sample(pixels, part, (pixels_across, pixels_across)), part, at_right, at_bottom)
