"""The model that a run leaves behind, and the picture of its calibration."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

from CACScoringLib.model.networks import build_network
from CACScoringLib.model.reliability_picture import ReliabilityPanel, reliability_figure
from CACScoringLib.model.store import save_model
from CACScoringLib.whole_files import write_whole
from torch import nn

from .calibrating import TaskCalibration
from .checkpoint import Progress
from .configuration import TrainingConfig
from .run_record import Record, model_card

MODEL_NAME, RELIABILITY_NAME = "model", "reliability.png"

_TITLES = {
    "lesion": "Probability of calcium\nlabelled candidates of the validation slices",
    "region": "Probability of the region that wins\nlabelled pixels of the validation slices",
}


def best_network(config: TrainingConfig, progress: Progress) -> nn.Module:
    """Build the network of the best epoch so far, as it was learned."""
    network = build_network(config.network)
    network.load_state_dict(progress.best_network)
    return network


def save_best(
    out: Path,
    network: nn.Module,
    config: TrainingConfig,
    record: Record,
    progress: Progress,
    calibration: Mapping[str, TaskCalibration] | None = None,
) -> None:
    """Write ``model/`` into the folder of a run, and ``reliability.png`` once it is calibrated.

    Parameters
    ----------
    out
        Folder of the run.
    network
        Of the best epoch.
    config, record, progress
        Of the run.
    calibration
        What came of calibrating the network; None before the run has ended.
    """
    card = model_card(record, progress, calibration)
    save_model(out / MODEL_NAME, network, config.network, card, replace=True)
    if calibration:
        panels = [
            ReliabilityPanel(title, calibration[task].before, calibration[task].after)
            for task, title in _TITLES.items()
            if task in calibration
        ]
        picture = io.BytesIO()
        reliability_figure(panels).savefig(picture, dpi=110)
        write_whole(out / RELIABILITY_NAME, picture.getvalue())
