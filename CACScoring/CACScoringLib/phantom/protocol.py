"""How the scan is taken: grid, slices, kernel and noise level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..geometry import VolumeGeometry
from .patient import Patient

KVP = 120.0
MATRIX = 512


@dataclass(frozen=True)
class Kernel:
    """A reconstruction kernel.

    Parameters
    ----------
    name
        As the vendor's console calls such a kernel.
    blur_mm
        Standard deviation of the in-plane point-spread function, mm.
    noise_cutoff_per_mm
        Spatial frequency at which the noise falls off.
    ramp
        How far the noise power rises with frequency: 1 for filtered back projection, less for iterative
        reconstruction, whose noise is coarser.
    """

    name: str
    blur_mm: float
    noise_cutoff_per_mm: float
    ramp: float


KERNELS = (
    Kernel("B35f", 0.40, 0.43, 1.0),
    Kernel("FC12", 0.43, 0.41, 1.0),
    Kernel("STANDARD", 0.41, 0.44, 0.9),
    Kernel("Qr36f", 0.39, 0.40, 0.6),
    Kernel("XCB", 0.43, 0.38, 0.7),
)


@dataclass(frozen=True)
class Protocol:
    """The acquisition of one scan: slices touch, so increment and thickness are the same."""

    geometry: VolumeGeometry
    kernel: Kernel
    noise_hu: float

    @property
    def pixel_mm(self) -> float:
        """Side of a pixel, mm."""
        return self.geometry.spacing_mm[0]

    @property
    def thickness_mm(self) -> float:
        """Slice thickness, mm."""
        return self.geometry.increment_mm


def draw_protocol(rng: np.random.Generator, patient: Patient, *, severe_noise: bool) -> Protocol:
    """Draw a protocol that covers the patient's heart.

    Pixels are 0.3-0.5 mm, slices 40-60 of 2.5 or 3 mm. The noise is the standard deviation in the middle of
    the heart; it grows with the patient's size because the tube current only partly makes up for it.
    """
    thickness = float(rng.choice([2.5, 3.0], p=[0.3, 0.7]))
    field_mm = float(np.clip(rng.normal(192 * patient.heart_scale**0.5, 16), 160, 250))
    length = 122 * patient.heart_scale + rng.normal(6, 8)
    slices = int(np.clip(np.rint(length / thickness), 40, 60))
    top = 58 * patient.heart_scale + rng.normal(2, 4)
    middle = np.array([15, -63]) * patient.heart_scale + rng.normal(0, 5, 2)
    pixel = round(field_mm / MATRIX, 6)
    corner = middle - pixel * (MATRIX - 1) / 2
    bottom = top - thickness * (slices - 1)
    geometry = VolumeGeometry(
        (MATRIX, MATRIX, slices),
        (pixel, pixel, thickness),
        (round(float(corner[0]), 3), round(float(corner[1]), 3), round(float(bottom), 3)),
    )
    generous_dose = rng.random() < 0.12
    level = (17 if generous_dose else 26.0) * (patient.bmi / 27) ** 0.4 * np.exp(rng.normal(0, 0.11))
    severe = rng.uniform(45, 62)
    noise = severe if severe_noise else np.clip(level, 12, 34)
    kernel = KERNELS[rng.integers(len(KERNELS))]
    return Protocol(geometry, kernel, float(noise))
