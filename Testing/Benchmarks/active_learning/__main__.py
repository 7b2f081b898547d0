"""Active learning on synthetic scans, small enough for two cores: ``make simulation``.

Takes an hour or more on two idle cores, goes on where it was stopped, and may run several times at once: each
takes repetitions that no other works on. Writes ``Testing/Benchmarks/active-learning.md`` with the pictures
beside it. ``python Testing/Benchmarks/active_learning report`` writes them of what is done so far;
``--work DIR`` names another folder than ``build/active-learning``.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from CACAnnotationLib.project.pool import pool_of
from CACAnnotationLib.project.project import Project
from CACAnnotationLib.simulating.plan import SimulationPlan
from CACAnnotationLib.simulating.report import FIGURE_NAME, TIMELINE_NAME, write_report
from CACAnnotationLib.simulating.simulation import Simulation
from CACAnnotationLib.training.configuration import read_config
from proposals import reading_with_proposals
from small_cohort import make_small_cohort
from write_up import document

HERE = Path(__file__).parent
WORK = HERE.parents[2] / "build" / "active-learning"
SCANS, COHORT_SEED = 44, 11
PLAN = SimulationPlan(
    read_config(HERE / "small.toml"),
    strategies=("random", "hybrid", "risk"),
    losses=("uncertainty", "static"),
    rounds=(40, 80, 160, 320),
    seeds=(0, 1, 2),
    passes=5,
    later_rate=0.5,
    validation=0.09,
    test=0.25,
)
PICTURES = {FIGURE_NAME: "active-learning-figure-5.png", TIMELINE_NAME: "active-learning-timeline.png"}


def main() -> None:
    """Do what is asked for, everything if nothing is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", choices=["report"], help="write up what is done so far")
    parser.add_argument("--work", type=Path, default=WORK)
    asked = parser.parse_args()
    out = asked.work / "run"
    if asked.part != "report":
        cohort = make_small_cohort(asked.work, SCANS, COHORT_SEED)
        Simulation(cohort, PLAN, out, "cpu", print).run()
    curves = write_report(out, PLAN)
    reading = reading_with_proposals(asked.work, curves)
    for name, beside in PICTURES.items():
        shutil.copyfile(out / name, HERE.parent / beside)
    text = document(curves, reading, SCANS, _slices_to_choose_from(out), COHORT_SEED, list(PICTURES.values()))
    (HERE.parent / "active-learning.md").write_text(text, encoding="utf-8")


def _slices_to_choose_from(out: Path) -> int:
    base = Project.open(out / "reader-0" / "base" / "project")
    return sum(len(slices) for _, slices in pool_of(base))


if __name__ == "__main__":
    main()
