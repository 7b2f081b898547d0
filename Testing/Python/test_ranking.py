"""A project's slices ranked by a real model: doubts, table, command, and what is ranked at all."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from cac_runner import run_cac
from CACAnnotationLib.project.project import Project
from CACAnnotationLib.ranking.cancelling import RankingCancelledError
from CACAnnotationLib.ranking.doubt_file import DoubtFile
from CACAnnotationLib.ranking.known_scores import known_agatston
from CACAnnotationLib.ranking.progress import ProgressEstimate, RankingProgress
from CACAnnotationLib.ranking.run import RankingRun, run_ranking
from CACAnnotationLib.ranking.scan_passes import asked_scan, scan_doubts
from CACAnnotationLib.ranking.slice_doubts import SliceDoubt
from CACAnnotationLib.ranking.strategies import STRATEGIES
from CACAnnotationLib.session.session import AnnotationSession
from CACScoringLib.errors import CACError
from CACScoringLib.model.prediction.focus import heart_and_candidates
from CACScoringLib.model.prediction.gathered_passes import PassOptions, gather_passes
from CACScoringLib.model.prediction.pass_engines import PassEngines
from CACScoringLib.model.store import load_model
from CACScoringLib.scoring.protocol import ScoringProtocol
from CACScoringLib.scoring.scores import score_scan
from doubt_samples import SLICES
from ranking_samples import project_of_noise, saved_model

PASSES = 3


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved_model(tmp_path_factory.mktemp("models") / "small")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Three scans, the last one of which cannot be read any more."""
    project = project_of_noise(tmp_path)
    (tmp_path / "scan2.nrrd").unlink()
    return project


def asked(model: Path, strategy: str = "variance", budget: int = 100) -> RankingRun:
    return RankingRun(strategy, budget, model, PASSES, device="cpu")


def test_a_scan_that_cannot_be_read_is_passed_over_and_told_of(project: Project, model: Path) -> None:
    passed_over = []
    ranking = run_ranking(
        project, asked(model), unreadable=lambda entry, error: passed_over.append((entry.name, str(error)))
    )
    assert [name for name, _ in passed_over] == ["scan2.nrrd"]
    assert "is not where it was" in passed_over[0][1]
    found = sorted((each.doubt.scan, each.doubt.slice_index) for each in ranking.ranked)
    assert found == [(scan, index) for scan in (1, 2) for index in range(SLICES)]


def test_one_run_of_the_model_serves_every_strategy(project: Project, model: Path) -> None:
    first = run_ranking(project, asked(model, "bald"))
    for strategy in STRATEGIES:
        said: list[RankingProgress] = []
        ranking = run_ranking(project, asked(model, strategy, 5), progress=said.append)
        assert all(each.reason for each in ranking.ranked)
        assert [each.rank for each in ranking.ranked] == [1, 2, 3, 4, 5]
        assert ranking.ranked == run_ranking(project, asked(model, strategy, 5)).ranked
        if strategy != "random":
            assert ranking.table.parent == first.table.parent
            # the scan that cannot be read is all that is tried again
            assert said[0].done == 2 * SLICES
            assert said[-1].done == said[-1].total == 3 * SLICES
        scores = [each.score for each in ranking.ranked]
        if strategy in ("variance", "entropy", "bald", "region", "risk"):
            assert scores == sorted(scores, reverse=True)
        # the scores of noise lie far above all bounds between categories
        assert (max(scores) > 0) == (strategy not in ("random", "risk"))
        changes = [each.doubt.agatston_change for each in ranking.ranked]
        assert all(change is not None and change > 0 for change in changes) == (strategy == "risk")


def test_what_is_signed_off_is_not_ranked(project: Project, model: Path) -> None:
    run_ranking(project, asked(model))
    session = AnnotationSession.open(project, project.scans[0], "Anna")
    session.slices.sign_off(2, rest_is_other=True)
    for strategy, slices in (("random", 3 * SLICES - 1), ("variance", 2 * SLICES - 1)):
        ranked = run_ranking(project, asked(model, strategy)).ranked
        assert len(ranked) == slices
        assert (1, 2) not in {(each.doubt.scan, each.doubt.slice_index) for each in ranked}


def test_all_signed_off_is_said_and_does_not_fail(tmp_path: Path, model: Path) -> None:
    project = project_of_noise(tmp_path, 1)
    session = AnnotationSession.open(project, project.scans[0], "Anna")
    for index in range(SLICES):
        session.slices.sign_off(index, rest_is_other=True)
    for strategy in ("random", "risk"):
        ranking = run_ranking(project, asked(model, strategy))
        assert ranking.ranked == []
        assert "signed off: there is nothing to rank" in ranking.summary
        assert ranking.table.read_text().startswith("rank,score,")


def test_cancelled_between_batches_and_gone_on_with(project: Project, model: Path) -> None:
    said: list[RankingProgress] = []

    def in_the_second_scan() -> bool:
        return bool(said) and said[-1].done > SLICES

    with pytest.raises(RankingCancelledError, match="goes on there"):
        run_ranking(project, asked(model), cancelled=in_the_second_scan, progress=said.append)
    assert SLICES < said[-1].done < 2 * SLICES
    said_again: list[RankingProgress] = []
    ranked = run_ranking(project, asked(model), cancelled=lambda: False, progress=said_again.append).ranked
    assert said_again[0].done == SLICES, "what was found of the first scan is kept"
    assert len(ranked) == 2 * SLICES


