"""Ray's workers find what one process finds; runs where Ray is installed, which no other test needs."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("ray")

from CACAnnotationLib.ranking.cancelling import RankingCancelledError
from CACAnnotationLib.ranking.doubt_file import DOUBTS_NAME
from CACAnnotationLib.ranking.run import RankingRun, run_ranking
from CACScoringLib.errors import CACError
from doubt_samples import SLICES, stored
from ranking_samples import project_of_noise, saved_model


def test_ray_finds_the_same(tmp_path: Path) -> None:
    project, model = project_of_noise(tmp_path, 5), saved_model(tmp_path / "model")
    (tmp_path / "scan3.nrrd").unlink()
    alone, by_ray = tmp_path / "alone", tmp_path / "ray"
    passed_over = []
    ranked = [
        run_ranking(
            project,
            RankingRun("bald", 50, model, 3, device="cpu", workers=workers, ray=ray, out=out),
            unreadable=lambda entry, _: passed_over.append(entry.id),
        ).ranked
        for workers, ray, out in ((1, None, alone), (2, "local", by_ray))
    ]
    assert ranked[0] == ranked[1]
    assert len(ranked[0]) == 4 * SLICES
    assert passed_over == [4, 4]
    assert stored(by_ray / DOUBTS_NAME) == stored(alone / DOUBTS_NAME)


def test_ray_is_cancelled(tmp_path: Path) -> None:
    project, model = project_of_noise(tmp_path, 2), saved_model(tmp_path / "model")
    run = RankingRun("bald", 50, model, 3, device="cpu", workers=1, ray="local")
    answers = iter([False] * 5 + [True])
    with pytest.raises(RankingCancelledError):
        run_ranking(project, run, cancelled=lambda: next(answers))


def test_a_cluster_that_is_not_there(tmp_path: Path) -> None:
    project, model = project_of_noise(tmp_path, 1), saved_model(tmp_path / "model")
    with pytest.raises(CACError, match="no Ray cluster can be reached at 'auto'"):
        run_ranking(project, RankingRun("bald", 5, model, 2, device="cpu", ray="auto"))
