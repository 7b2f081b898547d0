"""Agreement of two label maps of one scan: by voxel and by lesion, with bootstrap intervals over lesions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..components import voxel_components
from . import overlap
from .bootstrap import BootstrapPlan, Estimate, Resampling
from .paired_voxels import PairedVoxels

LESION_RULE = (
    "a lesion is a 3-D component (6-connectivity) of calcium in any coronary artery; it is found, or "
    "confirmed, when at least one of its voxels is coronary calcium in the other reading, whatever the artery"
)
"""This project's choice: MTAL gives figures by lesion ("Num") without saying when a lesion counts as found.
One voxel is enough because both readings label whole candidates, so that a partial overlap is rare."""

UNIT_RULE = (
    "lesions resampled are the 3-D components of both readings' calcium together; the intervals speak of "
    "this scan's lesions, not of other patients"
)

CountsOf = Callable[[NDArray], tuple[NDArray, NDArray, NDArray, NDArray]]
"""From summed :func:`lesion_counts` to found, reference, confirmed, test."""

_NO_CALCIUM = "undefined: neither reading has calcium"
_NOT_IN_REFERENCE = "undefined: the reference has no calcium"
_NOT_IN_TEST = "undefined: the test has no calcium"


@dataclass(frozen=True)
class BinaryAgreement:
    """Calcium in any artery against none, counted by voxel or by lesion.

    Parameters
    ----------
    reference, found
        Positives of the reference, and those of them that the test found.
    test, confirmed
        Positives of the test, and those of them that the reference confirms.
    sensitivity, ppv, f1
        found / reference, confirmed / test, and their harmonic mean.
    """

    reference: int
    found: int
    test: int
    confirmed: int
    sensitivity: Estimate
    ppv: Estimate
    f1: Estimate


@dataclass(frozen=True, eq=False)
class LabelAgreement:
    """All overlap metrics of two label maps of one scan.

    Parameters
    ----------
    confusion
        Candidate voxels by label name, rows reference, columns test, in the order of ``voxels.names``.
    micro_f1
        Over the arteries together.
    artery_f1
        Per artery.
    by_voxel, by_lesion
        Binary agreement.
    lesions_resampled
        Number of units that the bootstrap drew from.
    """

    voxels: PairedVoxels
    confusion: NDArray[np.int64]
    micro_f1: Estimate
    artery_f1: dict[str, Estimate]
    by_voxel: BinaryAgreement
    by_lesion: BinaryAgreement
    lesions_resampled: int


def label_agreement(voxels: PairedVoxels, plan: BootstrapPlan) -> LabelAgreement:
    """Compare two label maps of one scan; see :data:`LESION_RULE` and :data:`UNIT_RULE`.

    Parameters
    ----------
    voxels
        The voxels that count, from :func:`~.paired_voxels.pair_voxels`.
    plan
        The bootstrap over lesions.
    """
    counts = lesion_counts(voxels)
    resampling = Resampling(counts, plan)
    size = len(voxels.arteries) + 1

    def confusion_of(sums: NDArray) -> NDArray:
        return sums[..., :-4].reshape(*sums.shape[:-1], size, size)

    def by_voxel(sums: NDArray) -> tuple[NDArray, NDArray, NDArray, NDArray]:
        both, in_reference, in_test = overlap.binary_counts(confusion_of(sums))
        return both, in_reference, both, in_test

    def by_lesion(sums: NDArray) -> tuple[NDArray, NDArray, NDArray, NDArray]:
        found, in_reference, confirmed, in_test = np.moveaxis(sums[..., -4:], -1, 0)
        return found, in_reference, confirmed, in_test

    def artery_f1(number: int, name: str) -> Estimate:
        undefined = f"undefined: neither reading has calcium in {name}"
        return resampling.estimate(lambda sums: overlap.artery_f1(confusion_of(sums), number), undefined)

    return LabelAgreement(
        voxels,
        voxels.confusion(),
        resampling.estimate(lambda sums: overlap.micro_f1(confusion_of(sums)), _NO_CALCIUM),
        {name: artery_f1(number, name) for number, name in enumerate(voxels.arteries, start=1)},
        _binary_agreement(resampling, by_voxel),
        _binary_agreement(resampling, by_lesion),
        len(counts),
    )


def lesion_counts(voxels: PairedVoxels) -> NDArray[np.int64]:
    """Count what each resampled lesion adds to every metric; rows may be summed over lesions and over scans.

    Returns
    -------
    One row per 3-D component of both readings' calcium together: the voxel confusion matrix over "no artery"
    and the arteries, flattened row by row (rows reference), then reference lesions found, reference lesions,
    test lesions confirmed, test lesions.
    """
    reference, test = voxels.artery_numbers()
    either = (reference > 0) | (test > 0)
    reference, test = reference[either], test[either]
    lesion = _components(voxels.voxels[either], voxels.shape)
    lesions = int(lesion.max()) + 1 if lesion.size else 0
    size = len(voxels.arteries) + 1
    cell = (lesion * size + reference) * size + test
    confusion = np.bincount(cell, minlength=lesions * size**2).reshape(lesions, size**2)
    sides = [
        _overlapping(voxels.voxels[either], one > 0, other > 0, lesion, lesions, voxels.shape)
        for one, other in ((reference, test), (test, reference))
    ]
    return np.hstack([confusion, *sides])


def _components(voxels: NDArray[np.intp], shape: tuple[int, int, int]) -> NDArray[np.intp]:
    return voxel_components(voxels, np.ones(voxels.size, np.uint8), shape).in_volume.astype(np.intp)


def _overlapping(
    voxels: NDArray[np.intp],
    own: NDArray[np.bool_],
    other: NDArray[np.bool_],
    lesion: NDArray[np.intp],
    lesions: int,
    shape: tuple[int, int, int],
) -> NDArray[np.int64]:
    """One reading's lesions in each resampled lesion: those that overlap the other reading, and all."""
    component = _components(voxels[own], shape)
    _, first = np.unique(component, return_index=True)
    touched = np.bincount(component, other[own], minlength=first.size) > 0
    within = lesion[own][first]
    return np.stack(
        [np.bincount(within[touched], minlength=lesions), np.bincount(within, minlength=lesions)], axis=1
    )


def _binary_agreement(resampling: Resampling, counts_of: CountsOf) -> BinaryAgreement:
    found, reference, confirmed, test = (int(each) for each in counts_of(resampling.total))

    def estimate(statistic: Callable[..., NDArray], undefined: str) -> Estimate:
        return resampling.estimate(lambda sums: statistic(*counts_of(sums)), undefined)

    return BinaryAgreement(
        reference,
        found,
        test,
        confirmed,
        estimate(
            lambda found, reference, confirmed, test: overlap.ratio(found, reference), _NOT_IN_REFERENCE
        ),
        estimate(lambda found, reference, confirmed, test: overlap.ratio(confirmed, test), _NOT_IN_TEST),
        estimate(overlap.binary_f1, _NO_CALCIUM),
    )
