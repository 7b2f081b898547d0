"""``cac predict``: what a model proposes for a scan."""

from __future__ import annotations

import enum
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..disclaimer import DISCLAIMER
from ..whole_files import write_whole
from .options import (
    AllowGapsOption,
    ImageArgument,
    JsonOption,
    ProtocolOption,
    SeriesOption,
    SettingsOption,
    Thresholds,
    ThresholdsOption,
    protocol_choice,
)

if TYPE_CHECKING:
    from ..model.prediction.proposal import Proposal


class PrecisionChoice(str, enum.Enum):
    """How exactly to compute."""

    exact = "exact"
    fast = "fast"
    focused = "focused"


class DeviceChoice(str, enum.Enum):
    """Where to compute."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


def predict(
    image: ImageArgument,
    model: Annotated[
        str, typer.Option("--model", metavar="MODEL", help="Name of a shipped model, or a model's folder.")
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder for cac.nrrd, car.nrrd and prediction.json.")
    ],
    device: Annotated[DeviceChoice, typer.Option("--device", help="Where to compute.")] = DeviceChoice.auto,
    precision: Annotated[
        PrecisionChoice,
        typer.Option(
            "--precision",
            help="exact: within 1e-5 of float32; fast: fewer than one candidate voxel in 10,000 changes "
            "class; focused: only where heart and candidates are.",
        ),
    ] = PrecisionChoice.fast,
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
    """Let a model propose labelled calcium, artery regions and scores; a reader has to review them."""
    from ..labels.label_map import write_label_map
    from ..model.prediction.probabilities import empty_probabilities
    from ..model.prediction.proposal import proposal_document, propose
    from ..model.store import load_model
    from ..scans.reader import read_scan

    choice = protocol_choice(protocol, settings, thresholds)
    loaded = load_model(model)
    out.mkdir(parents=True, exist_ok=True)
    scan = read_scan(image, series_uid=series, allow_gaps=allow_gaps)
    keep = empty_probabilities(loaded.config, scan) if with_probabilities else None
    proposal = _with_progress(
        lambda progress: propose(
            loaded,
            scan,
            "exact" if with_probabilities else precision.value,
            device.value,
            keep=keep,
            progress=progress,
        )
    )
    document = proposal_document(proposal, scan, choice.protocol_for(scan.acquisition.kvp))
    write_label_map(out / "cac.nrrd", proposal.cac, scan.geometry, "cac")
    if proposal.car is not None:
        write_label_map(out / "car.nrrd", proposal.car, scan.geometry, "car")
    if keep is not None:
        keep.write(out / "probabilities.npz")
    text = json.dumps(document, indent=2)
    write_whole(out / "prediction.json", text + "\n")
    typer.echo(text if as_json else _summary(document, out))


def _with_progress(work: Callable[[Callable[[int, int], object]], Proposal]) -> Proposal:
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    console = Console(stderr=True)
    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Slices", total=None)
        return work(lambda done, total: progress.update(task, completed=done, total=total))


def _summary(document: dict[str, Any], out: Path) -> str:
    facts = document["prediction"]
    arteries = ", ".join(f"{name} {scores['agatston']:.1f}" for name, scores in document["arteries"].items())
    seconds = facts["seconds"]["getting_ready"] + facts["seconds"]["network"]
    return "\n".join(
        [
            f"Agatston score {document['total']['agatston']:.1f} ({arteries}), {document['review']['state']}",
            *document["notes"],
            *(f"{warning['code']}: {warning['message']}" for warning in document["warnings"]),
            f"{facts['looked_at']['slices']} slices in {seconds:.1f} s, {facts['precision']}, "
            f"{facts['arithmetic']}; written to {out}",
            f"{DISCLAIMER}.",
        ]
    )
