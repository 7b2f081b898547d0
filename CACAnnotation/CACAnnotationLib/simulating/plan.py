"""What a simulation is to find out."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from CACScoringLib.errors import CACError
from CACScoringLib.whole_files import write_whole

from ..ranking.strategies import STRATEGIES
from ..training.configuration import TrainingConfig, Weighting

PLAN_NAME = "simulation.json"
_MAY_GROW = ("strategies", "losses", "seeds")


@dataclass(frozen=True)
class SimulationPlan:
    """What is compared, and how.

    Parameters
    ----------
    config
        How models are trained; its weighting of the losses and its seed are replaced.
    strategies
        Keys of :data:`~CACAnnotationLib.ranking.strategies.STRATEGIES`.
    losses
        Weightings of the losses of the two tasks.
    rounds
        Labelled slices after each round, ascending; those of the first are drawn at random.
    seeds
        Each is a repetition with other first slices, other weights and another reader.
    errors
        Rate of the reader's mistakes.
    proposals
        Whether the reader works on proposals of the last model from the second round on.
    passes
        Passes with dropout that a ranking takes (MTAL: 10).
    later_rate
        Share of the learning rate in rounds after the first (MTAL 3.4: 1e-4 of 5e-4).
    validation, test
        Share of the patients.

    Raises
    ------
    CACError
        If any of it makes no sense.
    """

    config: TrainingConfig
    strategies: tuple[str, ...] = ("random", "hybrid", "risk")
    losses: tuple[str, ...] = ("static", "uncertainty")
    rounds: tuple[int, ...] = (100, 200, 400, 800)
    seeds: tuple[int, ...] = (0, 1, 2)
    errors: float = 0.0
    proposals: bool = False
    passes: int = 10
    later_rate: float = 0.2
    validation: float = 0.15
    test: float = 0.25

    def __post_init__(self) -> None:
        _check_names("strategy", self.strategies, list(STRATEGIES))
        _check_names("loss", self.losses, list(get_args(Weighting)))
        if not self.rounds or self.rounds[0] < 1 or list(self.rounds) != sorted(set(self.rounds)):
            raise CACError(
                f"rounds of {', '.join(map(str, self.rounds)) or 'nothing'} are none: give how many slices "
                "are labelled after each, ascending, for example 100,200,400,800"
            )
        if not self.seeds or min(self.seeds) < 0:
            raise CACError("a simulation needs one seed or more, none below 0")
        if not 0 < self.later_rate <= 1:
            raise CACError(
                f"a later learning rate of {self.later_rate:g} times the first must be above 0, at most 1"
            )

    def config_of(self, loss: str, seed: int, *, later: bool = False) -> TrainingConfig:
        """Return how a round's model is trained."""
        weighting = dataclasses.replace(self.config.loss, weighting=loss)  # type: ignore[arg-type]
        rate = self.config.learning_rate * (self.later_rate if later else 1)
        return dataclasses.replace(self.config, loss=weighting, seed=seed, learning_rate=rate)

    def config_of_reference(self, loss: str, seed: int) -> TrainingConfig:
        """Return how the model of all data is trained: for as many steps as those of all rounds together."""
        stages = len(self.rounds)
        config = self.config_of(loss, seed)
        return dataclasses.replace(
            config,
            epochs=config.epochs * stages,
            patience=config.patience * stages,
            decay_epochs=config.decay_epochs * stages,
        )

    @property
    def reader_seeds(self) -> dict[int, int]:
        """Seed of the reader by seed of the repetition: readers without mistakes are all alike."""
        return {seed: seed if self.errors else 0 for seed in self.seeds}

    def as_document(self) -> dict[str, Any]:
        """Return the plan as a JSON-able dictionary."""
        document = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return json.loads(json.dumps(document | {"config": self.config.as_document()}))


def check_or_write_plan(out: Path, plan: SimulationPlan, cohort: Path) -> None:
    """Write the plan of a new simulation, or make sure that the one begun in this folder is the same.

    Strategies, losses and seeds may be others: what was done of them stays.

    Raises
    ------
    CACError
        If anything else differs; it names what.
    """
    path = out / PLAN_NAME
    now = plan.as_document() | {"cohort": str(cohort.resolve())}
    if path.is_file():
        try:
            before = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CACError(f"{path} is damaged; start in a new folder") from error
        differing = [key for key in now if key not in _MAY_GROW and before.get(key) != now[key]]
        if differing:
            raise CACError(
                f"{out} holds a simulation with other {', '.join(differing)}; name another folder with "
                "--out, or give the options that were given before"
            )
    write_whole(path, json.dumps(now, indent=2) + "\n")


def _check_names(what: str, given: Sequence[str], known: Sequence[str]) -> None:
    unknown = [each for each in given if each not in known]
    if unknown or not given or len(set(given)) < len(given):
        raise CACError(
            f"{what} '{', '.join(unknown or given)}' is not one of {', '.join(known)}, each at most once"
        )
