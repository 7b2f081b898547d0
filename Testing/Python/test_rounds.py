"""Rounds of learning: what is trained, promoted, ranked and queued, and going on after a stop."""

from __future__ import annotations

import csv
import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("torch")

import torch
from cac_runner import run_cac
from CACAnnotationLib.project.project import Project
from CACAnnotationLib.queueing.choosing import slices_of_table
from CACAnnotationLib.queueing.labelling_queue import LabellingQueue
from CACAnnotationLib.queueing.rounds import rounds_of, start_round
from CACAnnotationLib.ranking.cancelling import RankingCancelledError
from CACAnnotationLib.rounds import comparing, filling
from CACAnnotationLib.rounds.comparing import ModelFigures
from CACAnnotationLib.rounds.outcome import outcomes
from CACAnnotationLib.rounds.plan import RoundPlan
from CACAnnotationLib.rounds.promoted_model import promoted_model
from CACAnnotationLib.rounds.run import run_round
from CACAnnotationLib.store.parts import TEST, TRAINING, VALIDATION
from CACAnnotationLib.training.cancelling import TrainingCancelledError
from CACAnnotationLib.training.folder_lock import FolderBusyError, locked
from CACScoringLib.errors import CACError
from CACScoringLib.model.store import load_model
from project_samples import project_of, sign_off_truth
from training_samples import write_config

torch.set_num_threads(1)
PARTS = (TRAINING, TRAINING, TRAINING, VALIDATION, TEST)


