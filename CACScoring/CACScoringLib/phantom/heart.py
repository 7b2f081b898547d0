"""The heart and the roots of the great vessels, as implicit shapes in LPS mm."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

from .fields import Float, Points, Wobble, ellipsoid, smooth_union, tube
from .filling import across
from .patient import Patient

CENTRE_LPS_MM = np.array([12.0, -68.0, 0.0])
"""Centre of an average heart; the origin is the middle of the vertebral body at that level."""

# Centre, semi-axes and direction of the long (first) axis of each chamber, mm, in the average heart.
_CHAMBERS: dict[str, list[tuple[ArrayLike, ArrayLike, ArrayLike]]] = {
    "LV": [((44, -70, -12), (47, 33, 33), (0.66, -0.50, -0.56))],
    "RV": [
        ((14, -94, -16), (44, 29, 25), (0.80, -0.12, -0.58)),
        ((13, -96, 14), (26, 17, 19), (0.15, 0.05, 0.98)),
    ],
    "RA": [
        ((-27, -70, -6), (34, 22, 27), (0.05, 0.15, 0.98)),
        ((-14, -88, 16), (17, 11, 9), (0.8, -0.5, 0.3)),
    ],
    "LA": [((12, -49, 14), (33, 20, 25), (0.98, 0.15, 0.05)), ((46, -62, 26), (17, 8, 9), (0.55, -0.8, 0.1))],
}


class Heart:
    """One patient's heart: every field takes positions and answers in mm, negative inside."""

    def __init__(self, rng: np.random.Generator, patient: Patient) -> None:
        self.scale = patient.heart_scale
        self.fat_mm = patient.epicardial_fat_mm
        tilt = rng.normal(0, [5, 5, 8])
        self._turn = Rotation.from_euler("xyz", tilt, degrees=True).as_matrix()
        # A larger heart grows to the front: behind it lies the spine.
        behind = -29.0
        middle_y = behind + (CENTRE_LPS_MM[1] - behind) * self.scale
        self._middle = np.array([CENTRE_LPS_MM[0], middle_y, 0.0]) + rng.normal(0, [3, 1, 0])
        self._chambers = {
            name: [
                (
                    self.place(np.asarray(centre) + rng.normal(0, 1.2, 3)),
                    np.asarray(axes) * self.scale * rng.normal(1, 0.035, 3),
                    _frame(self._turn @ np.asarray(direction, float)),
                )
                for centre, axes, direction in parts
            ]
            for name, parts in _CHAMBERS.items()
        }
        self._surface = Wobble(rng, 0.7, (25, 60))
        self._fat = Wobble(rng, 0.8, (25, 70))
        self._sole = float(-40 * self.scale + rng.normal(0, 1.5))
        self._tilt = rng.normal([-0.14, 0.04], 0.03)
        self.wall_mm = float(rng.normal(10, 1))
        s = self.scale
        self.root = self.place(
            [[8, -62, 8], [4, -68, 20], [1, -73, 32], [-6, -78, 48], [-10, -76, 66], [-8, -68, 85]]
        )
        self.root_radii = (
            s
            * (15.5 + rng.normal(0, 1) + 0.04 * (patient.age_years - 60))
            * np.array([0.85, 1.08, 0.96, 1.02, 1.04, 1.0])
        )
        self.trunk = self.place([[19, -96, 24], [24, -94, 38], [23, -84, 50], [17, -68, 57]])
        self.trunk_radii = s * np.array([13.5, 13.5, 13.5, 12.5])

    def place(self, average: ArrayLike) -> NDArray[np.float64]:
        """Carry positions ``(3,)`` or ``(n, 3)`` from the average heart to this one."""
        return (np.asarray(average, float) - CENTRE_LPS_MM) @ self._turn.T * self.scale + self._middle

    def unplace(self, here: ArrayLike) -> NDArray[np.float64]:
        """Carry positions from this heart to the average one."""
        return (np.asarray(here, float) - self._middle) @ self._turn / self.scale + CENTRE_LPS_MM

    def chamber(self, name: str, points: Points) -> Float:
        """Field of ``"LV"``, ``"RV"``, ``"RA"`` or ``"LA"`` with its wall."""
        parts = [ellipsoid(points, *part) for part in self._chambers[name]]
        field = parts[0]
        for part in parts[1:]:
            field = smooth_union(field, part, 10 * self.scale)
        return field

    def cavity(self, points: Points) -> Float:
        """Blood in the left ventricle, inside its thick wall."""
        (centre, axes, frame) = self._chambers["LV"][0]
        return ellipsoid(points, centre, axes - self.wall_mm, frame)

    def aorta(self, points: Points) -> Float:
        """Root and ascending aorta."""
        sinuses = ellipsoid(points, self.root[1], self.root_radii[1] * np.array([1.1, 1.1, 0.8]))
        return smooth_union(tube(points, self.root, self.root_radii), sinuses, 4)

    def pulmonary_trunk(self, points: Points) -> Float:
        """Pulmonary trunk up to its bifurcation."""
        return tube(points, self.trunk, self.trunk_radii)

    def muscle(self, points: Points) -> Float:
        """All that lies under the epicardial fat: chambers, root and trunk."""
        field = self.chamber("LV", points)
        for name, blend in (("RV", 5.0), ("RA", 6.0), ("LA", 9.0)):
            field = smooth_union(field, self.chamber(name, points), blend)
        field = -smooth_union(-field, -self.floor(points), 14)
        great = np.minimum(self.aorta(points), self.pulmonary_trunk(points))
        return smooth_union(field, great, 2) + self._surface(points)

    def floor(self, points: Points) -> Float:
        """Flat underside on which the heart rests: negative above it, positive in the diaphragm."""
        x, y, z = points
        sole = self._sole + self._tilt[0] * (x - self._middle[0]) + self._tilt[1] * (y - self._middle[1])
        return np.asarray(sole - z, np.float32)

    def sac(self, points: Points) -> Float:
        """The pericardium: a rounded hull with fat under it, thicker over the right ventricle."""
        blend = 20 * self.scale
        field = smooth_union(self.chamber("LV", points), self.chamber("RV", points), blend)
        atria = smooth_union(self.chamber("LA", points), self.chamber("RA", points), blend)
        field = smooth_union(field, atria, blend)
        roots = smooth_union(self.aorta(points), self.pulmonary_trunk(points), 8)
        roots = np.maximum(roots, points[2] - 58 * self.scale)
        field = smooth_union(field, roots, 12)
        field = -smooth_union(-field, 3.0 - self.floor(points), 10)
        front = np.clip((-points[1] - 75) / 35, -0.5, 1.0) + np.clip((10 - points[0]) / 80, -0.5, 0.4)
        return field - self.fat_mm * np.maximum(0.5 + 0.45 * front + 0.25 * self._fat(points), 0.15)


def _frame(direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows: the direction, and two unit vectors across it."""
    along = direction[None] / np.linalg.norm(direction)
    return np.concatenate([along, *across(along)])
