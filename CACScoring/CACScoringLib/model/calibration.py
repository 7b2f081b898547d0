"""Does a probability of 0.8 come true in 8 of 10? Reliability, and scaling of class scores (Guo 2017)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import logsumexp, softmax

from ..errors import CACError

BINS = 15
"""As in Guo 2017."""
COLDEST, HOTTEST = 0.01, 100.0
"""Temperatures are looked for between these."""
MOST_SHIFT = 50.0
"""Shifts are looked for up to this, either way."""


class Scaling(NamedTuple):
    """What makes class scores calibrated: ``scores / temperature``, then ``shift`` added to class 0, OTHER.

    A temperature alone leaves alone which class wins; a shift does not.
    """

    temperature: float = 1.0
    shift: float = 0.0

    def __call__(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scale scores ``(n, classes)``."""
        scaled = scores / self.temperature
        scaled[:, 0] += self.shift
        return scaled


@dataclass(frozen=True, eq=False)
class Reliability:
    """What was predicted and what came true, in bins of equal width over 0 to 1.

    A bin holds its upper edge, the first one 0 as well (Guo 2017, 2). Arrays have one value per bin; where a
    bin is empty, ``predicted`` and ``observed`` are NaN.

    Parameters
    ----------
    count
        Number of predictions.
    predicted
        Their mean probability.
    came_true
        How many came true.
    """

    count: NDArray[np.intp]
    predicted: NDArray[np.float64]
    came_true: NDArray[np.intp]

    @property
    def observed(self) -> NDArray[np.float64]:
        """Share that came true."""
        return np.where(self.count > 0, self.came_true / np.maximum(self.count, 1), np.nan)

    @property
    def expected_calibration_error(self) -> float:
        """Mean distance of ``predicted`` and ``observed``, bins weighted by ``count`` (Guo 2017, eq. 3)."""
        return self._error(0)

    @property
    def error_above_first_bin(self) -> float:
        """The same without the lowest probabilities, NaN if there are no others.

        Nearly all candidates are bone and noise that no network takes for calcium: they alone make the
        expected calibration error small.
        """
        return self._error(1)

    def _error(self, first: int) -> float:
        count = self.count[first:]
        distance = np.where(count > 0, np.abs(self.predicted - self.observed)[first:], 0)
        return float(distance @ count / count.sum()) if count.any() else float("nan")


def reliability(probability: ArrayLike, true: ArrayLike, bins: int = BINS) -> Reliability:
    """Compare probabilities with what came true.

    For calcium, give each candidate voxel's probability of CAC and whether it is CAC. For several classes,
    give the highest probability and whether that class is right (Guo 2017).

    Parameters
    ----------
    probability
        Between 0 and 1, shape ``(n,)``.
    true
        Whether it came true, same shape.
    bins
        Number of bins.

    Raises
    ------
    CACError
        If there is nothing to compare.
    """
    predicted, came_true = np.asarray(probability, np.float64), np.asarray(true, bool)
    if predicted.shape != came_true.shape or predicted.ndim != 1:
        raise ValueError(f"shapes {predicted.shape} and {came_true.shape} are not one and the same (n,)")
    if predicted.size == 0:
        raise CACError("there is no labelled candidate voxel to compare probabilities with")
    if not (predicted.min() >= 0 and predicted.max() <= 1):
        raise ValueError("probabilities must lie between 0 and 1")
    number = np.maximum(np.searchsorted(np.linspace(0, 1, bins + 1), predicted, side="left") - 1, 0)
    count = np.bincount(number, minlength=bins)
    total = np.bincount(number, predicted, minlength=bins)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return Reliability(count, mean, np.bincount(number[came_true], minlength=bins))


