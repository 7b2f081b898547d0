"""Overlap of two readings, from counts: micro-F1, F1 per artery, binary sensitivity, PPV and F1.

All functions take counts of shape ``(..., n)`` and are NaN where a figure is undefined, so that they serve
one scan, sums over scans and bootstrap resamples alike. "Reference" is the reading that counts as true.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.float64]


def ratio(part: Counts, whole: Counts) -> Counts:
    """Divide, as for sensitivity (found / reference) and PPV (confirmed / test); NaN where the whole is 0."""
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=np.asarray(whole) > 0)


def f1_score(true_positives: Counts, reference: Counts, test: Counts) -> Counts:
    """F1 = 2 TP / (reference positives + test positives), which is 2 TP / (2 TP + FP + FN).

    NaN where neither reading has a positive.
    """
    return ratio(2 * np.asarray(true_positives, float), np.asarray(reference) + test)


def micro_f1(confusion: Counts) -> Counts:
    """Micro-averaged F1 over the arteries (Föllmer 2022, eqs. 5-7).

    True positives are voxels of the right artery; a voxel of the wrong artery is one false positive and one
    false negative.

    Parameters
    ----------
    confusion
        Voxel counts, ``(..., 1 + arteries, 1 + arteries)``, rows reference, columns test; the first row and
        column are "no artery".
    """
    right = np.trace(confusion[..., 1:, 1:], axis1=-2, axis2=-1)
    return f1_score(right, confusion[..., 1:, :].sum((-2, -1)), confusion[..., :, 1:].sum((-2, -1)))


def artery_f1(confusion: Counts, artery: int) -> Counts:
    """F1 of one artery, given its row in a confusion matrix as :func:`micro_f1` takes it."""
    right = confusion[..., artery, artery]
    return f1_score(right, confusion[..., artery, :].sum(-1), confusion[..., :, artery].sum(-1))


def binary_counts(confusion: Counts) -> tuple[Counts, Counts, Counts]:
    """Voxels of any artery in both readings, in the reference, in the test."""
    return (
        confusion[..., 1:, 1:].sum((-2, -1)),
        confusion[..., 1:, :].sum((-2, -1)),
        confusion[..., :, 1:].sum((-2, -1)),
    )


def binary_f1(found: Counts, reference: Counts, confirmed: Counts, test: Counts) -> Counts:
    """Binary F1: harmonic mean of sensitivity and PPV.

    By voxel ``found`` and ``confirmed`` are the same; by lesion they may differ, since one lesion of one
    reading may overlap several of the other.

    Parameters
    ----------
    found, reference
        Positives of the reference that the test found, and all of them.
    confirmed, test
        Positives of the test that the reference confirms, and all of them.

    Returns
    -------
    2 S P / (S + P); 0 where nothing overlaps, NaN where neither reading has a lesion.
    """
    # 2 / (1/S + 1/P) without dividing by a sensitivity or PPV of 0.
    found, confirmed = np.asarray(found, float), np.asarray(confirmed, float)
    weighed = reference * confirmed + test * found
    nothing_overlaps = (weighed == 0) & (reference + test > 0)
    return np.where(nothing_overlaps, 0.0, ratio(2 * found * confirmed, weighed))
