"""A whole simulation, killed and gone on with, and what is made of its results."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from cac_runner import run_cac
from CACAnnotationLib.project.pool import pool_of
from CACAnnotationLib.project.project import Project
from CACAnnotationLib.ranking.run import RankingRun
from CACAnnotationLib.simulating.base_project import make_base_project
from CACAnnotationLib.simulating.choosing import choose
from CACAnnotationLib.simulating.curves import Curves
from CACAnnotationLib.simulating.labelling import Labelled, label_chosen, labelled_so_far
from CACAnnotationLib.simulating.over_seeds import compared, over_seeds
from CACAnnotationLib.simulating.plan import SimulationPlan
from CACAnnotationLib.simulating.report import write_report
from CACAnnotationLib.simulating.rounds import ALL_DATA, EVERY_STRATEGY, Round, finished_rounds, write_round
from CACAnnotationLib.simulating.simulated_clock import ActionSeconds
from CACAnnotationLib.simulating.simulated_reader import SimulatedReader
from CACAnnotationLib.simulating.simulation import Simulation
from CACAnnotationLib.simulating.tables import report
from CACAnnotationLib.simulating.testing import ScanResult, figures
from CACAnnotationLib.store.checking import problems_of
from CACAnnotationLib.store.parts import VALIDATION
from CACAnnotationLib.store.reading_kinds import OWN
from CACAnnotationLib.training.configuration import TrainingConfig, read_config
from CACScoringLib.errors import CACError
from matplotlib.figure import Figure
from store_samples import same_layers
from training_runs import COMMAND, ENVIRONMENT
from training_samples import write_cohort

TINY = """
epochs = 1
batch_size = 2
batches_per_epoch = 2
learning_rate = 2e-3

[network]
first_channels = 2
channels = [4]
"""
ASKED = {"--strategies": "variance", "--losses": "static", "--rounds": "8,12", "--seeds": "1", "--mc": "2"}
READER = SimulatedReader()


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_cohort(tmp_path_factory.mktemp("scans"), 8, without_calcium=0)


def plan_of(config: TrainingConfig) -> SimulationPlan:
    """What :data:`ASKED` asks for."""
    return SimulationPlan(config, ("variance",), ("static",), (8, 12), (0,), proposals=True, passes=2)


def arguments(scans: Path, out: Path) -> list[str]:
    """Arguments of ``cac`` that ask for the same."""
    paths = [str(scans), "--out", str(out), "--config", str(out.parent / "tiny.toml")]
    options = [word for option in ASKED.items() for word in option]
    return ["simulate", *paths, *options, "--proposals", "--device", "cpu"]


class Killed(BaseException):
    """Ends a simulation where it stands."""


@pytest.fixture(scope="module")
def resumed(scans: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Folder of a simulation that was killed twice, and what was told after the second time.

    The first time in the middle of labelling, the second time after the first round.
    """
    folder = tmp_path_factory.mktemp("simulation")
    out, config = folder / "out", folder / "tiny.toml"
    config.write_text(TINY, encoding="utf-8")
    running = subprocess.Popen([sys.executable, "-c", COMMAND, *arguments(scans, out)], env=ENVIRONMENT)
    labels = out / "seed-0/start/project/labels.sqlite"
    ends = time.monotonic() + 120
    while not labels.is_file() and time.monotonic() < ends:
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    assert labels.is_file()
    assert not (out / "seed-0/start/labelled.json").exists()

    def kill(sentence: str) -> None:
        if "round 1" in sentence:
            raise Killed

    plan = plan_of(read_config(config))
    told: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        # pictures take longer than all the rest, and are tested elsewhere
        patch.setattr("CACAnnotationLib.training.trainer.draw_curves", lambda *run: None)
        patch.setattr(
            "CACAnnotationLib.training.best_model.reliability_figure", lambda panels: Figure((1, 1))
        )
        with pytest.raises(Killed):
            Simulation(scans, plan, out, "cpu", kill).run()
        assert Simulation(scans, plan, out, "cpu", told.append).run()
    return out, told


