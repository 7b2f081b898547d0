"""The chest wall: cavity, ribs with their cartilage, sternum, muscles, fat and skin.

Depths count from the inner surface of the rib cage outwards, angles from the front (0) to the back (π),
positive towards the left.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .fields import Float, Points, Wobble
from .patient import Patient

CENTRE_Y_MM = -44.0
"""Middle of the thoracic cavity, front to back, against the vertebral body's centre."""
_RIB_DEPTH_MM = 6.0


class ChestWall:
    """One patient's chest wall; fields in mm, negative inside."""

    def __init__(self, rng: np.random.Generator, patient: Patient) -> None:
        self.half_width = patient.chest_half_width_mm
        self.half_depth = patient.chest_half_depth_mm
        self._fat_mm = patient.subcutaneous_fat_mm
        self._breast_mm = 24 * (patient.bmi / 27) if patient.sex == "F" else 3.0
        self._muscle_mm = (11 if patient.sex == "F" else 16) * rng.normal(1, 0.15)
        self._pitch = 25.5 * patient.height_cm / 170
        self._first_rib = rng.uniform(0, self._pitch)
        self._drop = rng.normal(68, 6)
        self._rise = rng.normal(26, 5)
        self._ribs = Wobble(rng, 1.0, (40, 90), 5)
        self._cage = Wobble(rng, 1.2, (60, 140), 6)
        self._sternum_x = rng.normal(0, 3)
        self._sternum_half = rng.normal(17.5, 1.5)
        self._sternum_wobble = Wobble(rng, 1.6, (12, 45), 8)
        self._marbling = Wobble(rng, 1.0, (9, 25), 10)
        self._calcified = Wobble(rng, 1.0, (10, 30), 10)
        self._least_calcified = float(rng.normal(2.3 - 0.035 * (patient.age_years - 50), 0.4))

    def angle(self, points: Points) -> Float:
        """Angle around the middle of the cavity."""
        return np.arctan2(points[0], CENTRE_Y_MM - points[1])

    def depth(self, points: Points) -> Float:
        """Distance outwards from the inner surface of the rib cage."""
        x, y, z = points
        half_width = self.half_width - np.clip(z, 0, 90) * np.float32(0.12)
        half_depth = self.half_depth - z * np.float32(0.10)
        across, along = np.abs(x / half_width), np.abs((y - CENTRE_Y_MM) / half_depth)
        power = np.float32(2.5)
        relative = (across**power + along**power) ** (1 / power) + np.float32(1e-4)
        radius = np.sqrt(x * x + (y - CENTRE_Y_MM) ** 2)
        return (radius - radius / relative) + self._cage(points)

    def front_y(self, z_mm: float) -> float:
        """Where the inner surface meets the midline in front, LPS mm."""
        return CENTRE_Y_MM - (self.half_depth - 0.10 * z_mm)

    def mammary_line(self, side: int) -> NDArray[np.float64]:
        """Course of the internal mammary vessels, behind the cartilages beside the sternum, LPS mm."""
        z = np.arange(-100.0, 101.0, 20.0)
        x = np.full_like(z, side * 25.0)
        arch = (1 - np.abs(x / self.half_width) ** 2.5) ** (1 / 2.5)
        y = CENTRE_Y_MM - (self.half_depth - 0.10 * z) * arch - 0.8
        return np.stack([x, y, z], axis=1)

    def rib(self, depth: Float, angle: Float, points: Points) -> Float:
        """All ribs and their cartilages."""
        turn = np.abs(angle) / np.float32(np.pi)
        steep = np.clip((0.95 - turn) / 0.70, 0, 1)
        height = -self._drop * steep**0.9 + self._rise * np.clip((0.24 - turn) / 0.18, 0, 1.2)
        beside = points[2] - height - self._first_rib + 1.5 * self._ribs(points)
        beside = np.mod(beside, self._pitch) - np.float32(self._pitch / 2)
        swollen = 1 + 0.25 * self.cartilage_share(angle)
        away = np.sqrt(((depth - _RIB_DEPTH_MM) / 3.9) ** 2 + (beside / 6.6) ** 2) / swollen
        return (away - 1) * np.float32(4.2)

    def cartilage_share(self, angle: Float) -> Float:
        """0 on bone, 1 on cartilage, by the angle from the front."""
        return np.clip((0.29 * np.pi - np.abs(angle)) / 0.06, 0, 1).astype(np.float32)

    def cartilage_calcium(self, rib: Float, angle: Float, points: Points) -> Float:
        """Calcified patches along the rim of the cartilages, larger with age."""
        rim = np.abs(rib + 1.1) - 0.8
        patches = 2.5 * (self._least_calcified - self._calcified(points))
        return np.maximum(np.maximum(rim, patches), (np.abs(angle) - 0.28 * np.pi) * 60)

    def sternum(self, depth: Float, points: Points) -> Float:
        """The body of the sternum, ending in the xiphoid below."""
        x, _, z = points
        half = self._sternum_half * (1 - 0.15 * np.clip(z / 60, -0.3, 1)) - np.clip(-38 - z, 0, 20) * 0.6
        across = np.abs(x - self._sternum_x) - half
        thick = np.abs(depth - 6.5) - 5.4
        corner = np.sqrt(np.maximum(across + 4, 0) ** 2 + np.maximum(thick + 4, 0) ** 2) - 4
        front = np.where(points[1] < CENTRE_Y_MM, corner, np.float32(30))
        return np.minimum(front, 30) + 0.5 * self._sternum_wobble(points)

    def intercostal(self, depth: Float) -> Float:
        """The sheet of muscle between the ribs."""
        return np.abs(depth - 5.0) - 2.2

    def muscle(self, depth: Float, angle: Float, points: Points) -> Float:
        """Pectoral muscles, serratus and latissimus, erector spinae, with streaks of fat."""
        turn = np.abs(angle)
        pectoral = 1.0 * np.exp(-(((turn - 0.75) / 0.38) ** 2)) * np.clip(0.8 + points[2] / 120, 0.35, 1.2)
        side = 0.75 * np.exp(-(((turn - 1.75) / 0.42) ** 2))
        back = 2.1 * np.exp(-(((turn - 2.85) / 0.36) ** 2))
        thickness = self._muscle_mm * (pectoral + side + back)
        middle = 14.5 + thickness / 2
        return np.abs(depth - middle) - thickness / 2 + 0.9 * np.maximum(self._marbling(points) - 0.6, 0)

    def skin(self, depth: Float, angle: Float, points: Points) -> Float:
        """The surface of the body."""
        turn = np.abs(angle)
        muscle = self._muscle_mm * (
            np.exp(-(((turn - 0.75) / 0.5) ** 2))
            + 0.75 * np.exp(-(((turn - 1.75) / 0.6) ** 2))
            + 2.1 * np.exp(-(((turn - 2.85) / 0.45) ** 2))
        )
        breast = self._breast_mm * np.exp(-(((turn - 0.70) / 0.36) ** 2) - ((points[2] + 15) / 60) ** 2)
        return depth - (14.5 + muscle + self._fat_mm * (0.55 + 0.35 * np.clip(turn, 0, 1.6)) + breast)

    def gland(self, depth: Float, angle: Float, points: Points) -> Float:
        """Glandular tissue of the breast; empty in men."""
        turn = np.abs(angle)
        middle = 15 + self._muscle_mm + self._fat_mm * 0.5 + self._breast_mm * 0.3
        away = np.sqrt(
            ((turn - 0.70) * 70 / 28) ** 2 + ((depth - middle) / 9) ** 2 + ((points[2] + 15) / 40) ** 2
        )
        return (away - 1) * 9 + 6 * self._marbling(points) + (0.0 if self._breast_mm > 5 else 40.0)
