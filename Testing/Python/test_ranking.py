"""Which slices are ranked first, by strategies and by a real model."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from cac_runner import run_cac
from CACAnnotationLib.project.adding import AddingOptions, add_images
from CACAnnotationLib.project.pool import pool_of
from CACAnnotationLib.project.project import Project
from CACAnnotationLib.ranking.doubt_file import DoubtFile
from CACAnnotationLib.ranking.ranking import RankingRequest, find_doubts, rank, undoubted
from CACAnnotationLib.ranking.slice_doubts import SliceDoubt
from CACAnnotationLib.ranking.strategies import STRATEGIES
from CACAnnotationLib.session.session import AnnotationSession
from CACScoringLib.errors import CACError
from CACScoringLib.model.prediction.gathered_passes import PassOptions
from CACScoringLib.model.prediction.prediction import PredictionOptions, write_prediction
from CACScoringLib.model.store import save_model
from CACScoringLib.scoring.protocol import ScoringProtocol
from prediction_models import small_model
from session_samples import small_scan

OPTIONS = PassOptions(3)


def some_doubts(count: int = 400) -> list[SliceDoubt]:
    rng = np.random.default_rng(3)
    return [
        SliceDoubt(number // 40, number % 40, 5, *rng.uniform(0, 0.25, 3).tolist()) for number in range(count)
    ]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Three scans, the last one of which cannot be read any more."""
    project = Project.create(tmp_path / "project")
    scan = small_scan()
    for name, change in (("a", 0), ("b", 300), ("gone", 1)):
        hu = scan.values.copy()
        hu[4, 6, 6:9] += change
        sitk.WriteImage(scan.geometry.to_image(hu), str(tmp_path / f"{name}.nrrd"))
    list(add_images(project, sorted(tmp_path.glob("*.nrrd")), AddingOptions()))
    (tmp_path / "gone.nrrd").unlink()
    return project


@pytest.mark.parametrize(
    ("strategy", "measure"),
    [("variance", "variance"), ("entropy", "entropy"), ("bald", "mutual_information")],
)
def test_the_most_uncertain_come_first(strategy: str, measure: str) -> None:
    doubts = some_doubts()
    ranked = STRATEGIES[strategy](lambda: iter(doubts), 25, 0)
    expected = sorted(doubts, key=lambda each: -getattr(each, measure))[:25]
    assert [each.doubt for each in ranked] == expected
    assert [each.rank for each in ranked] == list(range(1, 26))
    assert f"{ranked[0].score:.4f}" in ranked[0].reason


def test_hybrid_draws_from_the_most_uncertain_fifth_each_with_the_same_chance() -> None:
    doubts = some_doubts()
    fifth = set(sorted(doubts, key=lambda each: -each.variance)[:80])
    drawn = [STRATEGIES["hybrid"](lambda: iter(doubts), 20, seed) for seed in range(300)]
    assert all({each.doubt for each in ranked} <= fifth and len(ranked) == 20 for ranked in drawn)
    times = np.array([sum(any(each.doubt == one for each in ranked) for ranked in drawn) for one in fifth])
    assert times.sum() == 300 * 20
    assert times.min() > 40, "a quarter of the draws has each"
    assert times.max() < 115
    assert STRATEGIES["hybrid"](lambda: iter(doubts), 20, 7) == drawn[7]


def test_hybrid_with_equal_ones_and_with_fewer_than_asked_for() -> None:
    equal = [each._replace(variance=0.0) for each in some_doubts(50)]
    assert len(STRATEGIES["hybrid"](lambda: iter(equal), 30, 0)) == 30
    assert len(STRATEGIES["hybrid"](lambda: iter(equal), 80, 0)) == 50
    assert STRATEGIES["hybrid"](lambda: iter([]), 5, 0) == []


def test_random_draws_all_slices_alike() -> None:
    doubts = some_doubts(40)
    firsts = [STRATEGIES["random"](lambda: iter(doubts), 10, seed) for seed in range(400)]
    times = np.bincount([each.doubt.slice_index for ranked in firsts for each in ranked], minlength=40)
    assert times.min() > 60
    assert times.max() < 140


