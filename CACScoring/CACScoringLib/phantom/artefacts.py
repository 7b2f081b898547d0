"""Metal and stents: very bright structures, and the streaks that metal throws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .chest_wall import ChestWall
from .coronaries import Branch
from .fields import Float
from .filling import deposit, fill_tube
from .heart import Heart
from .mediastinum import Mediastinum
from .protocol import Protocol
from .rendering import Canvas, Patch
from .scanner import blur

METAL_HU = 14000.0
_STENT_HU = 2600.0


@dataclass(frozen=True, eq=False)
class Wire:
    """A round metal wire: LPS mm, shape ``(n, 3)``, and its radius in mm."""

    line_mm: NDArray[np.float64]
    radius_mm: float


@dataclass(frozen=True, eq=False)
class Metal:
    """An implant: its name and its wires."""

    name: str
    wires: tuple[Wire, ...]


def draw_metal(rng: np.random.Generator, heart: Heart, mediastinum: Mediastinum, chest: ChestWall) -> Metal:
    """Draw a pacing lead, a mechanical aortic valve or sternal wires."""
    name = str(rng.choice(["pacing lead", "valve prosthesis", "sternal wires"], p=[0.5, 0.2, 0.3]))
    if name == "pacing lead":
        inside = heart.place(
            [[-28, -70, 12], [-26, -74, -8], [-12, -84, -18], [12, -96, -28], [38, -104, -38]]
        )
        return Metal(name, (Wire(_smooth(np.concatenate([mediastinum.superior_cava[:0:-1], inside])), 0.9),))
    if name == "valve prosthesis":
        middle = 0.5 * (heart.root[0] + heart.root[1])
        turn = np.linspace(0, 2 * np.pi, 60)
        across, up = np.array([0.9, 0.2, 0.4]), np.array([-0.1, 0.9, -0.4])
        ring = middle + 11.5 * (np.cos(turn)[:, None] * across + np.sin(turn)[:, None] * up)
        leaflet = middle + np.linspace(-9, 9, 20)[:, None] * across
        return Metal(name, (Wire(ring, 1.1), Wire(leaflet, 0.6)))
    wires = []
    for height in np.arange(rng.uniform(-35, -20), 70, rng.uniform(22, 30)):
        turn = np.linspace(0.4, 2 * np.pi - 0.4, 40) + np.pi / 2
        middle = chest.front_y(float(height)) - 6
        loop = np.stack([17 * np.cos(turn), middle - 9 * np.sin(turn), height + 3 * np.cos(turn)], axis=1)
        wires.append(Wire(loop, 0.5))
    return Metal(name, tuple(wires))


def add_metal(rng: np.random.Generator, metal: Metal, canvas: Canvas, image: Float) -> None:
    """Add an implant and its streaks to an image before it is blurred, in place."""
    voxel = canvas.geometry.voxel_volume_mm3
    filled = [
        fill_tube(wire.line_mm, np.full(len(wire.line_mm), wire.radius_mm), point_volume_mm3=voxel / 30)
        for wire in metal.wires
    ]
    patch = deposit(
        canvas.geometry,
        np.concatenate([part[0] for part in filled]),
        np.concatenate([part[1] for part in filled]),
    )
    if patch is None:
        return
    for index in range(patch.values.shape[0]):
        _add_streaks(rng, patch, index, canvas, image)
    image[patch.box] += patch.values * METAL_HU


def _add_streaks(rng: np.random.Generator, patch: Patch, index: int, canvas: Canvas, image: Float) -> None:
    """Add bright and dark rays around the metal of one slice, and a dark band along its longer axis.

    A drawing of what beam hardening and photon starvation do, not a simulation of them.
    """
    amount = patch.values[index]
    if amount.max() < 0.03:
        return
    slices, rows, columns = patch.box
    row, column = np.nonzero(amount > 0.3 * amount.max())
    weight = amount[row, column].astype(float)
    spread = np.cov(np.stack([row, column]), aweights=weight) if len(row) > 2 else np.eye(2)
    major = np.arctan2(*np.linalg.eigh(np.atleast_2d(spread))[1][:, -1])
    middle = np.array([weight @ column, weight @ row]) / weight.sum() + [columns.start, rows.start]
    x, y, _ = canvas.geometry.lps_of([*middle, 0])
    right, down = canvas.coarse[0][0] - x, canvas.coarse[1][0] - y
    distance, angle = np.hypot(right, down), np.arctan2(down, right)
    rays = sum(
        strength * np.cos(order * (angle - phase))
        for order, strength, phase in zip(
            (2, 6, 10, 14, 22, 30), rng.uniform(0.3, 1.0, 6), rng.uniform(0, 2 * np.pi, 6), strict=True
        )
    )
    band = -2.0 * np.exp(-((np.sin(angle - major) / 0.18) ** 2))
    power = 70.0 * np.sqrt(min(float(weight.sum()), 60.0))
    streaks = power * (rays + band) / (distance + 6.0) * np.exp(-distance / 90)
    image[slices.start + index] += canvas.upsample(streaks.astype(np.float32)[None])[0]


def draw_stent(rng: np.random.Generator, tree: dict[str, Branch]) -> tuple[Branch, Wire]:
    """Choose 12 to 25 mm of a large artery: centreline and radius of a stent."""
    branch = tree[str(rng.choice(["LAD", "RCA", "LCX"], p=[0.5, 0.3, 0.2]))]
    points = len(branch.line_mm)
    length = int(min(rng.uniform(24, 50), points / 2))
    start = int(rng.uniform(0.06, 0.4) * (points - length))
    return branch, Wire(
        branch.line_mm[start : start + length], float(np.clip(branch.radius_mm[start] * 0.95, 1.2, 1.9))
    )


def stent_patch(stent: Wire, shifts_mm: list[NDArray[np.float64]], protocol: Protocol) -> Patch | None:
    """Blurred CT numbers that a stent adds; the mesh counts as a thin tube of its mean density."""
    radius = np.full(len(stent.line_mm), stent.radius_mm)
    voxel = protocol.geometry.voxel_volume_mm3
    points, volumes = fill_tube(stent.line_mm, radius + 0.18, radius - 0.18, point_volume_mm3=voxel / 30)
    everywhere = np.concatenate([points + shift for shift in shifts_mm])
    patch = deposit(protocol.geometry, everywhere, np.tile(volumes / len(shifts_mm), len(shifts_mm)))
    if patch is None:
        return None
    whole = np.zeros(protocol.geometry.shape, np.float32)
    whole[patch.box] = patch.values * np.float32(_STENT_HU)
    margin = 8
    rows, columns = (slice(max(part.start - margin, 0), part.stop + margin) for part in patch.box[1:])
    box = (patch.box[0], rows, columns)
    return Patch(box, blur(whole[box], protocol))


def _smooth(nodes: NDArray[np.float64]) -> NDArray[np.float64]:
    """A finer, rounder version of a polyline."""
    for _ in range(3):
        cut = np.stack([0.75 * nodes[:-1] + 0.25 * nodes[1:], 0.25 * nodes[:-1] + 0.75 * nodes[1:]], axis=1)
        nodes = np.concatenate([nodes[:1], cut.reshape(-1, 3), nodes[-1:]])
    return nodes
