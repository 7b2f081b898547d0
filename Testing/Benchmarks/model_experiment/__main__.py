"""Trains, tests and compares models on synthetic scans: ``make experiment``.

Takes hours on two cores, and goes on where it was stopped. ``Testing/Benchmarks/model.md`` is written at the
end; the demo model lies in ``build/model-experiment/demo/model`` and is shipped by hand, once its figures are
read. ``python Testing/Benchmarks/model_experiment demo`` does one part alone: ``demo``, ``comparison`` or
``report``.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

from CACAnnotationLib.training.configuration import TrainingConfig, read_config
from CACAnnotationLib.training.trainer import TrainingListener, train
from cohorts import TESTS, make_cohorts, scan_folders
from results import ScanResult, real_results, results
from runs import METHODS, SEEDS, Run, comparison_runs, run_config, save_latest
from write_up import comparison_section, demo_section, document, minutes_of, real_section

HERE = Path(__file__).parent
WORK = HERE.parents[2] / "build" / "model-experiment"
RUNS = comparison_runs(WORK / "comparison")
COMPARED = 30
"""Plain scans that every model of the comparison is tested on."""
ENDED = "curves.png"
"""A run draws it last."""
NOT_COMPARED = "## Four ways to train\n\nNot run to the end yet: `make experiment` does it.\n"
BASE = read_config(HERE / "comparison.toml")


class _Lines(TrainingListener):
    def epoch(self, row: dict[str, float], best_epoch: int) -> None:
        """Print a line an epoch."""
        f1, seconds = row["validation_micro_f1"], row["seconds"]
        print(f"  epoch {row['epoch']:.0f}: validation micro-F1 {f1:.3f}, {seconds:.0f} s", flush=True)


def train_demo() -> None:
    """Train the demo model in two stages."""
    first, latest = read_config(HERE / "demo-first.toml"), WORK / "demo-first" / "latest"
    _train(first, WORK / "demo-first")
    save_latest(WORK / "demo-first", first, latest)
    _train(read_config(HERE / "demo-second.toml"), WORK / "demo", start_from=str(latest))


def train_comparison() -> None:
    """Train every method with every seed, and test each on the plain cohort."""
    for run in RUNS:
        print(run.folder.name, flush=True)
        _train(run_config(run, BASE), run.folder)
        _tested(run)


def write_report() -> None:
    """Test what is not tested yet, and write ``model.md``."""
    demo = WORK / "demo" / "model"
    tests = {
        Path(name).name: results(
            demo, scan_folders(WORK / name), WORK / "results" / f"demo-{Path(name).name}.jsonl"
        )
        for name in TESTS
    }
    sections = [demo_section(tests, demo), real_section(real_results(demo)), _comparison() or NOT_COMPARED]
    (HERE.parent / "model.md").write_text(document(sections), encoding="utf-8")


def _comparison() -> str:
    """Section on the seeds that every method has finished; empty without any."""
    seeds = [s for s in SEEDS if all((run.folder / ENDED).is_file() for run in RUNS if run.seed == s)]
    if not seeds:
        return ""
    methods, minutes = {}, {}
    for method in METHODS:
        own = [run for run in RUNS if run.method == method and run.seed in seeds]
        methods[method] = [_tested(run) for run in own]
        minutes[method] = sum(minutes_of(run.folder) for run in own) / len(own)
    return comparison_section(methods, minutes, BASE.epochs * BASE.batches_per_epoch, BASE.batch_size)


def _train(config: TrainingConfig, out: Path, start_from: str | None = None) -> None:
    train(WORK / "train", config, out, start_from=start_from, cache=WORK / "slices", listener=_Lines())


def _tested(run: Run) -> list[ScanResult]:
    stored = WORK / "results" / f"{run.folder.name}.jsonl"
    return results(run.folder / "model", scan_folders(WORK / "test" / "plain")[:COMPARED], stored)


PARTS = {"demo": train_demo, "comparison": train_comparison, "report": write_report}

if __name__ == "__main__":
    chosen = sys.argv[1:] or list(PARTS)
    make_cohorts(WORK)
    for part in chosen:
        PARTS[part]()
