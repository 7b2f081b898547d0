"""Linearly weighted Cohen's kappa over ordered categories (Cohen 1968)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def confusion_matrix(
    reference: NDArray[np.integer], test: NDArray[np.integer], categories: int
) -> NDArray[np.int64]:
    """Count pairs of categories.

    Parameters
    ----------
    reference, test
        Category numbers from 0, one per pair.
    categories
        Number of categories.

    Returns
    -------
    Counts, ``(categories, categories)``, rows reference, columns test.
    """
    pairs = np.asarray(reference, np.intp) * categories + test
    return np.bincount(pairs, minlength=categories**2).reshape(categories, categories)


def weighted_kappa(confusion: NDArray) -> NDArray[np.float64]:
    """Kappa with disagreements weighed by the distance between categories.

    One minus the mean distance observed over the mean distance that the marginal frequencies would give.

    Parameters
    ----------
    confusion
        Counts, ``(..., categories, categories)``.

    Returns
    -------
    Kappa, ``(...)``; NaN where all pairs fall into one and the same category.
    """
    counts = np.asarray(confusion, float)
    position = np.arange(counts.shape[-1])
    distance = np.abs(position[:, None] - position)
    expected = counts.sum(-1)[..., :, None] * counts.sum(-2)[..., None, :]
    observed = (distance * counts).sum((-2, -1)) * counts.sum((-2, -1))
    by_chance = (distance * expected).sum((-2, -1))
    return 1 - np.divide(observed, by_chance, out=np.full(by_chance.shape, np.nan), where=by_chance > 0)
