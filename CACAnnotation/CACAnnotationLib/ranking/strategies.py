"""Strategies: from what is doubted of slices to those that a reader gets, in their order."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from .selection import Least, draw, histogram, least_of_largest
from .slice_doubts import SliceDoubt
from .spread import farthest_first

HYBRID_SHARE = 0.2
"""Share of the most uncertain slices that hybrid sampling draws from (MTAL 2.3)."""
SHORTLIST = 20
"""So many times the budget of most uncertain slices are spread by ``diverse``."""


class RankedSlice(NamedTuple):
    """A chosen slice: its rank from 1, its score, what is doubted of it, and why it was chosen, in words."""

    rank: int
    score: float
    doubt: SliceDoubt
    reason: str


class PoolDoubts(Protocol):
    """What is doubted of the slices that may be chosen; a strategy may go through it as often as it likes."""

    def __iter__(self) -> Iterator[SliceDoubt]:
        """All slices, in the same order each time."""

    def features_of(self, slices: Iterable[SliceDoubt]) -> Sequence[NDArray[np.float32] | None]:
        """Features of some of them."""


Choose = Callable[[PoolDoubts, int, int], list[RankedSlice]]
"""Called with the doubts, the budget, and a seed. Memory may grow with the budget, not with the pool."""


@dataclass(frozen=True)
class Strategy:
    """A way to choose.

    Parameters
    ----------
    choose
        What chooses.
    summary
        What it does, in a few words.
    needs_model, needs_risk
        Whether it asks what a model doubts, and what slices are worth to the score.
    """

    choose: Choose
    summary: str
    needs_model: bool = True
    needs_risk: bool = False


def random_slices(doubts: PoolDoubts, budget: int, seed: int) -> list[RankedSlice]:
    """Draw slices at random, all with the same chance."""
    drawn = draw(doubts, budget, np.random.default_rng(seed))
    return [RankedSlice(rank, 0.0, each, "drawn at random") for rank, each in enumerate(drawn, start=1)]


def hybrid(doubts: PoolDoubts, budget: int, seed: int) -> list[RankedSlice]:
    """Draw at random from the fifth of slices with the largest variance (MTAL 2.3).

    Variances are compared as float32. Where the fifth is smaller than the budget, the budget's most uncertain
    are taken; of equal ones at the border the first.
    """
    counts = histogram(each.variance for each in doubts)
    slices = int(counts.sum())
    if not slices:
        return []
    pool = max(round(HYBRID_SHARE * slices), min(budget, slices))
    least = least_of_largest((each.variance for each in doubts), counts, pool)
    drawn = draw(_largest(doubts, least), budget, np.random.default_rng(seed))
    return [
        RankedSlice(
            rank,
            each.variance,
            each,
            f"drawn from the {HYBRID_SHARE:.0%} most uncertain: {_variance(each)}",
        )
        for rank, each in enumerate(drawn, start=1)
    ]


def largest(keys: Sequence[str], reason: Callable[[SliceDoubt], str]) -> Choose:
    """Make the strategy that takes the slices with the largest value of a measure.

    Parameters
    ----------
    keys
        The measure, a field of :class:`~.slice_doubts.SliceDoubt`, and those that decide where it is equal.
    reason
        Says in words why a slice was chosen.
    """

    def choose(doubts: PoolDoubts, budget: int, _seed: int) -> list[RankedSlice]:
        best = _most(doubts, budget, keys)
        return [
            RankedSlice(rank, getattr(each, keys[0]), each, reason(each))
            for rank, each in enumerate(best, start=1)
        ]

    return choose


def diverse(doubts: PoolDoubts, budget: int, _seed: int) -> list[RankedSlice]:
    """Take a shortlist of the most uncertain slices, and of these the ones that differ most.

    Slices differ by the distance between their features, the network's innermost ones; the score is the
    distance to the nearest slice chosen before. Those without features, which have no candidates, come last.
    """
    shortlist = _most(doubts, SHORTLIST * budget, ("variance",))
    features = doubts.features_of(shortlist)
    places = [place for place, each in enumerate(features) if each is not None]
    vectors = np.array([each for each in features if each is not None], np.float32)
    chosen: list[tuple[int, float, str]] = []
    for row, distance in farthest_first(vectors, budget):
        how = "the most uncertain" if not chosen else f"unlike those before it: distance {distance:.3g}"
        nth = f", number {places[row] + 1} of the most uncertain" if chosen else ""
        score = distance if chosen else 0.0
        chosen.append((places[row], score, f"{how}{nth}; {_variance(shortlist[places[row]])}"))
    without = [place for place, each in enumerate(features) if each is None]
    chosen += [(place, 0.0, "has no candidates; nothing else is left") for place in without]
    return [
        RankedSlice(rank, score, shortlist[place], reason)
        for rank, (place, score, reason) in enumerate(chosen[:budget], start=1)
    ]


def _variance(each: SliceDoubt) -> str:
    return f"variance of the probability of calcium {each.variance:.4g}"


def _entropy(each: SliceDoubt) -> str:
    return f"unsure what is calcium: predictive entropy {each.entropy:.4g} nats"


def _bald(each: SliceDoubt) -> str:
    return f"passes disagree on calcium: mutual information {each.mutual_information:.4g} nats"


def _region(each: SliceDoubt) -> str:
    return (
        "passes disagree on calcium and its artery: mutual information of the label "
        f"{each.label_information:.4g} nats (calcium alone {each.mutual_information:.4g}, regions "
        f"{each.region_information:.4g})"
    )


def _risk(each: SliceDoubt) -> str:
    if each.risk_change == 0:
        return (
            "knowing it would not move the scan's risk category, but its Agatston score by "
            f"{each.agatston_change:.3g} on average"
            if each.agatston_change
            else f"knowing it would not move the scan's score; {_variance(each)}"
        )
    return (
        f"knowing it would move the scan's risk category by {each.risk_change:.3g} on average, its Agatston "
        f"score by {each.agatston_change:.3g}"
    )


STRATEGIES: dict[str, Strategy] = {
    "random": Strategy(random_slices, "drawn from all", needs_model=False),
    "hybrid": Strategy(hybrid, "drawn from the most uncertain fifth (MTAL)"),
    "variance": Strategy(
        largest(("variance",), lambda each: f"passes disagree: {_variance(each)}"),
        "most variance of calcium over passes",
    ),
    "entropy": Strategy(largest(("entropy",), _entropy), "most predictive entropy of calcium"),
    "bald": Strategy(largest(("mutual_information",), _bald), "most disagreement on calcium"),
    "region": Strategy(
        largest(("label_information",), _region), "most disagreement on calcium and its artery"
    ),
    "diverse": Strategy(diverse, "the most uncertain, spread over what they look like"),
    "risk": Strategy(
        largest(("risk_change", "agatston_change", "variance"), _risk),
        "most expected change of the scan's risk category",
        needs_risk=True,
    ),
}


def _most(doubts: Iterable[SliceDoubt], count: int, keys: Sequence[str]) -> list[SliceDoubt]:
    """Slices with the largest values, largest first; of equal ones those of earlier scans and slices."""
    return heapq.nlargest(
        count, doubts, key=lambda each: (*(getattr(each, key) for key in keys), -each.scan, -each.slice_index)
    )


def _largest(doubts: Iterable[SliceDoubt], least: Least) -> Iterator[SliceDoubt]:
    """Slices with the largest variances; equal ones at the border as long as there is room."""
    room = least.room
    for each in doubts:
        variance = np.float32(each.variance)
        if variance > least.value:
            yield each
        elif variance == least.value and room > 0:
            room -= 1
            yield each
