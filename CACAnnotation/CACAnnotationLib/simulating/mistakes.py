"""What a reader takes calcium for: the truth, with mistakes."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from CACScoringLib.candidates.candidates import Candidates
from CACScoringLib.errors import CACError
from CACScoringLib.schemes import OTHER, LabelScheme
from numpy.typing import NDArray

MISTAKABLE_MM3 = 100.0
"""No candidate larger than this is taken for a lesion: bones are known as such."""


@dataclass(frozen=True)
class Mistakes:
    """How often a reader is wrong.

    Parameters
    ----------
    rate
        Chance that a lesion is missed or given to a wrong artery, one as likely as the other, and that in a
        slice something that is no coronary calcium is taken for it.
    seed
        The same lesion of the same scan is mistaken in the same way whenever it is seen; another seed is
        another reader.

    Raises
    ------
    CACError
        If the rate is none.
    """

    rate: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise CACError(f"a reader cannot be wrong at a rate of {self.rate:g}; give 0 to 1")

    def seen(
        self, cac: NDArray[np.uint8], candidates: Candidates, series: str, scheme: LabelScheme
    ) -> NDArray[np.uint8]:
        """Return what the reader takes the calcium of a scan for.

        Parameters
        ----------
        cac
            True labels, ``[slice, row, column]``.
        candidates
            Of the scan.
        series
            Which scan.
        scheme
            Labels that the reader may give.

        Returns
        -------
        Label values, same shape; a candidate without a true label is OTHER.
        """
        seen = cac.copy()
        voxels = candidates.all_voxels
        seen.reshape(-1)[voxels] = np.maximum(cac.reshape(-1)[voxels], scheme[OTHER].value)
        if not self.rate:
            return seen
        of_scan = (self.seed, zlib.crc32(series.encode()))
        coronary = coronary_candidates(cac, candidates, scheme)
        for lesion in np.flatnonzero(coronary):
            rng = np.random.default_rng((*of_scan, 0, int(lesion)))
            if rng.random() < self.rate:
                self._mistake(seen, candidates.voxels_of(int(lesion)), scheme, rng)
        could_be = ~coronary & (candidates.volume_mm3 <= MISTAKABLE_MM3)
        first, last = candidates.first_ijk[:, 2], candidates.last_ijk[:, 2]
        for index in range(cac.shape[0]):
            rng = np.random.default_rng((*of_scan, 1, index))
            here = np.flatnonzero(could_be & (first <= index) & (index <= last))
            if rng.random() < self.rate and here.size:
                artery = rng.choice([label.value for label in scheme.arteries])
                seen.reshape(-1)[candidates.voxels_of(int(rng.choice(here)))] = artery
        return seen

    def _mistake(
        self,
        seen: NDArray[np.uint8],
        voxels: NDArray[np.intp],
        scheme: LabelScheme,
        rng: np.random.Generator,
    ) -> None:
        """Miss a lesion, or take each of its arteries for another one."""
        labels = seen.reshape(-1)
        if rng.random() < 0.5:
            labels[voxels] = scheme[OTHER].value
            return
        arteries = np.array([label.value for label in scheme.arteries], np.uint8)
        places = int(rng.integers(1, arteries.size))
        other = np.arange(256, dtype=np.uint8)
        other[arteries] = np.roll(arteries, -places)
        labels[voxels] = other[labels[voxels]]


def coronary_candidates(
    cac: NDArray[np.uint8], candidates: Candidates, scheme: LabelScheme
) -> NDArray[np.bool_]:
    """Tell of each candidate whether a voxel of it is labelled as calcium of an artery."""
    voxels = candidates.all_voxels
    run = np.searchsorted(candidates.runs.start, voxels, side="right") - 1
    calcium = cac.reshape(-1)[voxels] > scheme[OTHER].value
    return np.bincount(candidates.component[run[calcium]], minlength=len(candidates)) > 0