def fit_temperature(scores: ArrayLike, classes: ArrayLike) -> float:
    """Find the temperature that makes softmax(scores / temperature) fit the labels best (Guo 2017, 4.2).

    It minimises the negative log likelihood, which is convex in 1 / temperature and so has one minimum; which
    class wins never changes. Fit it on the validation set, never on the training set.

    Parameters
    ----------
    scores
        Class scores before softmax, ``(n, classes)``.
    classes
        Index of the right class, ``(n,)``.

    Returns
    -------
    Above 1 where the network is too sure of itself, below where not sure enough. 1 where no class is wrong:
    the likelihood would then grow for ever as the temperature falls.

    Raises
    ------
    CACError
        If there is nothing to fit.
    """
    logits, right = np.asarray(scores, np.float64), np.asarray(classes, np.intp)
    if logits.ndim != 2 or right.shape != logits.shape[:1]:
        raise ValueError(f"scores of shape {logits.shape} and classes of shape {right.shape} do not fit")
    if right.size == 0:
        raise CACError("there is no labelled pixel in the validation set to fit a temperature on")
    if (logits.argmax(axis=1) == right).all():
        return 1.0
    of_right = logits[np.arange(right.size), right]

    def negative_log_likelihood(log_temperature: float) -> float:
        inverse = np.exp(-log_temperature)
        return float(np.mean(logsumexp(logits * inverse, axis=1) - of_right * inverse))

    bounds = (np.log(COLDEST), np.log(HOTTEST))
    found = minimize_scalar(negative_log_likelihood, bounds=bounds, method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))


def fit_scaling(scores: ArrayLike, classes: ArrayLike, weight: ArrayLike | None = None) -> Scaling:
    """Find the temperature and the shift of class 0 that fit the labels best (Platt 1999).

    A loss that gives OTHER a small weight teaches a network as if calcium were that much more frequent than
    it is. Its probabilities are then too high wherever it is in doubt, which no temperature puts right; the
    shift does. For two classes this is Platt's scaling, with his targets: of ``n`` labels of a class one is
    thought to be wrong for every ``n + 2``, so that a few labels make nobody sure.

    Parameters
    ----------
    scores
        Class scores before softmax, ``(n, classes)``, in the proportions in which classes occur.
    classes
        Index of the right class, ``(n,)``.
    weight
        How often each row occurs, ``(n,)``; once unless given.

    Returns
    -------
    No shift, and the temperature of :func:`fit_temperature`, where OTHER or all else does not occur: nothing
    can be known of how frequent it is then.

    Raises
    ------
    CACError
        If there is nothing to fit.
    """
    logits, right = np.asarray(scores, np.float64), np.asarray(classes, np.intp)
    times = np.ones(right.size) if weight is None else np.asarray(weight, np.float64)
    occurs = times > 0
    logits, right, times = logits[occurs], right[occurs], times[occurs]
    other = times[right == 0].sum()
    if not 0 < other < times.sum():
        return Scaling(fit_temperature(logits, right))
    occurring = np.bincount(right, times, minlength=logits.shape[1])[right]
    sure = (occurring + 1) / (occurring + 2)
    target = np.repeat((1 - sure)[:, None] / (logits.shape[1] - 1), logits.shape[1], axis=1)
    target[np.arange(right.size), right] = sure
    times = times / times.sum()

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        inverse, shift = parameters
        scaled = logits * inverse
        scaled[:, 0] += shift
        apart = softmax(scaled, axis=1) - target
        value = times @ (logsumexp(scaled, axis=1) - (target * scaled).sum(axis=1))
        return float(value), np.array([times @ (apart * logits).sum(axis=1), times @ apart[:, 0]])

    bounds = [(1 / HOTTEST, 1 / COLDEST), (-MOST_SHIFT, MOST_SHIFT)]
    options = {"ftol": 1e-15, "gtol": 1e-10, "maxiter": 1000}
    found = minimize(loss, [1.0, 0.0], jac=True, bounds=bounds, method="L-BFGS-B", options=options)
    return Scaling(float(1 / found.x[0]), float(found.x[1]))
