"""The rounds of a simulation as curves: what a strategy reaches with so many slices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from CACScoringLib.agreement.bootstrap import Estimate

from .over_seeds import over_seeds
from .plan import SimulationPlan
from .rounds import ALL_DATA, EVERY_STRATEGY, Round


@dataclass(frozen=True)
class Curves:
    """Finished rounds, to be looked up.

    Parameters
    ----------
    plan
        Of the simulation.
    rounds
        All that are done.
    """

    plan: SimulationPlan
    rounds: Sequence[Round]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Loss and strategy of each curve of which something beyond the first round is done."""
        return [
            (loss, strategy)
            for loss in self.plan.losses
            for strategy in self.plan.strategies
            if any((each.loss, each.strategy) == (loss, strategy) for each in self.rounds)
        ]

    @property
    def last(self) -> int:
        """Number of the last round."""
        return len(self.plan.rounds)

    def models(self, loss: str, strategy: str, number: int) -> dict[int, Round]:
        """Return the models of a round by seed; those of the first round are the same for all strategies."""
        wanted = EVERY_STRATEGY if number == 1 else strategy
        return {
            each.seed: each
            for each in self.rounds
            if (each.loss, each.strategy, each.number) == (loss, wanted, number)
            and each.seed in self.plan.seeds
        }

    def all_data(self, loss: str) -> dict[int, Round]:
        """Return the models of all data by seed."""
        return self.models(loss, ALL_DATA, 0)

    def micro_f1(self, loss: str, strategy: str, number: int) -> Estimate:
        """Return the mean of micro-F1 over seeds."""
        models = self.models(loss, strategy, number)
        return over_seeds([each.figures["micro_f1"] for each in models.values()])

    def reader_hours(self, loss: str, strategy: str, number: int) -> Estimate:
        """Return the mean of the reader's hours up to a round."""
        models = self.models(loss, strategy, number)
        return over_seeds([each.labelled.seconds / 3600 for each in models.values()])

    def seeds_done(self) -> list[int]:
        """Seeds of which every round is done, all data too."""
        return [
            seed
            for seed in self.plan.seeds
            if all(
                seed in self.models(loss, strategy, number)
                for loss in self.plan.losses
                for strategy in self.plan.strategies
                for number in range(1, self.last + 1)
            )
            and all(seed in self.all_data(loss) for loss in self.plan.losses)
        ]
