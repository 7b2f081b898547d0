"""Which side of the patient is where in a view."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from CACScoringLib.scene.matrices import array_of

if TYPE_CHECKING:
    import slicer

_LETTERS = (("L", "R"), ("P", "A"), ("I", "S"))
"""Towards the negative and the positive end of each axis of RAS."""


def sides_of(node: slicer.vtkMRMLSliceNode) -> list[str]:
    """Return the letters of the sides of the patient at the left, right, top and bottom of a view."""
    matrix = array_of(node.GetSliceToRAS())
    across, up = matrix[:3, 0], matrix[:3, 1]
    return [_letter(-across), _letter(across), _letter(up), _letter(-up)]


def _letter(direction: np.ndarray) -> str:
    axis = int(np.abs(direction).argmax())
    return _LETTERS[axis][int(direction[axis] > 0)]