def test_doubts_are_those_of_a_prediction(project: Project, tmp_path: Path) -> None:
    model = small_model()
    passed_over = []
    doubts = find_doubts(
        project, model, tmp_path, OPTIONS, "cpu", unreadable=lambda entry, _: passed_over.append(entry.name)
    )
    assert passed_over == ["gone.nrrd"]
    found = list(doubts)
    assert [(each.scan, each.slice_index) for each in found] == [(s, k) for s in (1, 2) for k in range(6)]
    scan = project.read_scan(project.scans[0])
    document = write_prediction(
        tmp_path / "prediction", model, scan, ScoringProtocol(), PredictionOptions("focused", "cpu", OPTIONS)
    )
    expected = document["uncertainty"]["slices"]
    for each in found[:6]:
        for measure in ("variance", "entropy", "mutual_information"):
            assert getattr(each, measure) == pytest.approx(expected[measure][each.slice_index], rel=1e-4)


def test_a_killed_run_goes_on_where_it_was(project: Project, tmp_path: Path) -> None:
    model = small_model()
    whole = list(
        find_doubts(project, model, tmp_path / "a", OPTIONS, "cpu")
        if (tmp_path / "a").mkdir() is None
        else []
    )
    (tmp_path / "b").mkdir()
    lines = (tmp_path / "a/doubts.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "b/doubts.jsonl").write_text("".join(lines[:2]) + lines[2][:40])
    asked = []
    again = find_doubts(project, model, tmp_path / "b", OPTIONS, "cpu", progress=lambda *n: asked.append(n))
    assert list(again) == whole
    assert asked[-1] == (3, 3)
    with pytest.raises(CACError, match="of another model, or of other passes"):
        find_doubts(project, model, tmp_path / "b", PassOptions(4), "cpu")
    (tmp_path / "b/doubts.jsonl").write_text("no json\n")
    with pytest.raises(CACError, match="damaged"):
        find_doubts(project, model, tmp_path / "b", OPTIONS, "cpu")


def test_what_is_signed_off_is_not_ranked(project: Project, tmp_path: Path) -> None:
    session = AnnotationSession.open(project, project.scans[0], "Anna")
    session.slices.sign_off(2, rest_is_other=True)
    assert [len(slices) for _, slices in pool_of(project)] == [5, 6, 6]
    ranked = rank(project, lambda: undoubted(project), RankingRequest("random", 100))
    assert len(ranked) == 17
    assert (1, 2) not in {(each.doubt.scan, each.doubt.slice_index) for each in ranked}
    file = DoubtFile(tmp_path / "doubts.jsonl", {})
    file.add([SliceDoubt(1, 2, 9, 0.2, 0.6, 0.1), SliceDoubt(1, 3, 9, 0.1, 0.6, 0.1)])
    ranked = rank(project, lambda: file, RankingRequest("variance", 5))
    assert [each.doubt.slice_index for each in ranked] == [3]


def test_command(project: Project, tmp_path: Path) -> None:
    model = small_model()
    save_model(tmp_path / "model", model.network, model.config, {"summary": "for tests"})
    out = tmp_path / "ranking"
    arguments = ["rank", project.folder, "--out", out, "--budget", 4, "--mc", 3]
    result = run_cac(*arguments, "--model", tmp_path / "model", "--strategy", "variance")
    assert "gone.nrrd is passed over" in result.output
    with (out / "ranking.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["rank"] for row in rows] == ["1", "2", "3", "4"]
    scores = [float(row["score"]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert rows[0]["scan"] in ("a.nrrd", "b.nrrd")
    assert "variance of the probability" in rows[0]["reason"]
    assert "needs a model" in run_cac(*arguments, "--strategy", "bald", code=2).output
    assert "is not one of random" in run_cac(*arguments, "--strategy", "best", code=2).output
    run_cac(*arguments, "--strategy", "random")
