"""Voxels exactly at 130 HU: calcium for most protocols, but no candidates for the network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...scans.ct_scan import CTScan
from ...scoring.protocol import ScoringProtocol
from ...scoring.scores import coronary_voxels
from ..inputs import CANDIDATE_HU


def voxels_at_threshold(
    calcium: NDArray[np.intp], labels: NDArray[np.uint8], scan: CTScan, protocol: ScoringProtocol
) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
    """Find the voxels of exactly 130 HU that touch labelled calcium, and the label that each takes from it.

    A reader who clicks a lesion takes them along where a protocol counts from 130 HU on, at or above; the
    network labels only what is above. Touching is by a face; of several arteries the one touched most often
    wins, the lower label value where they are equal.

    Parameters
    ----------
    calcium, labels
        Flat indices of the voxels with an artery label, and these labels.
    scan, protocol
        The scan, and how it is scored; a protocol that leaves out 130 HU finds none.

    Returns
    -------
    Ascending flat indices, and labels.
    """
    if not protocol.is_candidate(np.array(CANDIDATE_HU)):
        return np.zeros(0, np.intp), np.zeros(0, np.uint8)
    shape = scan.geometry.shape
    steps = (shape[1] * shape[2], shape[2], 1)
    neighbours, touched = [], []
    for index, size, step in zip(np.unravel_index(calcium, shape), shape, steps, strict=True):
        for inside, neighbour in ((index > 0, calcium - step), (index < size - 1, calcium + step)):
            neighbours.append(neighbour[inside])
            touched.append(labels[inside])
    neighbour, label = np.concatenate(neighbours), np.concatenate(touched)
    at_threshold = scan.hu.reshape(-1)[neighbour] == CANDIDATE_HU
    voxels, number = np.unique(neighbour[at_threshold], return_inverse=True)
    votes = np.zeros((voxels.size, 256), np.uint8)
    np.add.at(votes, (number, label[at_threshold]), 1)
    return voxels, votes.argmax(axis=1).astype(np.uint8)


def label_at_threshold(cac: NDArray[np.uint8], scan: CTScan, protocol: ScoringProtocol) -> None:
    """Label the voxels that :func:`voxels_at_threshold` finds, in a label map ``[slice, row, column]``.

    Proposals and passes all go through this, so that equal answers of a network have equal scores.
    """
    calcium = coronary_voxels(cac)
    voxels, labels = voxels_at_threshold(calcium, cac.reshape(-1)[calcium], scan, protocol)
    cac.reshape(-1)[voxels] = labels
