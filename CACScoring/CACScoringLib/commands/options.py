"""Arguments and options that several commands share."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated

import typer

from ..scoring.protocol import PRESETS, PROTOCOL_FIELDS, ProtocolChoice, protocol_named


class Thresholds(str, enum.Enum):
    """Where the threshold and weight steps come from."""

    protocol = "protocol"
    kvp = "kvp"


class DeviceChoice(str, enum.Enum):
    """Where to compute."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


ImageArgument = Annotated[
    Path,
    typer.Argument(
        metavar="IMAGE", help="DICOM folder, zip of one, multi-frame DICOM, NRRD, NIfTI or MetaImage."
    ),
]
SeriesOption = Annotated[
    str | None,
    typer.Option("--series", metavar="UID", help="DICOM series to read, instead of the best fit."),
]
AllowGapsOption = Annotated[
    bool,
    typer.Option(
        "--allow-gaps", help="Fill missing slices with padding, keep one of several at the same position."
    ),
]
ProtocolOption = Annotated[
    str, typer.Option("--protocol", metavar="NAME", help=f"Scoring protocol: {', '.join(PRESETS)}.")
]
SettingsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="FIELD=VALUE",
        help=f"Change a field; may be repeated. Fields: {', '.join(PROTOCOL_FIELDS)}.",
    ),
]
ThresholdsOption = Annotated[
    Thresholds,
    typer.Option("--thresholds", help="Take threshold and weights from the protocol or the tube voltage."),
]
DeviceOption = Annotated[
    DeviceChoice, typer.Option("--device", help="Where to compute; auto is the GPU where there is one.")
]
SignedOffOption = Annotated[
    bool,
    typer.Option("--signed-off", help="All slices were reviewed: what is unlabelled is not coronary."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


def protocol_choice(name: str, settings: list[str] | None, thresholds: Thresholds) -> ProtocolChoice:
    """Return the choice of protocol that the options make; a mistake in them is reported at once."""
    choice = ProtocolChoice(name, tuple(settings or ()), thresholds is Thresholds.kvp)
    protocol_named(name).with_settings(choice.settings)
    return choice
