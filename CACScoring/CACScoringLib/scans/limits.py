"""What no CT volume is without, what none exceeds, and what calcium-scoring protocols ask for."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..errors import CACError

FEWEST_SLICES = 3
SPACINGS_MM = (0.01, 100.0)
FARTHEST_MM = 1e5
"""Anything beyond these is damage, or no CT."""

USUAL_THICKNESS_MM = (2.4, 3.1)
USUAL_KVP = 120
NARROWEST_FIELD_MM = 140.0


def check_place(name: str, spacings_mm: ArrayLike, position_mm: ArrayLike) -> None:
    """Raise a :class:`CACError` for distances between voxels, or a position, that no CT has.

    Parameters
    ----------
    name
        What the message calls the file or slice.
    spacings_mm, position_mm
        Any number of distances, and coordinates.
    """
    for spacing_mm in np.ravel(spacings_mm):
        if not SPACINGS_MM[0] <= spacing_mm <= SPACINGS_MM[1]:
            raise CACError(f"{name} states a spacing of {spacing_mm:g} mm between pixels; export it again")
    for coordinate_mm in np.ravel(position_mm):
        if not abs(coordinate_mm) <= FARTHEST_MM:
            raise CACError(f"{name} states a position {coordinate_mm:g} mm away; export it again")
