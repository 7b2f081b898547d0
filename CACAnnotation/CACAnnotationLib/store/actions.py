"""What a reader does, as the store keeps it: which voxels changed, from what, into what. NumPy only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

LAYERS = ("cac", "car", "strokes", "origin", "excluded")
"""Layers of a reading, each uint8 ``[slice, row, column]``: calcium labels, region labels, the reader's
strokes, who or what made each label, and what is kept out of the score."""


@dataclass(frozen=True, eq=False)
class LayerChange:
    """Voxels of one layer that an action changes.

    Parameters
    ----------
    layer
        One of :data:`LAYERS`.
    voxels
        Flat indices into the scan's array ``[slice, row, column]``, ascending, shape ``(n,)``.
    before, after
        Values of these voxels before and after the action, shape ``(n,)``.
    """

    layer: str
    voxels: NDArray[np.int64]
    before: NDArray[np.uint8]
    after: NDArray[np.uint8]

    def reversed(self) -> LayerChange:
        """Return the change that takes this one back."""
        return LayerChange(self.layer, self.voxels, self.after, self.before)

    def parts(self, shape: tuple[int, int, int]) -> dict[int, slice]:
        """Return which part of the arrays lies in which slice of a scan of this shape, by slice index."""
        if not self.voxels.size:
            return {}
        size = shape[1] * shape[2]
        first, last = (int(voxel) // size for voxel in self.voxels[[0, -1]])
        bounds = np.searchsorted(self.voxels, np.arange(first, last + 2) * size).tolist()
        parts = enumerate(pairwise(bounds), start=first)
        return {index: slice(start, end) for index, (start, end) in parts if start < end}


@dataclass(frozen=True, eq=False)
class Action:
    """One thing that a reader did, undone and redone as a whole.

    Parameters
    ----------
    kind
        What it was, for example ``"label lesion"``, ``"scribble"``, ``"sign off"``.
    changes
        What it changes, each layer at most once; none for an action that changes no voxel.
    details
        Anything else worth keeping, as far as JSON can hold it. The key ``"slice_status"`` gives slices a
        status; its value is a list of what :func:`slice_status_detail` makes.
    """

    kind: str
    changes: tuple[LayerChange, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


def slice_status_detail(slice_index: int, status: str, note: str = "") -> dict[str, Any]:
    """Return one element of the list ``details["slice_status"]``: a slice, its new status and a note.

    Statuses are those of :data:`~CACAnnotationLib.store.slice_status.STATUSES`.

    Examples
    --------
    >>> Action("sign off", details={"slice_status": [slice_status_detail(12, "signed off")]}).kind
    'sign off'
    """
    return {"slice_index": int(slice_index), "status": status, "note": note}


def check_action(action: Action, shape: tuple[int, int, int]) -> None:
    """Raise a ValueError, a mistake of the program, if an action does not fit a scan of this shape."""
    layers = [change.layer for change in action.changes]
    if len(set(layers)) < len(layers):
        raise ValueError(f"the action '{action.kind}' changes one of the layers {layers} twice")
    for change in action.changes:
        if change.layer not in LAYERS:
            raise ValueError(f"'{change.layer}' is not one of the layers {', '.join(LAYERS)}")
        if not (change.voxels.ndim == 1 and change.voxels.shape == change.before.shape == change.after.shape):
            raise ValueError(f"the change of '{change.layer}' has arrays of different shapes")
        if change.before.dtype != np.uint8 or change.after.dtype != np.uint8:
            raise ValueError(f"the values of '{change.layer}' are not uint8")
        if change.voxels.size and not (
            change.voxels[0] >= 0
            and change.voxels[-1] < np.prod(shape, dtype=np.int64)
            and (change.voxels[1:] > change.voxels[:-1]).all()
        ):
            raise ValueError(f"the voxels of '{change.layer}' do not ascend within a scan of shape {shape}")
