"""Which of the paper's orderings hold in a simulation, and whether other strategies beat hybrid sampling."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .curves import Curves
from .over_seeds import Comparison, compared

PAPER_STRATEGIES = ("random", "hybrid")
LAST_ROUND, LATER_ROUNDS = "last round", "all later rounds"

Curve = tuple[str, str]
"""Loss and strategy."""


class Question(NamedTuple):
    """Whether one curve is higher than another.

    Parameters
    ----------
    words
        What is asked.
    one, other
        The curves.
    of_paper
        Whether the paper says that it is (MTAL Figure 5, Table 6).
    """

    words: str
    one: Curve
    other: Curve
    of_paper: bool


class Finding(NamedTuple):
    """An answer.

    Parameters
    ----------
    question
        What was asked.
    where
        In which rounds.
    comparison
        Difference of micro-F1.
    """

    question: Question
    where: str
    comparison: Comparison

    @property
    def words(self) -> str:
        """What was asked."""
        return self.question.words

    @property
    def verdict(self) -> str:
        """What is found, in a word or two."""
        decided, value = self.comparison.decided, self.comparison.over_seeds.value
        if decided is not None:
            yes, no = ("holds", "does not hold") if self.question.of_paper else ("yes", "no")
            return yes if decided else no
        if value is None:
            return "undefined"
        return f"undecided, {'higher' if value > 0 else 'not higher'} in the mean"


def findings(curves: Curves) -> list[Finding]:
    """Return an answer to every question that finished rounds can answer."""
    found = []
    for question in _questions(curves):
        for where, numbers in ((LAST_ROUND, [curves.last]), (LATER_ROUNDS, list(range(2, curves.last + 1)))):
            comparison = _compared(curves, question, numbers)
            if comparison is not None:
                found.append(Finding(question, where, comparison))
    return found


def _questions(curves: Curves) -> Iterator[Question]:
    losses, strategies = curves.plan.losses, curves.plan.strategies
    if {"uncertainty", "static"} <= set(losses):
        for each in strategies:
            words, of_paper = f"uncertainty above static, {each}", each in PAPER_STRATEGIES
            yield Question(words, ("uncertainty", each), ("static", each), of_paper)
    if "hybrid" not in strategies:
        return
    for loss in losses:
        if "random" in strategies:
            yield Question(f"hybrid above random, {loss}", (loss, "hybrid"), (loss, "random"), True)
    for each in strategies:
        if each not in PAPER_STRATEGIES:
            for loss in losses:
                yield Question(f"{each} above hybrid, {loss}", (loss, each), (loss, "hybrid"), False)


def _compared(curves: Curves, question: Question, numbers: Sequence[int]) -> Comparison | None:
    """Compare two curves over the repetitions that have all of these rounds of both."""
    sides = [
        [curves.models(*curve, number) for number in numbers] for curve in (question.one, question.other)
    ]
    seeds = [seed for seed in curves.plan.seeds if all(seed in each for side in sides for each in side)]
    if not seeds or not numbers:
        return None
    one, other = ([[each[seed].scans for each in side] for seed in seeds] for side in sides)
    return compared(one, other)
