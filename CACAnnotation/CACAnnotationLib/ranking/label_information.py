"""How much passes disagree on a class of several, such as an artery."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr


class ClassStatistics:
    """Gathers the class probabilities of passes one by one; memory does not grow with their number.

    Parameters
    ----------
    classes, voxels
        How many there are.

    Examples
    --------
    >>> statistics = ClassStatistics(2, 1)
    >>> for one in ([[1.0], [0.0]], [[0.0], [1.0]]):
    ...     statistics.add(np.array(one))
    >>> [round(float(each[0]), 3) for each in statistics.entropy_and_information()]
    [0.693, 0.693]
    """

    def __init__(self, classes: int, voxels: int) -> None:
        self.passes = 0
        self._sum = np.zeros((classes, voxels))
        self._entropy = np.zeros(voxels)

    def add(self, probabilities: NDArray[np.floating]) -> None:
        """Take in a pass: probabilities ``[class, voxel]`` that sum to 1 over classes."""
        self.passes += 1
        self._sum += probabilities
        self._entropy += _entropy(probabilities)

    def entropy_and_information(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return H(mean p) and H(mean p) - mean H(p) of each voxel, in nats.

        The latter is the mutual information between class and weights (BALD; Houlsby 2011).
        """
        if not self.passes:
            raise ValueError("there is no pass yet")
        entropy = _entropy(self._sum / self.passes)
        # concavity makes the difference at least 0, rounding may not
        return entropy, np.clip(entropy - self._entropy / self.passes, 0, entropy)


def joint_label(
    calcium: NDArray[np.float32], regions: NDArray[np.float32] | None, lesion: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Return the probabilities of the label that counts, ``[class, voxel]``, OTHER first.

    Calcium of an artery is calcium in the artery's region (MTAL 2.2.4: multiclass calcium is binary calcium
    times region); everything else is OTHER.

    Parameters
    ----------
    calcium
        Probability of calcium, ``[voxel]``.
    regions
        Probability of OTHER and of each artery's region, ``[class, voxel]``; None from a single-task network.
    lesion
        What such a network says instead: OTHER and calcium of each artery, ``[class, voxel]``.
    """
    if regions is None:
        return lesion.astype(np.float64)
    label = regions.astype(np.float64) * calcium
    label[0] = 1 - label[1:].sum(axis=0)
    return np.clip(label, 0, 1, out=label)


def _entropy(probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    return entr(probabilities.astype(np.float64, copy=False)).sum(axis=0)
