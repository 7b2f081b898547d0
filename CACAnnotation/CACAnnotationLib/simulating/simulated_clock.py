"""How long a simulated reader takes: seconds per action, and the clock that they move."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ActionSeconds:
    """Seconds that each action takes.

    MTAL (3.4, Table 7) estimates 4 s per slice for calcium alone and 12 s for calcium and regions, and says
    nothing of single actions. Defaults divide these sums over what a typical slice asks for. Calcium: 2.5 s
    to look at the slice and sign it off, and 1.5 s for the click on one lesion with the choice of its artery,
    4 s together. Regions, 8 s more: a scribble of 1.5 s along each of three arteries, and 3.5 s for the
    contour around them. So a slice with more lesions or fewer arteries takes as much longer or shorter.

    Parameters
    ----------
    look
        To look at a slice and sign it off.
    click
        On a lesion or a button; with the choice of the label.
    stroke
        Of a brush: a scribble, or single voxels of a lesion.
    contour
        Closed, around arteries.
    """

    look: float = 2.5
    click: float = 1.5
    stroke: float = 1.5
    contour: float = 3.5


CALCIUM_S, CALCIUM_AND_REGIONS_S = 4.0, 12.0
"""MTAL's estimates per slice (Table 7)."""


class SimulatedClock:
    """A clock that stands until it is moved; what a session asks for the time."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def __call__(self) -> float:
        """Seconds since it was made."""
        return self._seconds

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self._seconds += seconds
