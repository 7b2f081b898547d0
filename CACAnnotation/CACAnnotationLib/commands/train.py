"""``cac train``: learn from labelled slices."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from CACScoringLib.commands.options import DeviceChoice, DeviceOption


def train(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            help="A project, whose slices that are signed off are learnt from; or a folder of scans with "
            "cac.nrrd and car.nrrd, or with the authors' <scan>-label*.nrrd.",
            show_default=False,
        ),
    ],
    config: Annotated[
        str,
        typer.Option(
            metavar="NAME|FILE",
            help="small (a processor learns it in minutes), mtal2022 (the published network), or a TOML "
            "file of your own.",
            show_default=False,
        ),
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
    device: DeviceOption = DeviceChoice.auto,
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

    DIR gets model/, the best on the validation patients and calibrated on them, and beside it curves.png,
    reliability.png, metrics.csv, tensorboard/, run.json and checkpoint.pt.

    A run that was stopped or killed goes on after its last whole epoch when the same command is given again.

    No patient is trained on and validated on. DICOM files say whose they are; for others DATA/patients.csv
    may, with columns scan (path below DATA, of a scan or of a folder of scans) and patient.

    Several GPUs: torchrun --nproc-per-node=N --no-python cac train ...
    """
    from ..training.configuration import read_config
    from ..training.shipped_configs import config_file
    from ..training.trainer import train as run
    from .train_display import TrainingDisplay, summary

    path = config_file(config)
    settings = read_config(path)
    leads = os.environ.get("RANK", "0") == "0"
    if leads:
        typer.echo(f"configuration: {path}", err=True)
    with TrainingDisplay(settings.epochs, settings.patience, quiet=not leads) as display:
        result = run(
            data, settings, out, device=device.value, start_from=start_from, cache=cache, listener=display
        )
    if leads:
        typer.echo(summary(result, settings.patience))
