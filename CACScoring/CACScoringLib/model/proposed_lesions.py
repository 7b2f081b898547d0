"""The lesions of labelled calcium with their voxels, numbered as the scores number them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import CACError
from ..scans.ct_scan import CTScan
from ..schemes import label_scheme
from ..scoring.protocol import ScoringProtocol
from ..scoring.scores import counted_calcium


@dataclass(frozen=True, eq=False)
class ProposedLesion:
    """A lesion of a proposal.

    Parameters
    ----------
    id
        Its number in the proposal, from 1.
    label
        Name of its label.
    voxels
        Ascending flat indices into an array ``[slice, row, column]``.
    """

    id: int
    label: str
    voxels: NDArray[np.intp]


def proposed_lesions(
    scan: CTScan, cac: NDArray[np.uint8], protocol: ScoringProtocol
) -> tuple[ProposedLesion, ...]:
    """Find the lesions that count, in the order and with the numbers of :class:`LesionScore`.

    Parameters
    ----------
    scan, cac, protocol
        The scan, the proposed labels ``[slice, row, column]``, and how they are scored.
    """
    calcium, components = counted_calcium(scan, cac, protocol)
    _, first, number = np.unique(components.in_volume, return_index=True, return_inverse=True)
    together = np.argsort(number, kind="stable")
    voxels = np.split(calcium.voxels[together], np.cumsum(np.bincount(number))[:-1])
    return tuple(
        ProposedLesion(
            position + 1,
            label_scheme().of_value(int(calcium.artery[first[component]])).name,
            voxels[component],
        )
        for position, component in enumerate(np.argsort(first).tolist())
    )


def proposed_lesion(
    scan: CTScan, cac: NDArray[np.uint8], protocol: ScoringProtocol, lesion: int
) -> ProposedLesion:
    """Find a lesion by its number.

    Parameters
    ----------
    scan, cac, protocol
        As for :func:`proposed_lesions`.
    lesion
        Number from 1.

    Raises
    ------
    CACError
        If there is no such lesion; those there are are named.
    """
    found = proposed_lesions(scan, cac, protocol)
    if not found:
        raise CACError(f"there is no lesion {lesion} to explain: the model proposes none in this scan")
    if not 1 <= lesion <= len(found):
        there = "lesion 1 alone" if len(found) == 1 else f"lesions 1 to {len(found)}"
        raise CACError(f"there is no lesion {lesion} to explain; this proposal has {there}")
    return found[lesion - 1]
