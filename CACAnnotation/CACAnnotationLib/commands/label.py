"""``cac label``: label lesions by points."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from CACScoringLib.commands.options import (
    AllowGapsOption,
    ImageArgument,
    ProtocolOption,
    SeriesOption,
    SettingsOption,
    Thresholds,
    ThresholdsOption,
    protocol_choice,
)
from CACScoringLib.commands.output import refuse_to_replace

if TYPE_CHECKING:
    from ..point_labels import SkippedPoint


def label(
    image: ImageArgument,
    points: Annotated[
        Path,
        typer.Option(
            "--points",
            metavar="POINTS",
            help="Slicer markups (.mrk.json), control-point label = artery, or CSV i,j,k,label.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar="LABELS", help="Label map to write; .seg.nrrd for a segmentation of 3D Slicer."
        ),
    ],
    rest_is_other: Annotated[
        bool,
        typer.Option("--rest-is-other", help="Label candidates without a point OTHER: all was reviewed."),
    ] = False,
    protocol: ProtocolOption = "agatston",
    settings: SettingsOption = None,
    thresholds: ThresholdsOption = Thresholds.protocol,
    series: SeriesOption = None,
    allow_gaps: AllowGapsOption = False,
) -> None:
    """Label the lesion that each point lies on.

    Two arteries that claim one lesion split it voxel by voxel to the nearer point.
    A point on no candidate is reported and skipped.
    """
    from CACScoringLib.candidates.candidates import find_candidates
    from CACScoringLib.labels.label_map import write_label_map
    from CACScoringLib.scans.reader import read_scan

    from ..control_points import read_control_points
    from ..point_labels import label_by_points

    choice = protocol_choice(protocol, settings, thresholds)
    refuse_to_replace(out, image, points)
    scan = read_scan(image, series_uid=series, allow_gaps=allow_gaps)
    candidates = find_candidates(scan, choice.protocol_for(scan.acquisition.kvp))
    result = label_by_points(candidates, read_control_points(points, scan), rest_is_other=rest_is_other)
    for warning in scan.warnings:
        typer.echo(f"{warning.code}: {warning.message}", err=True)
    write_label_map(out, result.labels, scan.geometry, "cac")
    for skipped in result.skipped:
        typer.echo(_sentence(skipped), err=True)
    split = f", {result.split} of them split between arteries" if result.split else ""
    typer.echo(f"{result.lesions} lesions labelled{split}: {out}")


def _sentence(skipped: SkippedPoint) -> str:
    distance = (
        "the scan has no candidates"
        if skipped.nearest_mm is None
        else f"the nearest is {skipped.nearest_mm:.1f} mm away"
    )
    return f"{skipped.point.name} ({skipped.point.label}) lies on no candidate, {distance}; skipped"
