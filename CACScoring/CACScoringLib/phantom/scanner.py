"""What the scanner makes of the patient: blur, noise, and whole numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .fields import Float
from .noise_texture import noise, noise_level
from .protocol import Protocol
from .rendering import Canvas

HU_MIN, HU_MAX = -1024, 3071


def blur(image: Float, protocol: Protocol) -> Float:
    """Apply the in-plane point-spread function, a Gaussian, slice by slice."""
    pixels = protocol.kernel.blur_mm / protocol.pixel_mm
    return ndimage.gaussian_filter(image, (0, pixels, pixels), mode="nearest", truncate=3.0)


def acquire(rng: np.random.Generator, image: Float, protocol: Protocol, canvas: Canvas) -> NDArray[np.int16]:
    """Turn ideal CT numbers into a scan.

    Parameters
    ----------
    rng
        Source of chance.
    image
        Blurred CT numbers, ``[slice, row, column]``.
    protocol, canvas
        The scan and its grid.
    """
    grain = noise(rng, protocol)
    grain *= canvas.upsample(noise_level(rng, protocol, canvas.coarse))
    grain += image
    np.clip(np.rint(grain, out=grain), HU_MIN, HU_MAX, out=grain)
    return grain.astype(np.int16)
