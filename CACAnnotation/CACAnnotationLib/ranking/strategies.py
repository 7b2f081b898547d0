"""Strategies: from what is doubted of slices to those that a reader gets, in their order."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np

from .slice_doubts import SliceDoubt

HYBRID_SHARE = 0.2
"""Share of the most uncertain slices that hybrid sampling draws from (MTAL 2.3)."""


class RankedSlice(NamedTuple):
    """A chosen slice: its rank from 1, its score, what is doubted of it, and why it was chosen, in words."""

    rank: int
    score: float
    doubt: SliceDoubt
    reason: str


Strategy = Callable[[Callable[[], Iterable[SliceDoubt]], int, int], list[RankedSlice]]
"""Called with what iterates over all slices, as often as it likes, the budget, and a seed."""


def random_slices(slices: Callable[[], Iterable[SliceDoubt]], budget: int, seed: int) -> list[RankedSlice]:
    """Draw slices at random, all with the same chance (one pass, Vitter 1985)."""
    rng = np.random.default_rng(seed)
    drawn = _drawn(slices(), budget, rng)
    rng.shuffle(drawn)
    return [RankedSlice(rank, 0.0, each, "drawn at random") for rank, each in enumerate(drawn, start=1)]


def hybrid(slices: Callable[[], Iterable[SliceDoubt]], budget: int, seed: int) -> list[RankedSlice]:
    """Draw at random from the fifth of slices with the largest variance (MTAL 2.3)."""
    variances = np.fromiter((each.variance for each in slices()), np.float32)
    if not variances.size:
        return []
    pool = max(round(HYBRID_SHARE * variances.size), min(budget, variances.size))
    # equal ones at the border count as long as there is room
    least = np.partition(variances, variances.size - pool)[variances.size - pool]
    room = pool - int((variances > least).sum())
    rng = np.random.default_rng(seed)
    drawn = _drawn(_above(slices(), float(least), room), budget, rng)
    rng.shuffle(drawn)
    return [
        RankedSlice(
            rank,
            each.variance,
            each,
            f"drawn from the {HYBRID_SHARE:.0%} most uncertain, variance {each.variance:.4f}",
        )
        for rank, each in enumerate(drawn, start=1)
    ]


def largest(measure: str, words: str) -> Strategy:
    """Make the strategy that takes the slices with the largest value of a measure."""

    def strategy(slices: Callable[[], Iterable[SliceDoubt]], budget: int, _seed: int) -> list[RankedSlice]:
        best = heapq.nlargest(
            budget, slices(), key=lambda each: (getattr(each, measure), -each.scan, -each.slice_index)
        )
        return [
            RankedSlice(rank, value, each, f"{words} {value:.4f}")
            for rank, each in enumerate(best, start=1)
            for value in [getattr(each, measure)]
        ]

    return strategy


STRATEGIES: dict[str, Strategy] = {
    "random": random_slices,
    "hybrid": hybrid,
    "variance": largest("variance", "variance of the probability of calcium"),
    "entropy": largest("entropy", "predictive entropy in nats"),
    "bald": largest("mutual_information", "mutual information in nats"),
}


def _above(slices: Iterable[SliceDoubt], least: float, room: int) -> Iterator[SliceDoubt]:
    for each in slices:
        value = float(np.float32(each.variance))
        if value > least:
            yield each
        elif value == least and room > 0:
            room -= 1
            yield each


def _drawn(slices: Iterable[SliceDoubt], budget: int, rng: np.random.Generator) -> list[SliceDoubt]:
    """Draw some of a stream, each with the same chance; no more than these are kept."""
    kept: list[SliceDoubt] = []
    for number, each in enumerate(slices):
        if number < budget:
            kept.append(each)
        else:
            place = int(rng.integers(number + 1))
            if place < budget:
                kept[place] = each
    return kept
