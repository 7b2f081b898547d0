"""The coronary tree: curves that lie in the grooves of one patient's heart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline

from .fields import Field, points_of
from .heart import Heart

STEP_MM = 0.5
"""Distance between the points of a centreline."""


@dataclass(frozen=True, eq=False)
class Branch:
    """One vessel.

    Parameters
    ----------
    name
        For example ``"LAD"``, ``"D1"``, ``"OM2"``, ``"PDA"``.
    artery
        Label name of the artery it belongs to: LM, LAD, LCX or RCA.
    line_mm
        Centreline, LPS mm, shape ``(n, 3)``, a point every :data:`STEP_MM`.
    radius_mm
        Lumen radius at each point.
    """

    name: str
    artery: str
    line_mm: NDArray[np.float64]
    radius_mm: NDArray[np.float64]


# Guides in the average heart, LPS mm; the surface of the patient's own heart decides the rest.
_LM = [(16, -76, 31), (23, -76, 31), (31, -77, 30)]
_LAD = [
    (31, -77, 30),
    (37, -90, 25),
    (44, -101, 16),
    (54, -109, 2),
    (66, -112, -14),
    (77, -108, -30),
    (82, -102, -42),
]
_LCX = [(31, -77, 30), (42, -70, 25), (53, -58, 16), (58, -45, 4), (53, -36, -8)]
_RCA = [
    (-7, -86, 25),
    (-15, -98, 20),
    (-27, -103, 10),
    (-36, -99, -6),
    (-38, -88, -22),
    (-28, -72, -36),
    (-10, -52, -36),
]
_CRUX = (6, -46, -32)
_DIAGONALS = [(0.22, (78, -82, 4)), (0.42, (86, -90, -18))]
_MARGINALS = [(0.38, (86, -62, -12)), (0.68, (74, -44, -26))]
_ACUTE_END = (26, -116, -38)
_PDA = [(6, -46, -32), (20, -56, -42), (38, -72, -50), (54, -84, -54)]


def grow_coronaries(rng: np.random.Generator, heart: Heart) -> dict[str, Branch]:
    """Grow the tree of one patient.

    Dominance (right in 85 %), number and size of side branches, lengths and windings vary. Diagonals belong
    to LAD, marginals to LCX, acute marginal and, where the RCA is dominant, the posterior descending to RCA.
    """
    right_dominant = rng.random() < 0.85
    grower = _Grower(rng, heart)
    uniform = rng.uniform
    main = grower.add("LM", "LM", _LM, (2.3, 2.2))
    fork = main.line_mm[-1]
    left = _LCX if right_dominant else [*_LCX, (40, -34, -20), _CRUX]
    right = [*_RCA, _CRUX] if right_dominant else _RCA[:-1]
    lad = grower.add("LAD", "LAD", _LAD, (1.9, 0.8), ("RV", "LV"), fork, uniform(0.82, 1))
    lcx = grower.add("LCX", "LCX", left, (1.7, 0.9), ("LA", "LV"), fork, uniform(0.85, 1))
    rca = grower.add("RCA", "RCA", right, (2.0, 1.2), ("RA", "RV"))
    owner = rca if right_dominant else lcx
    grower.add("PDA", owner.artery, _PDA, (1.2, 0.7), ("RV", "LV"), owner.line_mm[-1], uniform(0.6, 1))

    for number, (share, end) in enumerate(_DIAGONALS[: rng.integers(1, 3)], 1):
        grower.add_side(f"D{number}", lad, share + rng.normal(0, 0.03), end, (1.2, 0.6), uniform(0.6, 1))
    for number, (share, end) in enumerate(_MARGINALS[: rng.integers(1, 3)], 1):
        share *= 1 if right_dominant else 0.6
        grower.add_side(f"OM{number}", lcx, share + rng.normal(0, 0.03), end, (1.25, 0.65), uniform(0.6, 1))
    grower.add_side("AM", rca, uniform(0.42, 0.55), _ACUTE_END, (1.1, 0.6), uniform(0.4, 0.9))
    return grower.tree


class _Grower:
    """Adds branches to a tree on one heart."""

    def __init__(self, rng: np.random.Generator, heart: Heart) -> None:
        self.tree: dict[str, Branch] = {}
        self._rng, self._heart = rng, heart
        self._calibre = heart.scale**0.5 * rng.normal(1, 0.08)

    def add(
        self,
        name: str,
        artery: str,
        guides: ArrayLike,
        radii_mm: tuple[float, float],
        groove: tuple[str, str] | None = None,
        start_mm: NDArray[np.float64] | None = None,
        keep: float = 1.0,
    ) -> Branch:
        """Add a branch along guides, of which it covers the share ``keep``."""
        nodes = self._heart.place(guides)
        nodes[1:-1] += self._rng.normal(0, 1.2, (len(nodes) - 2, 3))
        if start_mm is not None:
            nodes[0] = start_mm
        radius = 0.5 * sum(radii_mm) * self._calibre
        line = _lie_on_heart(nodes, self._heart, groove, radius, self._rng)
        line = line[: max(int(len(line) * keep), 8)]
        uneven = 1 + 0.06 * np.sin(np.arange(len(line)) / 17 + len(self.tree))
        self.tree[name] = Branch(
            name, artery, line, np.linspace(*radii_mm, len(line)) * self._calibre * uneven
        )
        return self.tree[name]

    def add_side(
        self,
        name: str,
        parent: Branch,
        share: float,
        end: ArrayLike,
        radii_mm: tuple[float, float],
        keep: float,
    ) -> None:
        """Add a side branch from a point of its parent towards a place on the average heart."""
        start = parent.line_mm[int(np.clip(share, 0, 1) * (len(parent.line_mm) - 1))]
        goal = self._heart.place(end)
        guides = self._heart.unplace(np.stack([start, 0.55 * start + 0.45 * goal, goal]))
        self.add(name, parent.artery, guides, radii_mm, None, start, keep)


def _lie_on_heart(
    nodes: NDArray[np.float64],
    heart: Heart,
    groove: tuple[str, str] | None,
    radius_mm: float,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Let a curve settle just above the muscle, in the groove between two chambers if there is one."""
    curve = _resample(nodes, 3.0)
    fixed = curve[0].copy()
    depth = radius_mm + (1.2 if groove else 0.5)
    for _ in range(30):
        height, slope = _with_slope(heart.muscle, curve)
        curve = curve + ((depth - height) * 0.6 / (slope**2).sum(1).clip(0.2))[:, None] * slope
        if groove:
            difference, slope = _with_slope(
                lambda p: heart.chamber(groove[0], p) - heart.chamber(groove[1], p), curve
            )
            pull = np.clip(difference * 0.15 / (slope**2).sum(1).clip(0.3), -1.0, 1.0)
            curve = curve - pull[:, None] * slope
        curve[1:-1] += 0.25 * (curve[:-2] + curve[2:] - 2 * curve[1:-1])
        curve[0] = fixed
    winding = rng.normal(0, 0.55, curve.shape)
    winding[[0, -1]] = 0
    return _resample(curve + winding, STEP_MM)


