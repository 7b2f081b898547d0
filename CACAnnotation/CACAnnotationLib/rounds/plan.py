"""What a round of learning is told, kept beside what came of it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from CACScoringLib.errors import CACError

from ..queueing.rounds import DoubleReading
from ..ranking.run import RankingRun
from .outcome import read_document, write_document

if TYPE_CHECKING:
    from CACScoringLib.model.prediction.engines import Device

PLAN_NAME = "plan.json"
LATER_RATE = 0.2
"""Rounds that go on from earlier weights learn with this share of the rate: 1e-4 for 5e-4 (MTAL 2.2.4)."""


@dataclass(frozen=True)
class RoundPlan:
    """How a round of learning is done.

    Parameters
    ----------
    config
        Shipped training configuration, or a TOML file.
    strategy, budget, passes
        How slices are ranked, how many become the next round of the queue, and by how many passes with
        dropout.
    seed
        Of the ranking.
    device
        Where to train and to rank.
    workers
        Processes that rank.
    double, share
        ``"intra"`` or ``"inter"`` to have this share of the slices read twice; no double reading if empty.

    Raises
    ------
    CACError
        If no round can be done so.
    """

    config: str = "small"
    strategy: str = "hybrid"
    budget: int = 100
    passes: int = 10
    seed: int = 0
    device: Device = "auto"
    workers: int | None = None
    double: str = ""
    share: float = 0.1

    def __post_init__(self) -> None:
        # What is wrong is said before anything is done: a round that has begun keeps its plan.
        RankingRun(self.strategy, self.budget, "model", self.passes, self.seed, self.device, self.workers)
        if not 2 <= self.passes <= 1000:
            raise CACError(f"{self.passes} passes with dropout are impossible; it must be 2 to 1000")
        if self.double:
            DoubleReading(self.double, self.share)


def kept_plan(folder: Path, plan: RoundPlan) -> None:
    """Write the plan of a round that begins; of one that goes on it must be the same but for the device.

    Raises
    ------
    CACError
        If the round was begun with another plan.
    """
    path = folder / PLAN_NAME
    document = read_document(path)
    if document is None:
        write_document(path, dataclasses.asdict(plan))
        return
    try:
        before = RoundPlan(**document)
    except (CACError, TypeError) as error:
        raise CACError(f"{path} is damaged; remove the folder of this round, and start it again") from error
    # Where it is computed does not matter.
    before = dataclasses.replace(before, device=plan.device, workers=plan.workers)
    for field in dataclasses.fields(plan):
        was, now = getattr(before, field.name), getattr(plan, field.name)
        if was != now:
            raise CACError(
                f"this round was begun with {field.name} {was} instead of {now}: go on with that, or remove "
                f"{folder} to begin it anew"
            )
