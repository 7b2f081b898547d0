"""Training runs in this process and in others, shared by tests."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import torch
from CACAnnotationLib.training.trainer import TrainingRun

EPOCHS = 6
"""Of the fixture ``finished``."""
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1"}
COMMAND = "from CACScoringLib.commands.app import main; main()"

torch.set_num_threads(1)
"""Tests run beside each other; more threads would only wait for one another."""


def cac_train(data: Path, config: Path, out: Path) -> list[str]:
    """Arguments of ``cac``."""
    return ["train", str(data), "--config", str(config), "--out", str(out), "--device", "cpu"]


def left_behind(run: TrainingRun) -> dict[str, bytes | list[dict[str, str]]]:
    """All that a run leaves, times of day and of work apart."""
    folder = run.model.parent
    files = [*folder.glob("model/*"), *folder.glob("*.png"), folder / "run.json"]
    content: dict[str, bytes | list[dict[str, str]]] = {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in files
    }
    rows = list(csv.DictReader((folder / "metrics.csv").open()))
    content["metrics.csv"] = [{name: row[name] for name in row if name != "seconds"} for row in rows]
    return content
