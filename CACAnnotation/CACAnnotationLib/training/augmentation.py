"""Random changes of a slice and its labels, and the cut that a network sees."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from CACScoringLib.model.inputs import PADDING_SEEN_HU
from CACScoringLib.scans.ct_scan import AIR_HU
from CACScoringLib.scans.padding import HIGHEST_PADDING_HU
from CACScoringLib.schemes import OTHER, UNLABELLED, label_scheme
from numpy.typing import NDArray
from scipy import ndimage

from .configuration import AugmentationConfig

_ARTERY_SHARE = 0.5


class LabelledSlice(NamedTuple):
    """HU as the network sees them, region labels and calcium labels of a slice, each ``[row, column]``."""

    hu: NDArray
    regions: NDArray[np.uint8]
    calcium: NDArray[np.uint8]


def augmented(
    piece: LabelledSlice, config: AugmentationConfig, rng: np.random.Generator, crop: int = 0
) -> LabelledSlice:
    """Change a slice at random: translation, then a cut if wanted, rotation and scale, intensity, noise.

    What comes in from beyond the edge is padding without labels. Rotation and scale interpolate HU linearly
    and take labels from the nearest pixel, so that labels stay labels. Intensity and noise leave padding as
    it is: a scanner measures nothing there.

    Parameters
    ----------
    piece
        The slice.
    config
        How far it is changed.
    rng
        Source of chance.
    crop
        Cut a square of so many pixels, see :func:`cropped`; 0 to keep the whole slice.
    """
    limit = config.translation_pixels
    shift = rng.integers(-limit, limit + 1, 2).tolist()
    piece = LabelledSlice(
        *(moved(layer, shift, beyond) for layer, beyond in zip(piece, _BEYOND, strict=True))
    )
    degrees = float(rng.uniform(-1, 1)) * config.rotation_degrees
    scale = float(np.exp(rng.uniform(*np.log([config.smallest_scale, config.largest_scale]))))
    if crop:
        piece = cropped(piece, crop, rng, _margin(crop, degrees, scale))
    if degrees or scale != 1:
        piece = _turned(piece, degrees, scale, (crop, crop) if crop else piece.hu.shape)
    hu = piece.hu.astype(np.float32)
    if config.intensity:
        hu = (hu - AIR_HU) * np.float32(1 + rng.uniform(-1, 1) * config.intensity) + AIR_HU
    if config.noise_hu:
        sd = np.float32(rng.uniform(0, config.noise_hu))
        hu = hu + sd * rng.standard_normal(hu.shape, np.float32)
    return piece._replace(hu=np.where(piece.hu > HIGHEST_PADDING_HU, hu, piece.hu))


def cropped(piece: LabelledSlice, size: int, rng: np.random.Generator, margin: int = 0) -> LabelledSlice:
    """Cut a square of ``size`` pixels at random.

    It holds some coronary calcium if any is labelled, else in half of the cases some of an artery's region.
    The others are cut anywhere, so that a network also sees the bones and lungs far from arteries. A slice
    smaller than the square is filled up with padding without labels, and so is a ``margin`` around the square
    that reaches beyond the slice.
    """
    piece = filled_up(piece, size)
    other = label_scheme()[OTHER].value
    wanted = np.argwhere(piece.calcium > other)
    if not len(wanted) and rng.random() < _ARTERY_SHARE:
        wanted = np.argwhere(piece.regions > other)
    centre = rng.choice(wanted) if len(wanted) else rng.integers(0, piece.hu.shape)
    starts = [
        int(np.clip(place - rng.integers(size), 0, length - size))
        for place, length in zip(centre, piece.hu.shape, strict=True)
    ]
    box = tuple(slice(start, start + size + 2 * margin) for start in starts)
    return LabelledSlice(
        *(
            np.pad(layer, margin, constant_values=beyond)[box]
            for layer, beyond in zip(piece, _BEYOND, strict=True)
        )
    )


def filled_up(piece: LabelledSlice, size: int) -> LabelledSlice:
    """Add padding without labels below and to the right, up to ``size`` rows and columns."""
    margin = [(0, max(size - length, 0)) for length in piece.hu.shape]
    return LabelledSlice(
        *(np.pad(layer, margin, constant_values=beyond) for layer, beyond in zip(piece, _BEYOND, strict=True))
    )


def moved(layer: NDArray, shift: list[int], beyond: int) -> NDArray:
    """Move an image by whole rows and columns; ``beyond`` comes in at the edges."""
    if not any(shift):
        return layer
    result = np.full_like(layer, beyond)
    into, out_of = [], []
    for step, length in zip(shift, layer.shape, strict=True):
        kept = max(length - abs(step), 0)
        into.append(slice(max(step, 0), max(step, 0) + kept))
        out_of.append(slice(max(-step, 0), max(-step, 0) + kept))
    result[tuple(into)] = layer[tuple(out_of)]
    return result


_BEYOND = (PADDING_SEEN_HU, UNLABELLED, UNLABELLED)


def _margin(size: int, degrees: float, scale: float) -> int:
    """Pixels around a square that come into it when it is turned and things in it become smaller."""
    turn = np.deg2rad(degrees)
    side = size * (abs(np.cos(turn)) + abs(np.sin(turn))) / scale
    return max(int(np.ceil((side - size) / 2)), 0)


def _turned(piece: LabelledSlice, degrees: float, scale: float, shape: tuple[int, ...]) -> LabelledSlice:
    """Turn a slice about its middle, let things appear at ``scale``, and cut ``shape`` out of the middle."""
    turn = np.deg2rad(degrees)
    back = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) / scale
    middle = (np.array(piece.hu.shape) - 1) / 2
    offset = middle - back @ ((np.array(shape) - 1) / 2)

    def layer(values: NDArray, order: int, beyond: int) -> NDArray:
        return ndimage.affine_transform(values, back, offset, shape, order=order, cval=beyond)

    return LabelledSlice(
        layer(piece.hu.astype(np.float32), 1, PADDING_SEEN_HU),
        layer(piece.regions, 0, UNLABELLED),
        layer(piece.calcium, 0, UNLABELLED),
    )
