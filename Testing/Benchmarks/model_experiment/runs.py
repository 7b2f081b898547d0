"""The training runs of the experiment."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import NamedTuple

from CACAnnotationLib.training.configuration import LossConfig, TrainingConfig

SEEDS = (0, 1, 2)
METHODS = {
    "uncertainty-weighted": ("multitask", LossConfig("uncertainty")),
    "static, 0.4": ("multitask", LossConfig("static", 0.4)),
    "single-task": ("single_task", LossConfig()),
    "sequential": ("sequential", LossConfig()),
}
"""Kind of network and loss of each method; MTAL found 0.4 best for the static sum on all data."""


class Run(NamedTuple):
    """One training run: its method, its seed, its folder."""

    method: str
    seed: int
    folder: Path


def comparison_runs(folder: Path) -> list[Run]:
    """All runs of the comparison, every method once before any again."""
    return [
        Run(method, seed, folder / f"{kind}-{loss.weighting}-{seed}")
        for seed in SEEDS
        for method, (kind, loss) in METHODS.items()
    ]


def run_config(run: Run, base: TrainingConfig) -> TrainingConfig:
    """Configuration of a run: what all share, with its method and its seed."""
    kind, loss = METHODS[run.method]
    network = dataclasses.replace(base.network, kind=kind)
    return dataclasses.replace(base, seed=run.seed, network=network, loss=loss)
