"""Learning from what is signed off, and whether the new model takes the place of the one before it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from CACScoringLib.errors import CACError

from ..store.progress import progress_of
from ..training.frozen_labels import frozen_counts
from .outcome import read_document, write_document
from .plan import LATER_RATE
from .promoted_model import MODELS_NAME, promote, promoted_model
from .steps import Steps

if TYPE_CHECKING:
    from ..training.configuration import TrainingConfig

BEGUN_NAME, LEARNT_NAME, RUN_NAME = "begun.json", "learnt.json", "run"


@dataclass(frozen=True)
class Learnt:
    """What was learnt, see :class:`~.outcome.RoundOutcome`; ``model`` is the project's model afterwards.

    It goes by its name in the folder of the project's models, and is None where nothing was learnt.
    """

    labelled_slices: int
    validation_slices: int
    reader_seconds: float
    micro_f1: float | None
    last_micro_f1: float | None
    promoted: bool
    model: str | None


NOTHING_LEARNT = Learnt(0, 0, 0.0, None, None, False, None)


def learn(steps: Steps) -> Learnt:
    """Train, compare with the project's model on the same slices, and promote what is not worse.

    Done once: called again it returns what came of it.
    """
    done = read_document(steps.folder / LEARNT_NAME)
    if done is not None:
        try:
            return Learnt(**done)
        except TypeError as error:
            raise CACError(f"{steps.folder / LEARNT_NAME} is damaged; remove it") from error

    from ..training.configuration import read_config
    from ..training.shipped_configs import config_file
    from ..training.trainer import LABELS_NAME, train
    from .comparing import figures_of
    from .training_steps import TrainingSteps

    begun = _begun(steps)
    project = steps.project.folder
    last = project / MODELS_NAME / begun["model"] if begun["model"] else None
    config, start_from = _going_on(read_config(config_file(steps.plan.config)), last)
    run = train(
        project,
        config,
        steps.folder / RUN_NAME,
        device=steps.plan.device,
        start_from=start_from,
        cache=steps.cache,
        listener=TrainingSteps(config, steps.progress),
        cancelled=steps.cancelled,
    )
    labels = steps.folder / RUN_NAME / LABELS_NAME

    def figures(model: Path, stage: str) -> float:
        found = figures_of(
            model,
            labels,
            steps.cache,
            config,
            device=steps.plan.device,
            progress=lambda done, total: steps.progress(stage, done, total),
            cancelled=steps.cancelled,
        )
        # Without calcium, neither found nor there, no model is better than another.
        return found.micro_f1 if found.micro_f1 == found.micro_f1 else 0.0

    new = figures(run.model, "Testing the new model")
    old = None if last is None else figures(last, "Testing the model before it")
    model = last
    better = model is None or old is None or new >= old
    if model is None or better:
        model = promote(project, run.model, f"round-{steps.folder.name}")
    counts = frozen_counts(labels)
    learnt = Learnt(
        counts["training"], counts["validation"], begun["reader_seconds"], new, old, better, model.name
    )
    write_document(steps.folder / LEARNT_NAME, dataclasses.asdict(learnt))
    return learnt


def _begun(steps: Steps) -> dict[str, Any]:
    """What was the project's model, and what time had readers spent, when the round began."""
    path = steps.folder / BEGUN_NAME
    begun = read_document(path)
    if begun is not None and begun.keys() != {"model", "reader_seconds"}:
        raise CACError(f"{path} is damaged; remove the folder of this round, and start it again")
    if begun is None:
        model = promoted_model(steps.project.folder)
        seconds = sum(each.seconds for each in progress_of(steps.project.store).readings)
        begun = {"model": None if model is None else model.name, "reader_seconds": seconds}
        write_document(path, begun)
    return begun


def _going_on(config: TrainingConfig, last: Path | None) -> tuple[TrainingConfig, str | None]:
    """Go on from a model's weights at a smaller rate, if the configuration describes its network."""
    from CACScoringLib.model.store import load_model

    from ..training.first_weights import same_network

    if last is None or not same_network(load_model(str(last)).config, config.network):
        return config, None
    return dataclasses.replace(config, learning_rate=LATER_RATE * config.learning_rate), str(last)
