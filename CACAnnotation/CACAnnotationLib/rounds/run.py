"""A round of learning: train, compare, promote, rank, queue; whatever was done before a kill stays done."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from CACScoringLib.errors import CACError

from ..project.project import Project
from ..queueing.queued_slice import WAITING
from ..queueing.rounds import rounds_of
from ..store.parts import TEST, TRAINING, VALIDATION, parts_of_patients
from ..store.progress import progress_of
from ..training.configuration import read_config
from ..training.folder_lock import locked
from ..training.shipped_configs import config_file
from .filling import queue_ranked, queue_validation
from .learning import NOTHING_LEARNT, Learnt, learn
from .outcome import OUTCOME_NAME, ROUNDS_NAME, RoundOutcome, outcomes, round_folder, write_document
from .plan import RoundPlan, kept_plan
from .steps import Steps
from .timeline import write_timeline

_LOCK = ".round.lock"


def run_round(
    project: Project,
    plan: RoundPlan,
    *,
    progress: Callable[[str, int, int], object] = lambda stage, done, total: None,
    cancelled: Callable[[], bool] | None = None,
    tell: Callable[[str], object] = lambda sentence: None,
) -> RoundOutcome:
    """Do the next round of learning, or go on with one that was cancelled or killed.

    Where slices of training and of validation patients are signed off, a network learns from them, going on
    from the project's model if there is one. It becomes the project's model if its micro-F1 on the validation
    slices is not below that of the one before it on the same slices. Then the project's model ranks the pool,
    and the slices of the budget become the next round of the queue. Before anything is signed off they are
    drawn at random, and as many of the validation patients with them.

    Parameters
    ----------
    project, plan
        Of which project, and how.
    progress
        Told the name of a step, how much of it is done, and how much there is.
    cancelled
        Asked whether to stop; what is done stays done.
    tell
        Told what was passed over and why, in a sentence.

    Raises
    ------
    CACError
        If the project is not split, nothing was signed off since the last round, the round was begun with
        another plan, another process does one, it was cancelled, or training or ranking cannot be done.
    """
    if VALIDATION not in parts_of_patients(project.store).values():
        raise CACError(
            f"no patient validates models yet; divide the patients first: cac project split {project.folder}"
        )
    read_config(config_file(plan.config))
    with locked(project.folder / ROUNDS_NAME / _LOCK):
        return _run(project, plan, progress, cancelled, tell)


def _run(
    project: Project,
    plan: RoundPlan,
    progress: Callable[[str, int, int], object],
    cancelled: Callable[[], bool] | None,
    tell: Callable[[str], object],
) -> RoundOutcome:
    before = outcomes(project.folder)
    folder = round_folder(project.folder, len(before) + 1)
    signed_off = _signed_off(project)
    if not folder.is_dir():
        _check_that_something_is_new(project, before, sum(signed_off.values()))
    kept_plan(folder, plan)
    steps = Steps(project, plan, folder, progress, cancelled, tell)
    learnt = NOTHING_LEARNT
    if signed_off[TRAINING]:
        if not signed_off[VALIDATION]:
            raise CACError(
                "no slice of a validation patient is signed off, so no model can be validated: sign off "
                f"those in the queue, or add some: cac queue start {project.folder} --part validation"
            )
        learnt = learn(steps)
    else:
        queue_validation(steps)
    number, slices = queue_ranked(steps, learnt.model)
    outcome = _outcome(len(before) + 1, plan, learnt, number, slices)
    write_timeline(project.folder, [*before, outcome])
    write_document(folder / OUTCOME_NAME, dataclasses.asdict(outcome))
    return outcome


def _outcome(number: int, plan: RoundPlan, learnt: Learnt, queued: int | None, slices: int) -> RoundOutcome:
    return RoundOutcome(
        number,
        plan.strategy if learnt.model else "random",
        learnt.labelled_slices,
        learnt.validation_slices,
        learnt.reader_seconds,
        learnt.micro_f1,
        learnt.last_micro_f1,
        learnt.promoted,
        queued,
        slices,
    )


def _signed_off(project: Project) -> dict[str, int]:
    """Number of signed-off slices of training and of validation patients."""
    parts = parts_of_patients(project.store)
    signed_off = progress_of(project.store).signed_off
    counts = {TRAINING: 0, VALIDATION: 0, TEST: 0}
    for entry in project.scans:
        counts[parts.get(entry.patient, TRAINING)] += signed_off.get(entry.series, 0)
    del counts[TEST]
    return counts


def _check_that_something_is_new(project: Project, before: list[RoundOutcome], signed_off: int) -> None:
    known = before[-1].labelled_slices + before[-1].validation_slices if before else -1
    if signed_off <= known:
        waiting = sum(each.number_of(statuses=(WAITING,)) for each in rounds_of(project.store))
        raise CACError(
            f"no slice was signed off since round of learning {before[-1].number}; {waiting} slices wait in "
            "the queue. Label some in CAC Annotation, then start the next round"
        )
