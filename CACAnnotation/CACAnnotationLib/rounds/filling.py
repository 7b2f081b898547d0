"""The slices of a round of learning become a round of the queue."""

from __future__ import annotations

import numpy as np
from CACScoringLib.whole_files import write_whole

from ..queueing.choosing import slices_of_part, slices_of_table
from ..queueing.rounds import DoubleReading, queued_slices, round_of_slices, rounds_of, start_round
from ..ranking.progress import RankingProgress
from ..ranking.run import RankingRun, run_ranking
from ..store.parts import VALIDATION
from .promoted_model import MODELS_NAME
from .steps import Steps

CHOSEN_NAME = "ranking.csv"


def queue_validation(steps: Steps) -> None:
    """Queue slices of validation patients, drawn at random, as many as the budget says; once in a project."""
    store = steps.project.store
    if any(each.strategy == VALIDATION for each in rounds_of(store)):
        return
    slices = list(slices_of_part(steps.project, VALIDATION))
    drawn = np.random.default_rng(steps.plan.seed).permutation(len(slices))[: steps.plan.budget]
    start_round(store, [slices[index] for index in sorted(drawn.tolist())], strategy=VALIDATION)


def queue_ranked(steps: Steps, model: str | None) -> tuple[int | None, int]:
    """Rank the pool and queue the first slices; done once, called again it tells what was queued.

    Parameters
    ----------
    steps
        The round.
    model
        Name of the project's model that ranks; None to draw at random.

    Returns
    -------
    Round of the queue, and its number of slices; None and 0 where no slice is left.
    """
    plan, store = steps.plan, steps.project.store
    strategy = plan.strategy if model else "random"
    table = steps.folder / CHOSEN_NAME
    if not table.is_file():

        def progress(each: RankingProgress) -> None:
            steps.progress("Ranking unlabelled slices", round(each.done), each.total)

        place = None if model is None else steps.project.folder / MODELS_NAME / model
        ranking = run_ranking(
            steps.project,
            RankingRun(strategy, plan.budget, place, plan.passes, plan.seed, plan.device, plan.workers),
            progress=progress,
            cancelled=steps.cancelled,
            unreadable=lambda scan, error: steps.tell(f"{scan.name} is passed over: {error}"),
        )
        write_whole(table, ranking.table.read_text(encoding="utf-8"))
    chosen = list(slices_of_table(steps.project, table))
    if not chosen:
        return None, 0
    # Already there where a kill came between the queue and the note of it.
    number = round_of_slices(store, chosen)
    if number is None:
        queued = queued_slices(store, list({each.series for each in chosen}))
        # Somebody may have queued some of them by hand since they were ranked.
        chosen = [each for each in chosen if each.slice_index not in queued.get(each.series, ())]
        if not chosen:
            return None, 0
        number = start_round(
            store,
            chosen,
            strategy=strategy,
            model=model or "",
            double=DoubleReading(plan.double, plan.share) if plan.double else None,
        )
    return number, len(chosen)
