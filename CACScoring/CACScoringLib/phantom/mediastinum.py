"""Around the heart: descending aorta, venae cavae, hila, oesophagus, bronchi, strands in the fat."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .fields import Float, Points, Wobble, smooth_union, tube
from .heart import Heart
from .patient import Patient
from .spine import Spine

Line = NDArray[np.float64]


class Mediastinum:
    """One patient's mediastinum; fields in mm, negative inside."""

    def __init__(self, rng: np.random.Generator, patient: Patient, heart: Heart, spine: Spine) -> None:
        self._heart, self._spine = heart, spine
        scale = heart.scale

        def near(nodes: ArrayLike, spread: float = 1.5) -> Line:
            return heart.place(nodes) + rng.normal(0, spread, 3)

        girth = 0.95 + 0.004 * (patient.age_years - 60)
        side = rng.normal(20, 3)
        self.descending: Line = np.array(
            [
                [side + 2, -10, 110],
                [side, -14, 60],
                [side - 2, -17, 20],
                [side - 5, -19, -30],
                [side - 8, -20, -120],
            ]
        )
        self.descending_radius = 12.3 * girth * scale * rng.normal(1, 0.06)
        self.oesophagus: Line = np.array(
            [[2, -22, 110], [4, -23, 50], [6, -28, 15], [9, -29, -20], [14, -33, -50], [26, -44, -95]]
        ) + rng.normal(0, 1.5, 3)
        self.oesophagus_radii = np.array([7.5, 7.0, 5.5, 6.5, 7.5, 8.5]) * rng.normal(1, 0.1)
        self.azygos: Line = np.array([[-7, -15, 110], [-6, -17, 0], [-3, -18, -110]]) + rng.normal(0, 1, 3)
        self.superior_cava = near([[-29, -66, 20], [-29, -69, 45], [-27, -74, 100]])
        self.inferior_cava = near([[-24, -60, -26], [-24, -54, -42], [-23, -46, -60], [-20, -30, -110]])
        self.arteries = {
            "right": near([[15, -66, 57], [-10, -58, 52], [-32, -54, 46], [-48, -47, 34], [-54, -38, 10]]),
            "left": near([[17, -67, 57], [36, -50, 62], [50, -38, 48], [54, -31, 22], [55, -24, 4]]),
        }
        self.artery_radii = scale * np.array([11.5, 11, 9.5, 7, 4.5])
        self.veins = [
            (near([[-14, -40, 12], [-34, -36, 4], [-52, -30, -2]]), scale * np.array([7, 6, 4.2])),
            (near([[-14, -50, 24], [-36, -60, 34], [-48, -68, 46]]), scale * np.array([7, 6, 4.2])),
            (near([[38, -34, 12], [54, -26, 4], [66, -20, -2]]), scale * np.array([7, 6, 4.2])),
            (near([[36, -46, 24], [50, -56, 40], [56, -66, 52]]), scale * np.array([7, 6, 4.2])),
        ]
        self.bronchi = [
            near([[0, -34, 84], [-24, -40, 56], [-36, -42, 34], [-44, -36, 12], [-52, -26, -8]]),
            near([[0, -34, 84], [26, -34, 58], [42, -34, 42], [49, -25, 20], [58, -16, 0]]),
            near([[-22, -40, 58], [-40, -48, 56], [-56, -56, 60]]),
            near([[40, -36, 44], [52, -48, 44], [60, -60, 48]]),
            near([[-38, -42, 30], [-46, -56, 16], [-54, -70, 6]]),
        ]
        self.bronchus_radii = scale * np.array([6.8, 5.6, 4.2, 2.8, 1.2])
        self._texture = Wobble(rng, 1.0, (7, 22), 12)
        self._wobble = Wobble(rng, 1.0, (20, 50), 6)
        self._air_in_oesophagus = rng.random() < 0.45
        self.hiatal_hernia = rng.random() < 0.06

    def descending_aorta(self, points: Points) -> Float:
        """Descending aorta."""
        return tube(points, self.descending, self.descending_radius)

    def venous(self, points: Points) -> Float:
        """Venae cavae, azygos, pulmonary veins."""
        scale = self._heart.scale
        field = tube(points, self.superior_cava, 9.5 * scale)
        field = np.minimum(field, tube(points, self.inferior_cava, np.array([12, 12, 12.5, 12]) * scale))
        field = np.minimum(field, tube(points, self.azygos, 3.6))
        for line, radii in self.veins:
            field = np.minimum(field, tube(points, line, radii))
        return field

    def pulmonary_arteries(self, points: Points) -> Float:
        """Right and left pulmonary artery down to the lower lobes."""
        return np.minimum(
            tube(points, self.arteries["right"], self.artery_radii),
            tube(points, self.arteries["left"], self.artery_radii),
        )

    def gullet(self, points: Points) -> Float:
        """Wall and lumen of the oesophagus."""
        radii = self.oesophagus_radii + (np.array([0, 0, 0, 5, 14, 10]) if self.hiatal_hernia else 0)
        return tube(points, self.oesophagus, radii) + 0.8 * self._wobble(points)

    def gullet_air(self, points: Points) -> Float:
        """Air in the oesophagus, in patches along it."""
        if not self._air_in_oesophagus:
            return tube(points, self.oesophagus[:2] + np.array([0, 0, 200]), 1)
        return tube(points, self.oesophagus + np.array([0.8, -0.6, 0]), 1.6) + 1.7 * self._wobble(points)

    def airways(self, points: Points, grow_mm: float = 0.0) -> Float:
        """Bronchi, with their wall for a positive ``grow_mm``."""
        field: Float | None = None
        for line in self.bronchi:
            radii = self.bronchus_radii[-len(line) :] + grow_mm
            one = tube(points, line, radii)
            field = one if field is None else np.minimum(field, one)
        assert field is not None
        return field

    def nodes(self, points: Points) -> Float:
        """Strands, small vessels and lymph nodes in the mediastinal fat."""
        return (1.35 - self._texture(points)) * 1.8

    def outline(self, points: Points, front_y_mm: float, muscle: Float, sac: Float) -> Float:
        """Everything between the lungs, seen from the lungs: the mediastinal pleura.

        Parameters
        ----------
        points
            Positions.
        front_y_mm
            Inner surface of the sternum, LPS mm.
        muscle, sac
            Fields of the heart at the same positions.
        """
        x, y, z = points
        column = self._spine.column(points) - 4
        # The pleura leaves the vertebra obliquely, over the heads of the ribs.
        behind = np.clip(np.maximum((np.abs(x) - 14 - 0.9 * np.maximum(y - 3, 0)) * 0.75, 3 - y), -30, 30)
        column = smooth_union(column, behind, 8)
        great = np.minimum(self.descending_aorta(points), self.gullet(points)) - 1.5
        back = smooth_union(column, great, 10)
        hila = np.minimum(self.pulmonary_arteries(points), self.venous(points)) - 1.2
        hila = np.minimum(hila, self.airways(points, 2.0))
        middle = np.maximum(np.sqrt((x / 1.15 - 2) ** 2 + (y + 52) ** 2) - 24, 42 - z)
        upper = np.maximum(np.sqrt((x / 1.2 + 2) ** 2 + (y + 76) ** 2) - 22, 50 - z)
        front = np.maximum(np.abs(x - 4) - (6 + 0.10 * np.maximum(-z, -30)), np.abs(y - front_y_mm - 6) - 16)
        front = np.minimum(smooth_union(front, upper, 14), middle)
        field = smooth_union(np.minimum(sac, muscle - 1) - 1.6, np.minimum(front, 30), 26)
        field = smooth_union(field, hila, 8)
        # No lung gets between the heart and the diaphragm on which it rests.
        footprint = (np.hypot((x - 18) / 62, (y + 82) / 46) - 0.85) * 45
        under = np.maximum(footprint, -9 - self._heart.floor(points))
        field = smooth_union(field, np.clip(under, -30, 30), 10)
        return smooth_union(field, back, 12) + 0.8 * self._wobble(points)