@pytest.fixture
def plan(tmp_path: Path) -> RoundPlan:
    config = write_config(tmp_path / "config.toml", epochs=1)
    return RoundPlan(str(config), "variance", budget=3, passes=2, device="cpu")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Signed off are slices of two training patients, and of the one who validates."""
    project = project_of(tmp_path, PARTS)
    for number in (1, 2, 3):
        sign_off_truth(project, number, 2)
    return project


def queued(project: Project) -> list[tuple[int, int]]:
    """Scan and slice of all that readers would get, in their order."""
    found, queue = [], LabellingQueue(project.store, "Reader")
    while (entry := queue.take()) is not None:
        found.append((next(s.id for s in project.scans if s.series == entry.series), entry.slice_index))
        queue.slice_became(entry.series, entry.slice_index, entry.reading, "signed off", "")
    return found


def test_before_any_label_slices_are_drawn_to_train_and_to_validate(tmp_path: Path, plan: RoundPlan) -> None:
    project = project_of(tmp_path, PARTS)
    outcome = run_round(project, plan)
    assert (outcome.strategy, outcome.labelled_slices, outcome.micro_f1) == ("random", 0, None)
    assert [(each.strategy, each.number_of()) for each in rounds_of(project.store)] == [
        ("validation", 3),
        ("random", 3),
    ]
    scans = [scan for scan, _ in queued(project)]
    assert set(scans[:3]) == {4}
    assert set(scans[3:]) <= {1, 2, 3}
    with pytest.raises(CACError, match="no slice was signed off since round of learning 1"):
        run_round(project, plan)
    sign_off_truth(project, 0, 2)
    with pytest.raises(CACError, match="no slice of a validation patient is signed off"):
        run_round(project, plan)


def test_a_model_is_learnt_promoted_and_ranks(project: Project, plan: RoundPlan) -> None:
    stages = []
    outcome = run_round(project, plan, progress=lambda stage, done, total: stages.append(stage))
    assert outcome.promoted
    assert (outcome.labelled_slices, outcome.validation_slices, outcome.queued_slices) == (2, 1, 3)
    assert outcome.micro_f1 is not None
    model = promoted_model(project.folder)
    assert model is not None
    assert load_model(str(model)).name == "round-001"
    assert list(dict.fromkeys(stages)) == [
        "Reading labelled scans",
        "Training",
        "Calibrating",
        "Testing the new model",
        "Ranking unlabelled slices",
    ]
    assert set(queued(project)).isdisjoint({(2, 2), (3, 2), (4, 2)})
    assert rounds_of(project.store)[0].model == "round-001"
    rows = list(csv.DictReader((project.folder / "rounds/timeline.csv").open()))
    assert (rows[0]["labelled_slices"], rows[0]["promoted"]) == ("2", "yes")
    assert (project.folder / "rounds/timeline.png").stat().st_size > 5000


@pytest.mark.parametrize(("f1", "promoted"), [(0.5, True), (0.4, False)])
def test_only_a_model_that_is_not_worse_is_promoted(
    project: Project, plan: RoundPlan, monkeypatch: pytest.MonkeyPatch, f1: float, promoted: bool
) -> None:
    run_round(project, plan)
    sign_off_truth(project, 0, 3)
    by_model = {"round-001": 0.5, "model": f1}

    def figures_of(model: Path, *_: object, **__: object) -> ModelFigures:
        return ModelFigures(by_model[model.name], 1.0, 1.0)

    monkeypatch.setattr(comparing, "figures_of", figures_of)
    outcome = run_round(project, plan)
    assert (outcome.micro_f1, outcome.last_micro_f1, outcome.promoted) == (f1, 0.5, promoted)
    name = "round-002" if promoted else "round-001"
    model = promoted_model(project.folder)
    assert model is not None
    assert model.name == name
    assert rounds_of(project.store)[1].model == name
    start = (project.folder / "rounds/002/run/run.json").read_text()
    assert '"start_weights": null' not in start, "it went on from the weights of the first"
    assert '"learning_rate": 0.0004' in start


class Stop:
    """Cancels at the n-th time it is asked."""

    def __init__(self, at: int) -> None:
        self.asked, self._at = 0, at

    def __call__(self) -> bool:
        self.asked += 1
        return self.asked == self._at


def test_a_round_goes_on_wherever_it_was_stopped(project: Project, plan: RoundPlan) -> None:
    whole = project.folder.with_name("whole")
    shutil.copytree(project.folder, whole)
    expected = run_round(Project.open(whole), plan)
    stops, outcome = 0, None
    while outcome is None:
        try:
            # each time a little further
            outcome = run_round(project, plan, cancelled=Stop(2 * stops + 1))
        except (TrainingCancelledError, RankingCancelledError):
            assert not outcomes(project.folder)
            stops += 1
    assert stops > 3
    assert outcome == expected
    assert queued(project) == queued(Project.open(whole))


def test_a_round_goes_on_with_its_plan_only(project: Project, plan: RoundPlan) -> None:
    with pytest.raises(CACError, match="cancelled"):
        run_round(project, plan, cancelled=Stop(1))
    with pytest.raises(CACError, match="begun with strategy variance instead of entropy"):
        run_round(project, dataclasses.replace(plan, strategy="entropy"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"budget": 0}, "a budget of 0 slices"),
        ({"passes": 0}, "0 passes"),
        ({"strategy": "luck"}, "strategy 'luck'"),
        ({"double": "inter", "share": float("nan")}, "no share of a round"),
        ({"config": "nonsense"}, "no configuration 'nonsense'"),
    ],
)
def test_an_impossible_plan_is_refused_before_anything_is_done(
    project: Project, plan: RoundPlan, change: dict[str, object], said: str
) -> None:
    with pytest.raises(CACError, match=said):
        run_round(project, dataclasses.replace(plan, **change))
    assert not (project.folder / "rounds/001").exists()
    assert not rounds_of(project.store)


def test_what_was_queued_by_hand_meanwhile_is_not_queued_again(
    project: Project, plan: RoundPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(filling, "start_round", killed)
        with pytest.raises(KeyboardInterrupt):
            run_round(project, plan)
    (first, *others) = slices_of_table(project, project.folder / "rounds/001/ranking.csv")
    start_round(project.store, [first], strategy="by hand")
    outcome = run_round(project, plan)
    assert (outcome.queued_round, outcome.queued_slices) == (2, len(others))


def test_one_round_at_a_time_and_damaged_files_in_plain_words(project: Project, plan: RoundPlan) -> None:
    with locked(project.folder / "rounds/.round.lock"), pytest.raises(FolderBusyError):
        run_round(project, plan)
    folder = project.folder / "rounds/001"
    for name in ("plan.json", "learnt.json", "begun.json", "outcome.json"):
        folder.mkdir(parents=True, exist_ok=True)
        for content in ("[]", "{}", '{"other": 1}', "no json"):
            (folder / name).write_text(content)
            with pytest.raises(CACError, match="damaged"):
                run_round(project, plan)
        shutil.rmtree(folder)


def test_a_kill_between_the_queue_and_its_note_queues_nothing_twice(
    project: Project, plan: RoundPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    from CACAnnotationLib.rounds import run

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    write: Callable[..., object] = run.write_timeline
    monkeypatch.setattr(run, "write_timeline", killed)
    with pytest.raises(KeyboardInterrupt):
        run_round(project, plan)
    assert len(rounds_of(project.store)) == 1
    monkeypatch.setattr(run, "write_timeline", write)
    assert run_round(project, plan).queued_round == 1
    assert len(rounds_of(project.store)) == 1


def test_command(project: Project, plan: RoundPlan, tmp_path: Path) -> None:
    options = ["--config", plan.config, "--strategy", "variance", "--budget", 3, "--mc", 2, "--device", "cpu"]
    result = run_cac("round", project.folder, *options)
    assert "3 slices are in the queue as its round 1" in result.output
    assert "not a medical device" in result.output
    again = run_cac("round", project.folder, *options, code=2)
    assert "no slice was signed off since round of learning 1" in again.output
    alone = Project.create(tmp_path / "alone")
    assert "cac project split" in run_cac("round", alone.folder, code=2).output
