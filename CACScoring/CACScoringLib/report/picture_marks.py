"""Sides of the patient and scale bar of a picture, where they hide no calcium and little else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .pictures import SlicePicture
from .sheet import font_families

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SCALE_BARS_MM = (50.0, 20.0, 10.0, 5.0, 2.0, 1.0)
_LINE_AT, _TEXT_AT, _BAR_HIGH, _FROM_SIDE = 0.045, 0.06, 0.12, 0.035
_CLOSE = 0.06
_ALONG_EDGE = (0.5, 0.35, 0.65, 0.2, 0.8)
"""Where along its edge the letter of a side may stand, best first."""
_DARK_HU = -300.0
"""Mean HU of a corner that shows hardly anything; a bar there hides nothing."""

_SIDES: dict[str, tuple[float, float, str, str]] = {
    "R": (0.018, 0.0, "left", "center"),
    "L": (0.982, 0.0, "right", "center"),
    "A": (0.0, 0.98, "center", "top"),
    "P": (0.0, 0.02, "center", "bottom"),
}
"""Letter of each side, where across and where down it stands, 0 for along its edge, and how it is aligned."""


class _Box(NamedTuple):
    """Part of a picture in shares of it, from its lower left corner."""

    left: float
    bottom: float
    width: float
    height: float

    def count(self, places: NDArray[np.float64]) -> int:
        """Count the places ``(place, x y)`` inside or close by."""
        low = np.array([self.left, self.bottom])
        high = low + np.array([self.width, self.height])
        return int(((places >= low - _CLOSE) & (places <= high + _CLOSE)).all(axis=1).sum())


def draw_marks(axes: Axes, picture: SlicePicture) -> None:
    """Draw the letters of the patient's sides, and a scale bar."""
    calcium = _calcium(picture)
    for letter, (x, y, across, down) in _SIDES.items():
        ways = [_Box(x or along, y or along, 0, 0) for along in _ALONG_EDGE]
        place = min(ways, key=lambda way: way.count(calcium))
        _white(axes, letter, (place.left, place.bottom), across, down)
    _draw_scale_bar(axes, picture, calcium)


def _draw_scale_bar(axes: Axes, picture: SlicePicture, calcium: NDArray[np.float64]) -> None:
    width_mm = picture.window.width
    length = next((each for each in _SCALE_BARS_MM if each <= 0.25 * width_mm), _SCALE_BARS_MM[-1])
    share = length / width_mm
    boxes = list(_corners(picture, share))
    dark = next((box for box in boxes if not box.count(calcium) and _mean_hu(picture, box) < _DARK_HU), None)
    box = dark or min(boxes, key=lambda box: (box.count(calcium), _mean_hu(picture, box)))
    line = axes.plot(
        [box.left, box.left + share],
        [box.bottom + _LINE_AT] * 2,
        transform=axes.transAxes,
        color="white",
        linewidth=1.4,
        solid_capstyle="butt",
    )[0]
    line.set_path_effects(dark_rim(2.4))
    place = box.left + share / 2, box.bottom + _TEXT_AT
    _white(axes, f"{length:g} mm", place, "center", "bottom", size=5.5)


def _corners(picture: SlicePicture, share: float) -> Iterator[_Box]:
    """Room for the bar in every corner that no inset takes, the usual one first."""
    inset = picture.inset
    for at_bottom in (True, False):
        for at_right in (False, True):
            if inset is None or (at_right, at_bottom) != (inset.at_right, inset.at_bottom):
                left = 1 - _FROM_SIDE - share if at_right else _FROM_SIDE
                yield _Box(left, 0.0 if at_bottom else 1 - _BAR_HIGH, share, _BAR_HIGH)


def _mean_hu(picture: SlicePicture, box: _Box) -> float:
    rows, columns = picture.hu.shape
    top, left = round((1 - box.bottom - box.height) * rows), round(box.left * columns)
    part = picture.hu[max(top, 0) :, left:][: round(box.height * rows), : round(box.width * columns)]
    return float(part.mean())


def _calcium(picture: SlicePicture) -> NDArray[np.float64]:
    """Places of calcium in shares of the picture, from its lower left corner, ``(place, x y)``."""
    window = picture.window
    places = [np.empty((0, 2))]
    for outline in picture.outlines:
        rows, columns = np.nonzero(outline.mask)
        x = (outline.x_mm[columns] - window.x) / window.width
        y = 1 - (outline.y_mm[rows] - window.y) / window.height
        places.append(np.stack([x, y], axis=1))
    return np.concatenate(places)


def _white(
    axes: Axes, text: str, place: tuple[float, float], across: str, down: str, size: float = 6.5
) -> None:
    """Set white text with a dark rim; ``place`` in shares of the axes."""
    mark = axes.text(
        *place,
        text,
        transform=axes.transAxes,
        ha=across,
        va=down,
        color="white",
        fontsize=size,
        family=font_families(),
    )
    mark.set_path_effects(dark_rim(1.2))


def dark_rim(width: float) -> list:
    """Return path effects that keep light lines and letters apart from a light background."""
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=width, foreground="black")]