def _with_slope(
    field: Field, curve: NDArray[np.float64], step_mm: float = 0.5
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values of a field and its gradient at points, by central differences in one evaluation."""
    shifts = np.concatenate([np.zeros((1, 3)), np.eye(3) * step_mm, -np.eye(3) * step_mm])
    everywhere = (curve[None] + shifts[:, None]).reshape(-1, 3)
    values = np.asarray(field(points_of(everywhere)), float).reshape(7, -1)
    return values[0], ((values[1:4] - values[4:]) / (2 * step_mm)).T


def _resample(nodes: NDArray[np.float64], step_mm: float) -> NDArray[np.float64]:
    """Points every ``step_mm`` along a spline through the nodes."""
    gaps = np.linalg.norm(np.diff(nodes, axis=0), axis=1)
    nodes = nodes[np.r_[True, gaps > 1e-3]]
    along = np.r_[0, np.cumsum(np.linalg.norm(np.diff(nodes, axis=0), axis=1))]
    spline = CubicSpline(along, nodes)
    fine = spline(np.linspace(0, along[-1], max(int(along[-1] / 0.2), 8)))
    length = np.r_[0, np.cumsum(np.linalg.norm(np.diff(fine, axis=0), axis=1))]
    where = np.linspace(0, length[-1], max(round(length[-1] / step_mm) + 1, 4))
    return np.stack([np.interp(where, length, fine[:, axis]) for axis in range(3)], axis=1)
