"""The coronary tree: curves that lie in the grooves of one patient's heart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline

from .fields import Float, Points, points_of
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
_PDA = [(6, -46, -32), (20, -56, -42), (38, -72, -50), (54, -84, -54)]


def grow_coronaries(rng: np.random.Generator, heart: Heart) -> dict[str, Branch]:
    """Grow the tree of one patient.

    Dominance (right in 85 %), number and size of side branches, lengths and windings vary. Diagonals belong
    to LAD, marginals to LCX, acute marginal and, where the RCA is dominant, the posterior descending to RCA.
    """
    right_dominant = rng.random() < 0.85
    size = heart.scale**0.5 * rng.normal(1, 0.08)
    tree: dict[str, Branch] = {}

    def add(name: str, artery: str, guides: ArrayLike, radii: tuple[float, float], **kind: object) -> Branch:
        groove = kind.get("groove")
        nodes = heart.place(np.asarray(guides, float))
        nodes[1:-1] += rng.normal(0, 1.2, (len(nodes) - 2, 3))
        if kind.get("start") is not None:
            nodes[0] = kind["start"]
        keep = float(kind.get("keep", 1.0))  # type: ignore[arg-type]
        line = _lie_on_heart(nodes, heart, groove, 0.5 * sum(radii) * size, rng)  # type: ignore[arg-type]
        line = line[: max(int(len(line) * keep), 8)]
        radius = (
            np.linspace(*radii, len(line)) * size * (1 + 0.06 * np.sin(np.arange(len(line)) / 17 + len(tree)))
        )
        tree[name] = Branch(name, artery, line, radius)
        return tree[name]

    main = add("LM", "LM", _LM, (2.3, 2.2), keep=1.0)
    fork = main.line_mm[-1]
    lad = add("LAD", "LAD", _LAD, (1.9, 0.8), groove=("RV", "LV"), start=fork, keep=rng.uniform(0.82, 1))
    left_guides = [*_LCX, (40, -34, -20), _CRUX] if not right_dominant else _LCX
    lcx = add(
        "LCX", "LCX", left_guides, (1.7, 0.9), groove=("LA", "LV"), start=fork, keep=rng.uniform(0.85, 1)
    )
    rca = add("RCA", "RCA", [*_RCA, _CRUX] if right_dominant else _RCA[:-1], (2.0, 1.2), groove=("RA", "RV"))
    owner = rca if right_dominant else lcx
    add(
        "PDA",
        owner.artery,
        _PDA,
        (1.2, 0.7),
        groove=("RV", "LV"),
        start=owner.line_mm[-1],
        keep=rng.uniform(0.6, 1),
    )

    for number, (share, end) in enumerate(
        [(0.22, (78, -82, 4)), (0.42, (86, -90, -18))][: rng.integers(1, 3)], 1
    ):
        start, middle = _point(lad, share + rng.normal(0, 0.03)), (0.55, 0.45)
        guides = _between(start, end, middle, heart)
        add(f"D{number}", "LAD", guides, (1.2, 0.6), start=start, keep=rng.uniform(0.6, 1))
    for number, (share, end) in enumerate(
        [(0.38, (86, -62, -12)), (0.68, (74, -44, -26))][: rng.integers(1, 3)], 1
    ):
        start = _point(lcx, share * (0.6 if not right_dominant else 1) + rng.normal(0, 0.03))
        guides = _between(start, end, (0.55, 0.45), heart)
        add(f"OM{number}", "LCX", guides, (1.25, 0.65), start=start, keep=rng.uniform(0.6, 1))
    start = _point(rca, rng.uniform(0.42, 0.55))
    add(
        "AM",
        "RCA",
        _between(start, (26, -116, -38), (0.55, 0.45), heart),
        (1.1, 0.6),
        start=start,
        keep=rng.uniform(0.4, 0.9),
    )
    return tree


def _point(branch: Branch, share: float) -> NDArray[np.float64]:
    return branch.line_mm[int(np.clip(share, 0, 1) * (len(branch.line_mm) - 1))]


def _between(
    start: NDArray[np.float64], end: ArrayLike, weights: tuple[float, float], heart: Heart
) -> NDArray[np.float64]:
    """Guides (in the average heart) from a point of this heart to a place on the average one."""
    goal = heart.place(end)
    middle = weights[0] * start + weights[1] * goal
    nodes = np.stack([start, middle, goal])
    return heart.unplace(nodes)


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
    field: object, curve: NDArray[np.float64], step_mm: float = 0.5
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values of a field and its gradient at points, by central differences in one evaluation."""
    shifts = np.concatenate([np.zeros((1, 3)), np.eye(3) * step_mm, -np.eye(3) * step_mm])
    everywhere = (curve[None] + shifts[:, None]).reshape(-1, 3)
    values = np.asarray(field(points_of(everywhere)), float).reshape(7, -1)  # type: ignore[operator]
    return values[0], ((values[1:4] - values[4:]) / (2 * step_mm)).T


def _resample(nodes: NDArray[np.float64], step_mm: float) -> NDArray[np.float64]:
    """Points every ``step_mm`` along a spline through the nodes."""
    gaps = np.linalg.norm(np.diff(nodes, axis=0), axis=1)
    nodes = nodes[np.r_[True, gaps > 1e-3]]
    along = np.r_[0, np.cumsum(np.linalg.norm(np.diff(nodes, axis=0), axis=1))]
    spline = CubicSpline(along, nodes)
    fine = spline(np.linspace(0, along[-1], max(int(along[-1] / 0.2), 8)))
    length = np.r_[0, np.cumsum(np.linalg.norm(np.diff(fine, axis=0), axis=1))]
    where = np.linspace(0, length[-1], max(int(round(length[-1] / step_mm)) + 1, 4))
    return np.stack([np.interp(where, length, fine[:, axis]) for axis in range(3)], axis=1)
