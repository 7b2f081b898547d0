"""16-bit arithmetic that keeps a promise: where it might change the class of too many candidates, float32."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from .engines import Arrays, Engine

MOST_CHANGED = 1e-4
"""Share of candidate voxels whose class may differ from float32."""
_SAFETY = 4.0
"""The number of changes that is expected stays this many times below the promise."""
_PROBES = 2
_UNDECIDED = (0.05, 0.95)
_CANDIDATES_SEEN = 1
"""Channel of the network's input that is the mask of candidates."""


class CheckedEngine:
    """Runs 16-bit arithmetic, and float32 where a slice's classes are too close to call.

    The first slices with candidates are computed both ways. From then on, the number of candidate voxels that
    are expected to change class follows from how close each is to another class and how far apart the two
    ways were; a slice that would bring it over a quarter of :data:`MOST_CHANGED` is computed again in
    float32, and once that has happened to half of the slices 16-bit arithmetic is given up.

    Parameters
    ----------
    half, full
        The two ways.
    """

    def __init__(self, half: Engine, full: Engine) -> None:
        self._half, self._full = half, full
        self._apart: NDArray[np.float32] = np.zeros(0, np.float32)
        self._probes = self._slices = self._again = 0
        self._candidates = self._expected = 0.0
        self.batch = half.batch

    @property
    def name(self) -> str:
        """What ran, and how often float32 had to."""
        again = f", {self._again} of {self._slices} slices again as {self._full.name}"
        return f"{self._half.name}{again if self._again else ''}"

    @property
    def _given_up(self) -> bool:
        after_probes = self._slices - _PROBES
        return after_probes >= 2 and 2 * (self._again - _PROBES) > after_probes

    def run(self, image: Tensor) -> Arrays:
        """Return probabilities for ``(slices, 2, rows, columns)``."""
        has_candidates = image[:, _CANDIDATES_SEEN].flatten(1).any(dim=1)
        if self._given_up:
            self._slices += len(image)
            self._again += len(image)
            return self._full.run(image)
        self._slices += len(image)
        answers = self._half.run(image)
        for index in np.flatnonzero(has_candidates.numpy()):
            one = image[index : index + 1]
            seen = tuple(part[index : index + 1] for part in answers)
            if self._close_enough(one, seen):
                continue
            again = self._full.run(one)
            self._again += 1
            if self._probes < _PROBES:
                self._learn(one, seen, again)
            for part, right in zip(answers, again, strict=True):
                part[index] = right[0]
        return answers

    def _learn(self, image: Tensor, seen: Arrays, right: Arrays) -> None:
        """Remember how far apart the two ways are where a class is undecided."""
        self._probes += 1
        for half, full in zip(_on_candidates(image, seen), _on_candidates(image, right), strict=True):
            undecided = (full > _UNDECIDED[0]) & (full < _UNDECIDED[1])
            chosen = undecided if undecided.any() else np.ones_like(undecided)
            self._apart = np.append(self._apart, np.abs(half - full)[chosen])
        self._apart.sort()

    def _close_enough(self, image: Tensor, seen: Arrays) -> bool:
        if self._probes < _PROBES:
            return False
        expected = 0.0
        for probabilities in _on_candidates(image, seen):
            best = np.sort(probabilities, axis=0)[-2:]
            # A class changes once both probabilities move by half of what is between them.
            rank = np.searchsorted(self._apart, (best[1] - best[0]) / 2)
            expected += float((1 - rank / self._apart.size).sum())
        count = int(image[:, _CANDIDATES_SEEN].sum())
        close = _SAFETY * (self._expected + expected) <= MOST_CHANGED * (self._candidates + count)
        self._candidates += count
        self._expected += expected if close else 0.0
        return close


def _on_candidates(image: Tensor, answers: Arrays) -> list[NDArray[np.float32]]:
    """Probabilities ``[class, voxel]`` of the candidate voxels of one slice, task by task."""
    mask = image[0, _CANDIDATES_SEEN].numpy() > 0
    return [part[0][:, mask] for part in answers]
