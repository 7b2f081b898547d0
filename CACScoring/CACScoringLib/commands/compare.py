"""``cac compare``: agreement of two label maps of one scan."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..disclaimer import DISCLAIMER
from .options import (
    AllowGapsOption,
    JsonOption,
    ProtocolOption,
    SeriesOption,
    SettingsOption,
    Thresholds,
    ThresholdsOption,
    protocol_choice,
)
from .output import echo_json

if TYPE_CHECKING:
    from rich.console import Console

    from ..agreement.bootstrap import BootstrapPlan, Estimate
    from ..agreement.label_agreement import LabelAgreement
    from ..scans.ct_scan import ScanWarning


def compare(
    reference: Annotated[Path, typer.Argument(metavar="A", help="Label map of the reference.")],
    test: Annotated[Path, typer.Argument(metavar="B", help="Label map of the reading under test.")],
    image: Annotated[Path, typer.Option(metavar="IMAGE", help="The scan that both label.")],
    series: SeriesOption = None,
    allow_gaps: AllowGapsOption = False,
    signed_off: Annotated[
        bool,
        typer.Option(
            "--signed-off", help="All slices were reviewed in both: what is unlabelled is not coronary."
        ),
    ] = False,
    protocol: ProtocolOption = "agatston",
    settings: SettingsOption = None,
    thresholds: ThresholdsOption = Thresholds.protocol,
    resamples: Annotated[int, typer.Option(min=100, help="Bootstrap resamples.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Compare two label maps of one scan by voxel, by lesion and by score; A is the reference.

    Voxels below the protocol's threshold never count. A voxel of the wrong artery is one false positive and
    one false negative. A lesion is a 3-D component (6-connectivity) of calcium in any coronary artery; it is
    found when at least one of its voxels is coronary calcium in the other reading. Confidence intervals
    resample lesions: they speak of this scan, not of other patients.
    """
    from ..agreement.bootstrap import BootstrapPlan
    from ..agreement.documents import label_document, scores_document
    from ..agreement.label_agreement import label_agreement
    from ..agreement.paired_voxels import pair_voxels
    from ..labels.label_map import read_label_map
    from ..scans.reader import read_scan
    from ..scoring.scored_scan import scored_scan

    choice = protocol_choice(protocol, settings, thresholds)
    scan = read_scan(image, series_uid=series, allow_gaps=allow_gaps)
    rules = choice.protocol_for(scan.acquisition.kvp)
    labels = [read_label_map(path, scan.geometry) for path in (reference, test)]
    plan = BootstrapPlan("lesion", resamples, seed)
    agreement = label_agreement(pair_voxels(scan, labels[0], labels[1], rules), plan)
    scores = scores_document(*(scored_scan(scan, rules, each, signed_off=signed_off) for each in labels))
    if as_json:
        document = {
            "reference": str(reference),
            "test": str(test),
            "warnings": [dataclasses.asdict(warning) for warning in scan.warnings],
            **label_document(agreement, plan),
            **scores,
        }
        echo_json(document)
    else:
        names = f"A, the reference: {reference}\nB, under test: {test}\nProtocol: {rules.name}"
        _print(names, scan.warnings, agreement, scores, plan)


def _print(
    names: str,
    warnings: Sequence[ScanWarning],
    agreement: LabelAgreement,
    scores: dict[str, Any],
    plan: BootstrapPlan,
) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False)
    console.print(escape(names))
    for warning in warnings:
        console.print(escape(f"Warning ({warning.code}): {warning.message}"))
    _print_overlap(console, agreement)
    _print_confusion(console, agreement)
    _print_scores(console, scores)
    console.print(
        f"{plan.describe()}: {agreement.lesions_resampled} lesions of this scan, not of other patients."
    )
    console.print(f"{DISCLAIMER}.")


def _print_overlap(console: Console, agreement: LabelAgreement) -> None:
    from rich.table import Table

    from ..agreement.wording import coefficient, interval

    table = Table("metric", "value", "95 % interval", "counts", title="Overlap")
    notes: dict[str, list[str]] = {}

    def row(name: str, estimate: Estimate, counts: str = "") -> None:
        table.add_row(name, coefficient(estimate.value), interval(estimate.bootstrap), counts)
        if estimate.note:
            notes.setdefault(estimate.note, []).append(name)

    row("micro-F1", agreement.micro_f1, "over " + ", ".join(agreement.artery_f1))
    for name, estimate in agreement.artery_f1.items():
        row(f"F1 {name}", estimate)
    for unit, binary in (("voxel", agreement.by_voxel), ("lesion", agreement.by_lesion)):
        row(f"sensitivity by {unit}", binary.sensitivity, f"{binary.found} of {binary.reference} in A")
        row(f"PPV by {unit}", binary.ppv, f"{binary.confirmed} of {binary.test} in B")
        row(f"F1 by {unit}", binary.f1)
    console.print(table)
    for note, names in notes.items():
        console.print(f"{', '.join(names)}: {note}")


def _print_confusion(console: Console, agreement: LabelAgreement) -> None:
    from rich.table import Table

    names = agreement.voxels.names
    table = Table("A \\ B", *names, title="Candidate voxels by label")
    for name, counts in zip(names, agreement.confusion, strict=True):
        table.add_row(name, *map(str, counts))
    console.print(table)
    for side, left_out in (("A", agreement.voxels.reference_left_out), ("B", agreement.voxels.test_left_out)):
        if left_out.below_threshold or left_out.too_small:
            console.print(
                f"Left out of {side}: {left_out.below_threshold} labelled voxels below the threshold, "
                f"{left_out.too_small} in lesions too small to count"
            )


def _print_scores(console: Console, scores: dict[str, Any]) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table("artery", title="Scores, A / B")
    for column in ("Agatston", "volume mm³", "mass mg", "density", "lesions"):
        table.add_column(column, justify="right")
    measures = (("agatston", 1), ("volume_mm3", 1), ("mass_mg", 2), ("density", 2), ("lesions", 0))
    for name, readings in {**scores["arteries"], "total": scores["total"]}.items():
        cells = []
        for measure, digits in measures:
            pair = [(readings[side] or {}).get(measure) for side in ("reference", "test")]
            cells.append(" / ".join("-" if value is None else f"{value:.{digits}f}" for value in pair))
        table.add_row(name, *cells)
    console.print(table)
    for name, side in (("A", "reference"), ("B", "test")):
        category = scores["risk"][side]
        risk = "no score" if category is None else f"risk category {category} ({scores['risk']['scheme']})"
        console.print(escape(f"{name}: {scores['review'][side]['state']}; {risk}"))
