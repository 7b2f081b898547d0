"""Cubic interpolation from the coarse grid to voxels.

Each pixel mixes four nodes of a row, and the same four weights come round with every node, so that a few
shifted sums do; matrix products would do four times the work and set the linear algebra's threads fighting
over the cores.
"""

from __future__ import annotations

import numpy as np

from .fields import Float

COARSE = 4
"""Pixels per node of the coarse grid."""

REACH = 2
"""Nodes on either side of a pixel's own that may count."""


def nodes(pixels: int) -> Float:
    """Places of the nodes over a row of pixels, in pixels; :data:`REACH` stand outside at each end."""
    return (np.arange(-REACH, pixels // COARSE + REACH) + 0.5) * COARSE - 0.5


def interpolated(coarse: Float) -> Float:
    """Interpolate one slice at every pixel.

    Parameters
    ----------
    coarse
        Values at nodes, shape ``(n + 2 REACH, m + 2 REACH)``.

    Returns
    -------
    Shape ``(COARSE n, COARSE m)``: the pixels of the inner ``n x m`` nodes.
    """
    return _interpolated_rows(_interpolated_rows(coarse.T).T)


def _interpolated_rows(coarse: Float) -> Float:
    count, columns = coarse.shape[0] - 2 * REACH, coarse.shape[1]
    pixels = np.empty((count, COARSE, columns), np.float32)
    for phase, weights in enumerate(_WEIGHTS):
        taps = [coarse[tap : tap + count] * weight for tap, weight in enumerate(weights) if weight != 0]
        pixels[:, phase] = sum(taps[1:], taps[0])
    return pixels.reshape(count * COARSE, columns)


def _catmull_rom() -> Float:
    """Weights of the five nodes around each of the pixels of a node, shape ``(COARSE, 5)``."""
    pixel = (np.arange(COARSE) + 0.5) / COARSE - 0.5
    away = np.abs(pixel[:, None] - np.arange(-REACH, REACH + 1))
    near = 1.5 * away**3 - 2.5 * away**2 + 1
    further = -0.5 * away**3 + 2.5 * away**2 - 4 * away + 2
    return np.where(away < 1, near, np.where(away < 2, further, 0)).astype(np.float32)


_WEIGHTS = _catmull_rom()
