"""Motion of the right coronary artery while its slices were taken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .coronaries import Branch


@dataclass(frozen=True, eq=False)
class Poses:
    """Where a moving artery was: shifts in mm, shape ``(poses, 3)``, over which the scan averages."""

    artery: str
    shifts_mm: NDArray[np.float64]

    def of(self, branch: Branch) -> list[NDArray[np.float64]]:
        """Shifts of a branch; a single zero one where it does not move."""
        return list(self.shifts_mm) if branch.artery == self.artery else [np.zeros(3)]


def draw_poses(rng: np.random.Generator, *, motion: bool) -> Poses:
    """Draw an arc of 5 to 9 mm that the RCA sweeps.

    It rests longest at both ends, so that the vessel looks doubled or like a crescent.
    """
    if not motion:
        return Poses("RCA", np.zeros((1, 3)))
    length, turn = rng.uniform(5, 9), rng.uniform(0, np.pi)
    share = np.array([-1, -1, -0.9, -0.6, -0.2, 0.2, 0.6, 0.9, 1]) / 2
    along, bulge = length * share, length * 0.35 * (1 - 4 * share**2)
    shifts = np.stack(
        [
            along * np.cos(turn) - bulge * np.sin(turn),
            along * np.sin(turn) + bulge * np.cos(turn),
            0.25 * along,
        ],
        axis=1,
    )
    return Poses("RCA", shifts - shifts.mean(axis=0))