def test_a_killed_simulation_does_what_is_left_and_nothing_twice(
    scans: Path, resumed: tuple[Path, list[str]]
) -> None:
    out, told = resumed
    assert [sentence.split(":")[0] for sentence in told] == [
        "seed 0, static, variance, round 2",
        "reader 0",
        "seed 0, static, all-data",
    ]
    again = run_cac(*arguments(scans, out)).output
    assert "seed" not in again, "nothing is left to be done"
    assert "report.md" in again
    assert "on proposals of the last model" in (out / "report.md").read_text()
    assert (out / "figure-5.png").stat().st_size > 10_000
    plan = plan_of(read_config(out.parent / "tiny.toml"))
    with pytest.raises(CACError, match="other rounds, errors"):
        Simulation(scans, dataclasses.replace(plan, rounds=(8, 16), errors=0.1), out, "cpu").run()


def test_labels_after_a_kill_are_those_without_one(
    scans: Path, resumed: tuple[Path, list[str]], tmp_path: Path
) -> None:
    out, _ = resumed
    fresh = make_base_project(scans, tmp_path / "fresh", 0.15, 0.25)
    killed = Project.open(out / "seed-0/start/project")
    validating = {entry.id: slices for entry, slices in pool_of(fresh, VALIDATION)}
    label_chosen(fresh, validating, READER)
    label_chosen(fresh, choose(fresh, RankingRun("random", 8, seed=1, out=tmp_path / "ranking")), READER)
    assert labelled_so_far(fresh, READER.seconds) == labelled_so_far(killed, READER.seconds)
    for entry in fresh.scans:
        one, other = (
            each.store.reading(entry.series, entry.shape, READER.name, OWN) for each in (fresh, killed)
        )
        assert same_layers(one.layers, other.layers)
        assert one.slice_status == other.slice_status
    assert list(problems_of(killed.store)) == []


def test_every_round_is_there_with_its_slices_and_seconds(resumed: tuple[Path, list[str]]) -> None:
    out, _ = resumed
    found = finished_rounds(out)
    assert [(each.strategy, each.number, each.labelled.slices) for each in found] == [
        (ALL_DATA, 0, 20),
        (EVERY_STRATEGY, 1, 8),
        ("variance", 2, 12),
    ]
    assert all(len(each.scans) == 2 and 0 <= each.figures["micro_f1"] <= 1 for each in found)
    folder = out / "seed-0/static/variance/round-2"
    project = Project.open(folder / "project")
    assert labelled_so_far(project, ActionSeconds()) == found[2].labelled
    assert 12 * 4 < found[2].labelled.seconds < 12 * 12
    chosen = json.loads((folder / "labelled.json").read_text())["chosen"]
    before = json.loads((out / "seed-0/start/labelled.json").read_text())["chosen"]
    assert sum(map(len, chosen.values())) == 4
    for scan, slices in chosen.items():
        assert not set(slices) & set(before.get(scan, ())), "labelled once"
    record = json.loads((folder / "run/run.json").read_text())
    assert record["start_weights"] is not None
    assert record["config"]["learning_rate"] == pytest.approx(0.2 * 2e-3)
    assert record["config"]["loss"]["weighting"] == "static"


def test_what_cannot_be_simulated(scans: Path, tmp_path: Path) -> None:
    config = TrainingConfig()
    with pytest.raises(CACError, match="'best' is not one of random, hybrid"):
        SimulationPlan(config, ("random", "best"))
    with pytest.raises(CACError, match="not one of uncertainty, static"):
        SimulationPlan(config, losses=("focal",))
    with pytest.raises(CACError, match="ascending"):
        SimulationPlan(config, rounds=(100, 50))
    (tmp_path / "cohort/scan").mkdir(parents=True)
    for name in ("ct", "cac"):
        (tmp_path / f"cohort/scan/{name}.nrrd").symlink_to(scans / f"scan-1/{name}.nrrd")
    with pytest.raises(CACError, match="nothing tells what is true"):
        Simulation(tmp_path / "cohort", plan_of(config), tmp_path / "out", "cpu").run()


def scan_result(name: str, right: float, missed: float) -> ScanResult:
    """Scan in which so much of the LAD is found, and missed."""
    cells = np.zeros((4, 4))
    cells[1, 1], cells[1, 0] = right, missed
    return ScanResult(name, cells.ravel().tolist(), [1, 1, 1, 1], [10.0, 10.0])


