"""Vertebral column: bodies with discs, canal, arches and processes."""

from __future__ import annotations

import numpy as np

from .fields import Float, Points, Wobble


class Spine:
    """One patient's thoracic spine, the vertebral bodies centred on the z axis at z = 0."""

    def __init__(self, rng: np.random.Generator, height_cm: float) -> None:
        size = height_cm / 170
        self._pitch = 24.0 * size
        self._phase = rng.uniform(0, self._pitch)
        self._half = np.array([16.5, 14.0]) * size * rng.normal(1, 0.05)
        self._wobble = Wobble(rng, 0.6, (18, 45), 6)
        self._kyphosis = rng.uniform(0.8, 2.2)
        self.canal_mm = 8.3 * size

    def _levels(self, z: Float) -> Float:
        """Distance from the middle of the nearest vertebra, along the column."""
        return np.mod(z - self._phase, self._pitch) - np.float32(self._pitch / 2)

    def back_mm(self, z: Float) -> Float:
        """How far the column curves backwards at this height."""
        return np.float32(self._kyphosis) * (1 - (z / 60) ** 2)

    def bone(self, points: Points) -> Float:
        """Everything bony."""
        x, y, z = points
        y = y - self.back_mm(z)
        level = self._levels(z)
        waist = 1 - 0.07 * np.cos(2 * np.pi * level / self._pitch)
        body = self.body_outline(x, y, waist)
        body = np.maximum(body, np.abs(level) - (self._pitch / 2 - 2.2))
        body = np.minimum(body, 30)
        ring = np.sqrt((x * 0.92) ** 2 + (y - 21.5) ** 2)
        arch = np.maximum(
            np.abs(ring - self.canal_mm - 2.8) - 2.6, np.maximum(9 - y, np.abs(level - 1) - 9.5)
        )
        joint = np.sqrt(((np.abs(x) - 14.5) / 5.5) ** 2 + ((y - 26) / 5) ** 2 + (level / 11) ** 2)
        arch = np.minimum(arch, (joint - 1) * 5)
        spinous = np.maximum(
            np.abs(x) - 3.0, np.maximum(np.abs(y - 45 - 0.5 * level) - 14, np.abs(level + 4) - 8)
        )
        wing = np.abs(x) - 12
        transverse = np.maximum(
            np.sqrt((y - 22 - 0.55 * wing) ** 2 + (level - 3) ** 2) - 4.6, np.maximum(-wing, wing - 22)
        )
        field = np.minimum(np.minimum(body, arch), np.minimum(spinous, transverse))
        return np.minimum(field, 30) + self._wobble(points)

    def body_outline(self, x: Float, y: Float, waist: Float | float = 1.0) -> Float:
        """Rounded, behind slightly hollow outline of a vertebral body or a disc."""
        half_x, half_y = self._half
        hollow = 2.5 * np.exp(-((x / 8) ** 2)) * (y > 0)
        relative = (np.abs(x / (half_x * waist)) ** 2.4 + np.abs((y + hollow) / (half_y * waist)) ** 2.4) ** (
            1 / 2.4
        )
        return (relative - 1) * half_y

    def column(self, points: Points) -> Float:
        """Bodies and discs without gaps."""
        x, y, z = points
        return np.minimum(self.body_outline(x, y - self.back_mm(z)), 30) + self._wobble(points)

    def canal(self, points: Points) -> Float:
        """The spinal canal."""
        x, y, z = points
        return np.minimum(np.sqrt(x * x + (y - self.back_mm(z) - 21.5) ** 2) - self.canal_mm, 30)

    def muscles(self, points: Points) -> Float:
        """Deep muscles of the back beside the processes."""
        x, y, z = points
        y = y - self.back_mm(z)
        return np.clip(np.maximum(np.abs(x) - 44, 23 + 0.12 * np.abs(x) - y), -30, 30)
