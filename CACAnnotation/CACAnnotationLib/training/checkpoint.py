"""Where a run stands, in one file that is always whole."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from CACScoringLib.errors import CACError
from CACScoringLib.whole_files import write_whole
from torch import Tensor

CHECKPOINT_NAME = "checkpoint.pt"
_FORMAT = 1


@dataclass
class Progress:
    """What a run has reached after its last whole epoch.

    Parameters
    ----------
    epochs
        Epochs done.
    best_epoch
        Number of the epoch, from 1, with the best validation so far; 0 before the first.
    best_rank
        What made it the best, see :attr:`~CACAnnotationLib.training.validation.Validation.rank`.
    best_network
        The network's weights after it, on the CPU.
    average
        The running average of the network's weights; empty where none is kept.
    history
        One row of figures per epoch.
    """

    epochs: int = 0
    best_epoch: int = 0
    best_rank: tuple[float, float] = (-1.0, 0.0)
    best_network: dict[str, Tensor] = field(default_factory=dict)
    average: dict[str, Tensor] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)

    def ran_out_of_patience(self, patience: int) -> bool:
        """Tell whether the last ``patience`` epochs brought nothing better."""
        return self.epochs - self.best_epoch >= patience

    def ended(self, epochs: int, patience: int) -> bool:
        """Tell whether a run of at most so many epochs is over."""
        return self.epochs >= epochs or self.ran_out_of_patience(patience)


def save_checkpoint(
    path: Path, progress: Progress, learner: dict[str, Any], optimizer: dict[str, Any]
) -> None:
    """Write progress, and the states of learner and optimiser; the file before it stands until this one does.

    Random numbers need no state here: every epoch seeds its own.
    """
    content = {"format": _FORMAT, "progress": vars(progress), "learner": learner, "optimizer": optimizer}
    buffer = io.BytesIO()
    torch.save(content, buffer)
    try:
        write_whole(path, buffer.getvalue())
    except CACError as error:
        raise CACError(f"{error}{safe_until(progress.epochs - 1)}") from error


def safe_until(epochs: int) -> str:
    """Say, after what went wrong, what a run that ends there has stored; nothing where it is nothing."""
    return f". What was learned up to epoch {epochs} is safe" if epochs else ""


def load_checkpoint(path: Path) -> tuple[Progress, dict[str, Any], dict[str, Any]]:
    """Read what :func:`save_checkpoint` wrote; nothing but tensors and plain values is ever unpickled."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        if content["format"] != _FORMAT:
            raise CACError(f"{path} was written by another version of this program; start a new folder")
        return Progress(**content["progress"]), content["learner"], content["optimizer"]
    except CACError:
        raise
    except Exception as error:  # torch.load has no error of its own for what is no checkpoint
        raise CACError(f"{path} is damaged or no checkpoint; start a new folder") from error
