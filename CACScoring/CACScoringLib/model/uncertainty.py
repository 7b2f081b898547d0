"""How much passes with dropout disagree: per voxel and over groups of voxels, on candidate voxels only."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import entr


class Uncertainty(NamedTuple):
    """What passes say about calcium; each array has one value per voxel, or per lesion or slice.

    Parameters
    ----------
    probability
        Mean over passes of the probability of CAC.
    variance
        Variance of that probability over passes (divided by their number): MTAL's uncertainty (2.3).
    entropy
        Predictive entropy, H(mean p) in nats: all doubt, between 0 and ln 2.
    mutual_information
        H(mean p) - mean H(p) in nats: the part of the doubt that more labels could remove, between 0 and
        ``entropy`` (BALD; Houlsby 2011, for dropout Gal 2017).
    """

    probability: NDArray[np.float64]
    variance: NDArray[np.float64]
    entropy: NDArray[np.float64]
    mutual_information: NDArray[np.float64]

    def mean_over(self, group: NDArray[np.integer], groups: int) -> Uncertainty:
        """Average within groups.

        Parameters
        ----------
        group
            Number of each value's group, from 0.
        groups
            How many there are; one without values gets 0.
        """
        size = np.maximum(np.bincount(group, minlength=groups), 1)
        return Uncertainty(*(np.bincount(group, values, minlength=groups) / size for values in self))

    def of_slices(self, voxels: NDArray[np.integer], shape: tuple[int, int, int]) -> Uncertainty:
        """Average over the candidate voxels of each slice; a slice without any has 0 (MTAL 2.3).

        Parameters
        ----------
        voxels
            Flat indices of the candidate voxels into an array of ``shape``.
        shape
            Slices, rows, columns.
        """
        slices, rows, columns = shape
        return self.mean_over(voxels // (rows * columns), slices)


class PassStatistics:
    """Gathers passes one by one; memory does not grow with their number.

    Parameters
    ----------
    voxels
        Number of candidate voxels.

    Examples
    --------
    >>> statistics = PassStatistics(2)
    >>> for calcium in ([0.9, 0.5], [0.1, 0.5]):
    ...     statistics.add(calcium)
    >>> statistics.uncertainty().variance
    array([0.16, 0.  ])
    """

    def __init__(self, voxels: int) -> None:
        self.passes = 0
        self._mean = np.zeros(voxels)
        self._squares = np.zeros(voxels)
        self._entropy = np.zeros(voxels)

    def add(self, calcium: ArrayLike) -> None:
        """Take in a pass: the probability of CAC, 0 to 1, of each candidate voxel in ascending order."""
        probability = np.asarray(calcium, np.float64)
        if probability.shape != self._mean.shape:
            raise ValueError(f"a pass of shape {probability.shape} does not fit {self._mean.size} voxels")
        # not ... <= also catches what is no number
        if probability.size and not (probability.min() >= 0 and probability.max() <= 1):
            raise ValueError("probabilities must lie between 0 and 1")
        self.passes += 1
        # Welford 1962: no cancellation where all passes nearly agree
        before = probability - self._mean
        self._mean += before / self.passes
        self._squares += before * (probability - self._mean)
        self._entropy += _entropy(probability)

    def uncertainty(self) -> Uncertainty:
        """Return what the passes so far say of each voxel."""
        if not self.passes:
            raise ValueError("there is no pass yet")
        probability = np.clip(self._mean, 0, 1)
        entropy = _entropy(probability)
        # concavity makes the difference at least 0, rounding may not
        information = np.clip(entropy - self._entropy / self.passes, 0, entropy)
        return Uncertainty(probability, self._squares / self.passes, entropy, information)


def _entropy(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    """Entropy in nats of CAC against OTHER."""
    return entr(probability) + entr(1 - probability)