def invented(out: Path) -> SimulationPlan:
    """Results of two seeds in which hybrid finds more than random, and risk as much as hybrid."""
    plan = SimulationPlan(TrainingConfig(), rounds=(10, 20), seeds=(0, 1))
    share = {"random": 0.5, "hybrid": 0.8, "risk": 0.8}
    for seed in plan.seeds:
        for loss in plan.losses:
            better = 0.1 if loss == "uncertainty" else 0.0
            named = {("start", 1): 0.3, (ALL_DATA, 0): 0.85} | {(name, 2): share[name] for name in share}
            for (strategy, number), found in named.items():
                right = found + better + 0.01 * seed
                scans = [scan_result(f"scan {n}", 100 * right + n, 100 * (1 - right)) for n in range(5)]
                slices = {0: 100, 1: 10, 2: 20}[number]
                labelled = Labelled(slices, 12.0 * slices, 8.0 * slices)
                round_ = Round(loss, seed, strategy, number, labelled, {"training": 1.0}, 1, scans)
                write_round(out / f"seed-{seed}/{loss}/{strategy}/{number}", round_)
    return plan


def test_tables_say_what_was_found(tmp_path: Path) -> None:
    plan = invented(tmp_path)
    curves = write_report(tmp_path, plan)
    assert (tmp_path / "timeline.png").stat().st_size > 10_000
    text = (tmp_path / "report.md").read_text()
    assert "2 of 2 repetitions are whole" in text
    rows = {line.split(" | ")[0].strip("| "): line for line in text.splitlines() if line.startswith("|")}
    assert "| holds |" in rows["hybrid above random, static"]
    assert "| holds |" in rows["uncertainty above static, hybrid"]
    assert "undecided, not higher" in rows["risk above hybrid, static"]
    assert rows["calcium, all slices"].endswith("| 100 | 4.0 | 400 | 1.00 | 1.00 | 1.00 |")
    assert "| 100 | 12.0 | 1,200 | 3.00 | 3.00 | 3.00 |" in rows["calcium and regions, all slices"]
    assert "| 20 | 12.0 | 240 | 0.60 | 0.60 | 0.36 |" in rows["calcium and regions, hybrid, uncertainty"]
    full = curves.micro_f1("uncertainty", ALL_DATA, 0).value
    assert full is not None
    assert f"all slices, {full:.3f}" in text
    table = list(csv.DictReader(io.StringIO((tmp_path / "results.csv").read_text())))
    assert len(table) == 2 * 2 * 5
    assert {row["strategy"] for row in table} == {"start", "all-data", "random", "hybrid", "risk"}


def test_what_is_not_done_is_said(tmp_path: Path) -> None:
    plan = invented(tmp_path)
    rounds = [each for each in finished_rounds(tmp_path) if each.seed == 0 and each.strategy != "risk"]
    text = report(Curves(plan, rounds))
    assert "0 of 2 repetitions are whole" in text
    assert "risk" not in text.split("## Orderings")[1]
    assert "(1 of 2)" in text
    assert "[" not in text.split("## Table 6")[1].split("## Table 7")[0], "one repetition has no interval"
    with pytest.raises(CACError, match="no round"):
        write_report(tmp_path / "empty", plan)


def test_intervals_over_seeds() -> None:
    estimate = over_seeds([0.5, 0.6, 0.7])
    assert estimate.value == pytest.approx(0.6)
    assert estimate.bootstrap is not None
    # t of 2 degrees of freedom at 97.5 % is 4.303, the standard error 0.1 / sqrt 3
    assert estimate.bootstrap.high - 0.6 == pytest.approx(4.303 * 0.1 / 3**0.5, rel=1e-3)
    assert over_seeds([0.5]).bootstrap is None
    assert over_seeds([float("nan")]).value is None


def test_comparison_pairs_seeds_and_scans() -> None:
    better = [[[scan_result(f"{n}", 80 + seed, 20) for n in range(6)]] for seed in (0, 30, 60)]
    worse = [[[scan_result(f"{n}", 60 + seed, 40) for n in range(6)]] for seed in (0, 30, 60)]
    found = compared(better, worse)
    expected = np.mean(
        [figures(b[0])["micro_f1"] - figures(w[0])["micro_f1"] for b, w in zip(better, worse, strict=True)]
    )
    assert found.over_seeds.value == pytest.approx(expected)
    assert found.over_scans.value == pytest.approx(expected)
    assert compared(better, better).over_seeds.value == 0
    assert compared(better, better).decided is None
