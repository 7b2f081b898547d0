"""Label maps from elsewhere, taken into a session as one action."""

from __future__ import annotations

import numpy as np
from CACScoringLib.schemes import UNLABELLED
from numpy.typing import NDArray

from .origins import CALCIUM_BY_READER, REGION_BY_READER
from .session import AnnotationSession


def take_labels(
    session: AnnotationSession, cac: NDArray[np.uint8] | None, car: NDArray[np.uint8] | None, source: str
) -> int:
    """Give voxels the labels that maps have for them; what is unlabelled there stays as it is.

    Parameters
    ----------
    session
        The session; the action can be undone like any other.
    cac, car
        Maps of calcium and regions, ``[slice, row, column]``; None where there is none.
    source
        What the maps are called, kept with the action.

    Returns
    -------
    Number of voxels with a calcium label that are no candidates, and get none.

    Raises
    ------
    CACError
        If it could not be stored; nothing has changed then.
    """
    edit, left_out = session.desk.edit(), 0
    if cac is not None:
        candidates = session.desk.candidates.all_voxels
        labels = cac.reshape(-1)[candidates]
        given = candidates[labels != UNLABELLED]
        edit.label("cac", given, labels[labels != UNLABELLED], CALCIUM_BY_READER)
        left_out = int(np.count_nonzero(cac)) - given.size
    if car is not None:
        voxels = np.flatnonzero(car)
        edit.label("car", voxels, car.reshape(-1)[voxels], REGION_BY_READER)
    session.desk.do("import labels", edit, {"source": source})
    return left_out
