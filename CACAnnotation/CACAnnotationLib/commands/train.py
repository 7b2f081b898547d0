"""``cac train``: learn from labelled slices."""

from __future__ import annotations

import enum
import os
from pathlib import Path
from typing import Annotated

import typer


class Device(str, enum.Enum):
    """Where to compute."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


def train(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            help="Folder of scans with cac.nrrd and car.nrrd, or with the authors' <scan>-label*.nrrd.",
            show_default=False,
        ),
    ],
    config: Annotated[
        Path, typer.Option(metavar="FILE", help="Configuration, a TOML file.", show_default=False)
    ],
    out: Annotated[
        Path,
        typer.Option(
            metavar="DIR", help="Folder of the run; one that was stopped goes on.", show_default=False
        ),
    ],
    start_from: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL", help="Name or folder of a model to go on learning from.", show_default=False
        ),
    ] = None,
    device: Annotated[Device, typer.Option(help="Where to compute.")] = Device.auto,
    cache: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder for slices, shared by several runs; else DIR/slices.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Train a model on labelled slices.

    DIR gets model/ (the best on the validation patients), metrics.csv, curves.png, run.json and
    checkpoint.pt. A run that was stopped or killed goes on after its last whole epoch when the same command
    is given again. Several GPUs: torchrun --nproc-per-node=N --no-python cac train ...
    """
    from ..training.configuration import read_config

    settings = read_config(config)
    try:
        from ..training.trainer import train as run
    except ModuleNotFoundError as error:
        from CACScoringLib.errors import CACError

        raise CACError(
            f"training needs {error.name}, which is not installed: pip install 'coronary-calcium[model]'"
        ) from error
    from .train_display import TrainingDisplay, summary

    leads = os.environ.get("RANK", "0") == "0"
    with TrainingDisplay(settings.epochs, quiet=not leads) as display:
        result = run(
            data, settings, out, device=device.value, start_from=start_from, cache=cache, listener=display
        )
    if leads:
        typer.echo(summary(result))
