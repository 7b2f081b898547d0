"""Noise as a CT has it: grainy rather than white, directed, and stronger where rays pass more tissue."""

from __future__ import annotations

import numpy as np
from scipy import fft

from .fields import Float, Points, Wobble
from .protocol import Protocol


def noise(rng: np.random.Generator, protocol: Protocol) -> Float:
    """Stationary noise of unit standard deviation, ``[slice, row, column]``.

    Its power spectrum rises with frequency as filtered back projection makes it, falls off where the kernel
    ends, and is a little higher for horizontal streaks, because shoulders and arms weaken lateral rays most.
    Neighbouring slices share some of it.
    """
    shape = protocol.geometry.shape
    vertical = fft.fftfreq(shape[1], protocol.pixel_mm)[:, None]
    horizontal = fft.rfftfreq(shape[2], protocol.pixel_mm)[None]
    frequency = np.hypot(vertical, horizontal)
    kernel = protocol.kernel
    rise = (0.04 + frequency) ** kernel.ramp
    power = rise * np.exp(-((frequency / kernel.noise_cutoff_per_mm) ** 2.2))
    power *= 1 + 0.5 * (vertical / np.maximum(frequency, 1e-6)) ** 2
    power[0, 0] = 0
    white = rng.standard_normal(shape, dtype=np.float32)
    white[1:] += np.float32(0.25) * white[:-1]
    texture = fft.irfft2(fft.rfft2(white) * np.sqrt(power).astype(np.float32), shape[1:])
    texture /= texture.std()
    return texture


def noise_level(rng: np.random.Generator, protocol: Protocol, points: Points) -> Float:
    """Local standard deviation, HU: highest in the middle of the chest and towards the abdomen.

    Parameters
    ----------
    rng
        Source of chance.
    protocol
        The scan; its ``noise_hu`` holds in the middle of the heart.
    points
        Positions, LPS mm.
    """
    x, y, z = points
    middle = 1.08 - 0.34 * np.minimum(((x - 8) / 140) ** 2 + ((y + 40) / 110) ** 2, 1.2)
    along = 1 - 0.0028 * np.clip(z, -75, 60)
    patches = 1 + 0.06 * Wobble(rng, 1.0, (40, 120), 5)(points)
    return (protocol.noise_hu * middle * along * patches).astype(np.float32)
