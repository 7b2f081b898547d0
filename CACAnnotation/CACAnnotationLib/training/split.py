"""Which patients train a model, and which validate it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from CACScoringLib.errors import CACError

from .slice_cache import SliceCache

TRAINING, VALIDATION = "training", "validation"


class SliceReference(NamedTuple):
    """A labelled slice of a cache: number of its scan, and of the slice within it."""

    scan: int
    number: int


class Split(NamedTuple):
    """Labelled slices for training and for validation; no patient has slices in both."""

    training: list[SliceReference]
    validation: list[SliceReference]


def split_by_patient(cache: SliceCache, validation_share: float, seed: int) -> Split:
    """Divide patients as their project does, or else at random.

    At random, those with labelled calcium and those without are divided in the same proportion.

    Parameters
    ----------
    cache
        All labelled slices.
    validation_share
        Share of the patients for validation; at least one with calcium.
    seed
        Same seed and same patients, same split.

    Raises
    ------
    CACError
        If fewer than two patients have labelled calcium: one has to train, another to validate.
    """
    if any(scan.part for scan in cache.scans):
        return _split_by_part(cache)
    calcium: dict[str, bool] = {}
    for scan in cache.scans:
        calcium[scan.patient] = calcium.get(scan.patient, False) or any(scan.with_calcium)
    groups = [sorted(patient for patient in calcium if calcium[patient] is has) for has in (True, False)]
    if len(groups[0]) < 2:
        raise CACError(
            f"{len(groups[0])} of {len(calcium)} patients have labelled coronary calcium; at least 2 are "
            "needed, one to train and one to validate"
        )
    rng = np.random.default_rng(seed)
    validating: set[str] = set()
    for group, fewest in zip(groups, (1, 0), strict=True):
        wanted = round(len(group) * validation_share)
        count = min(max(wanted, fewest), max(len(group) - 1, 0))
        validating.update(group[index] for index in rng.permutation(len(group))[:count])
    return _divided(cache, [scan.patient in validating for scan in cache.scans])


def _split_by_part(cache: SliceCache) -> Split:
    for part in (TRAINING, VALIDATION):
        if not any(scan.part == part and any(scan.with_calcium) for scan in cache.scans):
            raise CACError(
                f"no patient of the {part} part has labelled coronary calcium: sign off such slices first"
            )
    return _divided(cache, [scan.part == VALIDATION for scan in cache.scans])


def _divided(cache: SliceCache, validates: Sequence[bool]) -> Split:
    """Put the slices of each scan on one side."""
    split = Split([], [])
    for index, scan in enumerate(cache.scans):
        slices = split.validation if validates[index] else split.training
        slices += [SliceReference(index, number) for number in range(len(scan.slice_indices))]
    return split
