"""Marks on the calcium of a slice: outlines in the arteries' colours, and the arteries' names beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..schemes import label_scheme
from .key_slices import CalciumPatch
from .slice_view import SliceView, Window

NAME_SIZE_MM = (6.0, 2.8)
"""Room that an artery's name takes on paper."""
NAMES_APART_MM = 15.0
"""Calcifications of one artery nearer to each other than this, in the patient, share a name."""

Rgb = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class ArteryOutline:
    """Calcium of one artery in one slice, on the pixels of a part of the oriented slice.

    Parameters
    ----------
    colour
        The artery's red, green and blue, 0 to 1.
    mask
        True where there is calcium, ``[y, x]``, with a rim of False at least one pixel wide.
    x_mm, y_mm
        Centres of the mask's columns and rows.
    """

    colour: Rgb
    mask: NDArray[np.bool_]
    x_mm: NDArray[np.float64]
    y_mm: NDArray[np.float64]


class ArteryName(NamedTuple):
    """An artery's name, its colour, and the middle of its lower edge, mm in the oriented slice."""

    text: str
    colour: Rgb
    x_mm: float
    y_mm: float


def artery_colour(artery: str) -> Rgb:
    """Red, green and blue of an artery, 0 to 1."""
    red, green, blue = label_scheme()[artery].colour
    return red / 255, green / 255, blue / 255


def calcium_places_mm(view: SliceView, patches: Sequence[CalciumPatch]) -> tuple[NDArray, NDArray]:
    """Centres of all pixels of calcium, x and y in mm in the oriented slice."""
    places = [view.places_mm(patch.row, patch.column) for patch in patches]
    x, y = (np.concatenate(axis) for axis in zip(*places, strict=True))
    return x, y


def artery_outline(view: SliceView, patches: Sequence[CalciumPatch]) -> ArteryOutline:
    """Outline the calcium of one artery in one slice."""
    x, y = calcium_places_mm(view, patches)
    across, down = view.spacing_mm
    columns = np.rint((x - x.min()) / across).astype(int) + 1
    rows = np.rint((y - y.min()) / down).astype(int) + 1
    mask = np.zeros((rows.max() + 2, columns.max() + 2), bool)
    mask[rows, columns] = True
    return ArteryOutline(
        artery_colour(patches[0].artery),
        mask,
        x_mm=x.min() + (np.arange(mask.shape[1]) - 1) * across,
        y_mm=y.min() + (np.arange(mask.shape[0]) - 1) * down,
    )


def artery_names(
    view: SliceView, patches: Sequence[CalciumPatch], frame: Window | None, mm_per_paper_mm: float
) -> tuple[ArteryName, ...]:
    """Place the arteries' names above their calcium so that none covers another.

    Parameters
    ----------
    view
        How the slice is turned.
    patches
        Calcium of the slice, the most important first.
    frame
        A frame drawn in the picture, if any; names of calcium inside it stand above it.
    mm_per_paper_mm
        Scale of the picture.
    """
    width, height = (side * mm_per_paper_mm for side in NAME_SIZE_MM)
    names: list[ArteryName] = []
    for patch in patches:
        x, y = view.places_mm(patch.row, patch.column)
        # the outline reaches almost to the centres of the pixels around
        top = float(y.min()) - view.spacing_mm[1]
        name = ArteryName(patch.artery, artery_colour(patch.artery), float(x.mean()), top)
        if frame is not None and frame.contains(x, y).all():
            name = name._replace(x_mm=frame.x + frame.width / 2, y_mm=frame.y)
        if any(
            other.text == name.text
            and np.hypot(other.x_mm - name.x_mm, other.y_mm - name.y_mm) < NAMES_APART_MM
            for other in names
        ):
            continue
        while any(
            abs(other.x_mm - name.x_mm) < width and abs(other.y_mm - name.y_mm) < 0.99 * height
            for other in names
        ):
            name = name._replace(y_mm=name.y_mm - height)
        names.append(name)
    return tuple(names)
