"""The training runs of the experiment."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import NamedTuple

from CACAnnotationLib.training.checkpoint import CHECKPOINT_NAME, load_checkpoint
from CACAnnotationLib.training.configuration import TrainingConfig, Weighting
from CACScoringLib.model.configuration import NetworkKind
from CACScoringLib.model.networks import build_network
from CACScoringLib.model.store import save_model

SEEDS = (0, 1, 2)
METHODS: dict[str, tuple[NetworkKind, Weighting]] = {
    "uncertainty-weighted": ("multitask", "uncertainty"),
    "static, 0.4": ("multitask", "static"),
    "single-task": ("single_task", "uncertainty"),
    "sequential": ("sequential", "uncertainty"),
}
"""Kind of network and weighting of the losses of each method."""
STATIC_ALPHA = 0.4
"""MTAL found it best for the static sum on all data."""


class Run(NamedTuple):
    """One training run: its method, its seed, its folder."""

    method: str
    seed: int
    folder: Path


def comparison_runs(folder: Path) -> list[Run]:
    """All runs of the comparison, every method once before any again."""
    return [
        Run(method, seed, folder / f"{kind}-{weighting}-{seed}")
        for seed in SEEDS
        for method, (kind, weighting) in METHODS.items()
    ]


def run_config(run: Run, base: TrainingConfig) -> TrainingConfig:
    """Configuration of a run: what all share, with its method and its seed."""
    kind, weighting = METHODS[run.method]
    network = dataclasses.replace(base.network, kind=kind)
    loss = dataclasses.replace(base.loss, weighting=weighting, alpha=STATIC_ALPHA)
    return dataclasses.replace(base, seed=run.seed, network=network, loss=loss)


def save_latest(run: Path, config: TrainingConfig, model: Path) -> None:
    """Make a model of the weights that a run ended with, which are seldom those it judged best."""
    progress, _, _ = load_checkpoint(run / CHECKPOINT_NAME)
    network = build_network(config.network)
    network.load_state_dict(progress.average)
    card = {"summary": f"Weights after epoch {progress.epochs} of a first stage, to start a second one from."}
    save_model(model, network, config.network, card, replace=True)
