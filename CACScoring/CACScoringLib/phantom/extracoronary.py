"""Calcium outside the coronary arteries: aortic wall, aortic valve, mitral ring. More of it with age."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .heart import Heart
from .mediastinum import Mediastinum
from .patient import Patient
from .plaque import Nodules


@dataclass(frozen=True, eq=False)
class ExtraCalcium:
    """One deposit: where it sits, and its nodules."""

    site: str
    nodules: Nodules


def draw_extracoronary(
    rng: np.random.Generator, patient: Patient, heart: Heart, mediastinum: Mediastinum
) -> tuple[ExtraCalcium, ...]:
    """Draw a patient's deposits; numbers grow by about a tenth with each year of age."""
    burden = np.exp(0.075 * (patient.age_years - 62) + rng.normal(0, 0.8))
    found: list[ExtraCalcium] = []
    for site, line, radius, rate in (
        ("descending aorta", mediastinum.descending, mediastinum.descending_radius, 2.2),
        ("ascending aorta", heart.root[3:], float(heart.root_radii[3]), 0.7),
    ):
        for _ in range(min(int(rng.poisson(rate * burden)), 14)):
            found.append(ExtraCalcium(site, _on_wall(rng, line, radius)))
    if rng.random() < 0.13 * burden:
        found.append(ExtraCalcium("aortic valve", _in_valve(rng, heart, min(burden, 4.0))))
    if rng.random() < 0.07 * burden:
        found.append(ExtraCalcium("mitral ring", _in_ring(rng, heart, min(burden, 4.0))))
    return tuple(found)


def _on_wall(rng: np.random.Generator, line: NDArray[np.float64], radius: float) -> Nodules:
    """A flat plaque in the wall of a vessel."""
    z = rng.uniform(max(line[:, 2].min(), -75), min(line[:, 2].max(), 75))
    order = np.argsort(line[:, 2])
    middle = np.array([np.interp(z, line[order, 2], line[order, axis]) for axis in range(3)])
    count = int(1 + rng.poisson(2))
    angle = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0.12, 0.05, count))
    outward = np.stack([np.cos(angle), np.sin(angle), np.zeros(count)], axis=1)
    centres = middle + outward * (radius - 0.7) + rng.normal(0, 1.2, (count, 1)) * [0, 0, 1]
    up = np.tile([0.0, 0.0, 1.0], (count, 1))
    frames = np.stack([up, np.cross(up, outward), outward], axis=1)
    axes = rng.uniform([0.8, 0.9, 0.4], [2.6, 2.2, 0.9], (count, 3))
    return Nodules(centres, axes, frames, rng.uniform(250, 800, count))


def _in_valve(rng: np.random.Generator, heart: Heart, burden: float) -> Nodules:
    """Spots on the leaflets of the aortic valve."""
    count = int(1 + rng.poisson(2.5 * burden))
    middle = 0.5 * (heart.root[0] + heart.root[1])
    angle = rng.uniform(0, 2 * np.pi, count)
    out = float(heart.root_radii[1]) * rng.uniform(0.1, 0.8, count)
    centres = middle + np.stack([out * np.cos(angle), out * np.sin(angle), rng.normal(0, 2.5, count)], axis=1)
    return _spots(rng, centres, 0.6, 1.7, 700)


def _in_ring(rng: np.random.Generator, heart: Heart, burden: float) -> Nodules:
    """Part of the mitral ring, at the back between left atrium and ventricle."""
    count = int(4 + rng.poisson(6 * burden))
    angle = rng.uniform(0, 2 * np.pi) + rng.uniform(0, 0.25 * count, count)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1) * 15.5
    across, up = np.array([0.55, 0.75, 0.2]), np.array([0.45, -0.2, 0.85])
    average = np.array([30.0, -56.0, 4.0]) + ring[:, :1] * across + ring[:, 1:] * up
    return _spots(rng, heart.place(average) + rng.normal(0, 0.5, (count, 3)), 0.9, 2.2, 800)


def _spots(
    rng: np.random.Generator, centres: NDArray[np.float64], smallest: float, largest: float, densest: float
) -> Nodules:
    count = len(centres)
    frames = np.tile(np.eye(3), (count, 1, 1))
    axes = rng.uniform(smallest, largest, (count, 1)) * rng.uniform(0.75, 1.25, (count, 3))
    return Nodules(centres, axes, frames, rng.uniform(0.4, 1.0, count) * densest)
