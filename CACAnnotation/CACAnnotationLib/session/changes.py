"""What listeners of a session are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from ..store.actions import LayerChange


class Topic(Enum):
    """What changed."""

    LABELS = "labels"
    """Layers and scores, by an action, an undo or a redo; also the slices' status."""
    PROPOSAL = "proposal"
    """What is proposed."""
    CANDIDATES = "candidates"
    """What counts as calcium, and with it candidates and scores."""
    ACTIVE = "active"
    """The label that the next click gives."""


@dataclass(frozen=True, eq=False)
class SessionChange:
    """One change of a session.

    Parameters
    ----------
    topic
        What changed.
    slices
        Indices of the slices in which labels or their status changed, ascending.
    layers
        Voxels that changed, by layer; values are as they are now in ``after``.
    """

    topic: Topic
    slices: tuple[int, ...] = ()
    layers: tuple[LayerChange, ...] = ()


Listener = Callable[[SessionChange], object]