def test_other_passes_and_other_weights_lie_in_folders_of_their_own(model: Path, tmp_path: Path) -> None:
    project, other = project_of_noise(tmp_path, 1), saved_model(tmp_path / "other" / "small", spread=1.0)
    runs = [asked(model), RankingRun("variance", 9, model, 2, device="cpu"), asked(other)]
    folders = {run_ranking(project, run).table.parent for run in runs}
    assert len(folders) == 3
    assert all(folder.parent == project.folder / "rankings" for folder in folders)


def test_time_left_counts_what_was_computed_alone() -> None:
    seconds = iter([100.0, 100.0, 130.0])
    estimate = ProgressEstimate(total=1000, kept=400, now=lambda: next(seconds))
    assert estimate.at(0) == (400, 1000, None)
    estimate_after = ProgressEstimate(total=1000, kept=400, now=lambda: next(seconds))
    assert estimate_after.at(60) == (460, 1000, 30.0 / 60 * 540)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"strategy": "best", "model": "demo"}, "is not one of random, hybrid"),
        ({"strategy": "risk"}, "needs a model"),
        ({"budget": 0, "model": "demo"}, "a budget of 0"),
        ({"workers": 0, "model": "demo"}, "0 workers"),
        ({"seed": -1, "model": "demo"}, "the seed is -1"),
    ],
)
def test_wrong_requests(wrong: dict[str, object], sentence: str) -> None:
    with pytest.raises(CACError, match=sentence):
        RankingRun(**wrong)  # type: ignore[arg-type]


def test_command(project: Project, model: Path) -> None:
    arguments = ["rank", project.folder, "--budget", 4, "--mc", PASSES, "--device", "cpu"]
    result = run_cac(*arguments, "--model", model, "--strategy", "region")
    assert "scan2.nrrd is passed over" in result.output
    (table,) = (project.folder / "rankings").glob("small-*/ranking-region.csv")
    with table.open() as file:
        rows = list(csv.DictReader(file))
    assert [row["rank"] for row in rows] == ["1", "2", "3", "4"]
    scores = [float(row["score"]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert all(float(row["label_information"]) == score for row, score in zip(rows, scores, strict=True))
    assert rows[0]["scan"] in ("scan0.nrrd", "scan1.nrrd")
    assert "calcium and its artery" in rows[0]["reason"]
    assert set(SliceDoubt._fields[2:]) <= set(rows[0])
    assert "needs a model" in run_cac(*arguments, "--strategy", "bald", code=2).output
    assert "is not one of random" in run_cac(*arguments, "--strategy", "best", code=2).output
    assert "there is no model" in run_cac(*arguments, "--model", "nowhere", code=2).output
    assert "4 slices in" in run_cac(*arguments, "--strategy", "random").output


def test_doubts_and_scores_are_those_of_a_prediction(project: Project, model: Path) -> None:
    loaded, scan, options = load_model(model), project.read_scan(project.scans[0]), PassOptions(4, 0.2)
    protocol = ScoringProtocol()
    engines = PassEngines(loaded, options.rate, "cpu", features=True)
    found = scan_doubts(engines, asked_scan(1, scan, range(SLICES)), protocol, options)
    expected = gather_passes(loaded, scan, heart_and_candidates(scan), protocol, options, "cpu")
    uncertainty = expected.uncertainty.of_slices(expected.voxels, scan.geometry.shape)
    for measure in ("variance", "entropy", "mutual_information"):
        # features of the slice are one more output of the network, which may change the last bits
        values = [getattr(each, measure) for each in found.doubts]
        np.testing.assert_allclose(values, getattr(uncertainty, measure), rtol=1e-3)
    np.testing.assert_allclose(found.agatston.sum(axis=0), expected.scores.total, rtol=1e-9)
    assert expected.scores.total.std() > 0, "passes are to differ, or this shows nothing"
    assert found.features.shape == (SLICES, loaded.config.channels[-1])
    # the same scan by an engine that is kept, after another one
    scan_doubts(engines, asked_scan(2, project.read_scan(project.scans[1]), range(3)), protocol, options)
    again = scan_doubts(engines, asked_scan(1, scan, range(SLICES)), protocol, options)
    assert again.doubts == found.doubts
    np.testing.assert_array_equal(again.features, found.features)


def test_signed_off_slices_count_as_they_were_labelled(tmp_path: Path, model: Path) -> None:
    project = project_of_noise(tmp_path, 1)
    entry, protocol = project.scans[0], ScoringProtocol()
    scan = project.read_scan(entry)
    with DoubtFile(tmp_path / "doubts.sqlite", {}) as doubts:

        def known() -> float:
            return known_agatston(project, entry, protocol, doubts)

        assert known() == 0
        session = AnnotationSession.open(project, entry, "Anna")
        voxel = np.unravel_index(np.argmax(scan.values[2]), scan.values[2].shape)
        session.calcium.click((int(voxel[1]), int(voxel[0]), 2), "LAD")
        assert known() == 0, "labelled, but not signed off"
        session.slices.sign_off(2, rest_is_other=True)
        labels = np.zeros_like(session.desk.layers["cac"])
        labels[2] = session.desk.layers["cac"][2]
        assert known() == score_scan(scan, labels, protocol).total.agatston > 0
        (tmp_path / "scan0.nrrd").unlink()
        assert known() > 0, "what was scored once is not read again"
