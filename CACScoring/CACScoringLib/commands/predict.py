"""``cac predict``: what a model proposes for a scan."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import CACError
from .options import (
    AllowGapsOption,
    DeviceChoice,
    DeviceOption,
    ImageArgument,
    JsonOption,
    ProtocolOption,
    SeriesOption,
    SettingsOption,
    Thresholds,
    ThresholdsOption,
    protocol_choice,
)
from .output import echo_json, refuse_to_replace

if TYPE_CHECKING:
    from ..model.prediction.gathered_passes import PassOptions
    from ..model.prediction.prediction import StageProgress


class PrecisionChoice(str, enum.Enum):
    """How exactly to compute."""

    exact = "exact"
    fast = "fast"
    focused = "focused"


def predict(
    image: ImageArgument,
    model: Annotated[
        str, typer.Option("--model", metavar="MODEL", help="Name of a shipped model, or a model's folder.")
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder for cac.nrrd, car.nrrd and prediction.json.")
    ],
    device: DeviceOption = DeviceChoice.auto,
    precision: Annotated[
        PrecisionChoice,
        typer.Option(
            "--precision",
            help="exact: within 1e-5 of float32; fast: fewer than one candidate voxel in 10,000 changes "
            "class; focused: only where heart and candidates are.",
        ),
    ] = PrecisionChoice.fast,
    passes: Annotated[
        int | None,
        typer.Option(
            "--mc",
            metavar="N",
            help="Also run N passes with dropout (10, say) and tell what they disagree on: voxel by voxel in "
            "uncertainty.nrrd (variance over passes of the probability of calcium), entropy.nrrd and "
            "mutual-information.nrrd (both in nats), 0 outside candidates; doubtful lesions; the score's "
            "distribution.",
        ),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option("--dropout", metavar="RATE", help="Dropout of --mc, in all layers; 0.01 if not given."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="SEED", help="Seed of --mc; 0 if not given.")
    ] = None,
    explain: Annotated[
        list[int] | None,
        typer.Option(
            "--explain",
            metavar="LESION",
            help="Also show why a lesion got its label, by its number in prediction.json: "
            "relevance-LESION.png and relevance-LESION.nrrd; may be repeated.",
        ),
    ] = None,
    with_probabilities: Annotated[
        bool,
        typer.Option("--probabilities", help="Also write probabilities.npz; implies --precision exact."),
    ] = False,
    protocol: ProtocolOption = "agatston",
    settings: SettingsOption = None,
    thresholds: ThresholdsOption = Thresholds.protocol,
    series: SeriesOption = None,
    allow_gaps: AllowGapsOption = False,
    as_json: JsonOption = False,
) -> None:
    """Let a model propose labelled calcium, artery regions and scores; a reader has to review them.

    An older prediction in DIR is replaced once the new one is complete, and stays as it is if anything goes
    wrong. Labels that a reader made or corrected are never replaced.
    """
    from ..model.prediction.folder import prediction_files
    from ..model.prediction.prediction import PredictionOptions, write_prediction
    from ..model.store import load_model
    from ..scans.reader import read_scan
    from .predict_display import summary

    choice = protocol_choice(protocol, settings, thresholds)
    options = PredictionOptions(
        precision.value,
        device.value,
        _pass_options(passes, rate, seed),
        tuple(dict.fromkeys(explain or ())),
        with_probabilities,
    )
    for name in prediction_files(out):
        refuse_to_replace(out / name, image)
    loaded = load_model(model)
    scan = read_scan(image, series_uid=series, allow_gaps=allow_gaps)
    with _shown_progress() as progress:
        document = write_prediction(
            out, loaded, scan, choice.protocol_for(scan.acquisition.kvp), options, progress=progress
        )
    if as_json:
        echo_json(document)
    else:
        typer.echo(summary(document, out))


def _pass_options(passes: int | None, rate: float | None, seed: int | None) -> PassOptions | None:
    """Options of passes as they were given; those that nothing would be done with are refused."""
    from ..model.prediction.gathered_passes import PassOptions

    given = {name: value for name, value in {"rate": rate, "seed": seed}.items() if value is not None}
    if passes is not None:
        return PassOptions(passes, **given)  # type: ignore[arg-type]
    for option, value in {"--dropout": rate, "--seed": seed}.items():
        if value is not None:
            raise CACError(f"{option} tells how passes are run, but none are: add --mc 10, or leave it out")
    return None


@contextmanager
def _shown_progress() -> Iterator[StageProgress]:
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    console = Console(stderr=True)
    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Getting ready", total=None)
        yield lambda stage, done, total: progress.update(task, description=stage, completed=done, total=total)
