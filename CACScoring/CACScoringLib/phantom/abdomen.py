"""What reaches into the lowest slices from below: diaphragm, liver, stomach, spleen."""

from __future__ import annotations

import numpy as np

from .fields import Float, Points, Wobble, ellipsoid, smooth_union
from .heart import Heart


class Abdomen:
    """One patient's upper abdomen; fields in mm, negative inside."""

    def __init__(self, rng: np.random.Generator, heart: Heart) -> None:
        s = heart.scale
        self._right = np.array([-62 * s, -48, -27 * s + rng.normal(0, 6)])
        self._left = np.array([68 * s, -44, -44 * s + rng.normal(0, 6)])
        self._heart = heart
        self._wobble = Wobble(rng, 1.4, (35, 80), 6)
        self._liver_edge = rng.normal(30, 10)
        self.liver_hu = float(np.clip(rng.normal(55, 9), 22, 68))
        self._stomach = np.array([58 * s, -62, -84 * s]) + rng.normal(0, 5, 3)
        self._air_level = self._stomach[1] + rng.uniform(-8, 10)

    def below_diaphragm(self, points: Points) -> Float:
        """The space under the domes."""
        x, y, z = points
        domes = []
        for (x0, y0, top), (wide, deep) in (
            (self._right, (62, 78)),
            (self._left, (52, 74)),
        ):
            domes.append(top - 34 * (((x - x0) / wide) ** 2 + ((y - y0) / deep) ** 2))
        height = np.maximum(*domes)
        under_heart = 5.5 - self._heart.floor(points)
        aside = np.maximum(np.hypot((x - 18) / 62, (y + 80) / 50) - 0.85, 0)
        below = np.minimum((z - height + self._wobble(points)) / 1.35, under_heart + 40 * aside)
        return np.clip(below, -30, 30).astype(np.float32)

    def liver(self, points: Points, below: Float, cage_depth: Float) -> Float:
        """Both lobes of the liver."""
        s = self._heart.scale
        right = ellipsoid(points, (-55 * s, -42, -105 * s), (88, 100, 92))
        left = ellipsoid(points, (self._liver_edge - 25, -88, -88 * s), (66, 58, 46))
        return np.maximum(np.maximum(below + 1.0, cage_depth + 3.5), smooth_union(right, left, 25))

    def stomach(self, points: Points, below: Float) -> Float:
        """The fundus of the stomach with its wall."""
        return -smooth_union(-ellipsoid(points, self._stomach, (36, 34, 30)), -4 - below, 10)

    def stomach_air(self, points: Points, below: Float) -> Float:
        """The air bubble lying in front."""
        inner = -smooth_union(-ellipsoid(points, self._stomach, (32, 30, 26)), -8 - below, 10)
        return np.maximum(inner, points[1] - self._air_level)

    def spleen(self, points: Points, below: Float, cage_depth: Float) -> Float:
        """The spleen, behind on the left."""
        return np.maximum(
            np.maximum(ellipsoid(points, (96, 0, -95), (34, 48, 40)), below + 4), cage_depth + 5
        )
