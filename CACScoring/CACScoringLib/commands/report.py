"""``cac report``: a scored scan on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import CACError
from .options import (
    AllowGapsOption,
    ImageArgument,
    ProtocolOption,
    SeriesOption,
    SettingsOption,
    SignedOffOption,
    Thresholds,
    ThresholdsOption,
    protocol_choice,
)


def report(
    image: ImageArgument,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="OUT",
            help="A name ending in .pdf or .html for that one, or a folder for report.pdf and report.html.",
        ),
    ],
    labels: Annotated[
        Path | None,
        typer.Option("--labels", metavar="LABELS", help="CAC label map; without it there is no score."),
    ] = None,
    title: Annotated[
        str | None,
        typer.Option(
            "--title",
            help="Second heading. Names of DICOM folders are not shown unasked: they may name the patient.",
        ),
    ] = None,
    signed_off: SignedOffOption = False,
    protocol: ProtocolOption = "agatston",
    settings: SettingsOption = None,
    thresholds: ThresholdsOption = Thresholds.protocol,
    series: SeriesOption = None,
    allow_gaps: AllowGapsOption = False,
) -> None:
    """Report a scored scan on one page: scores, key slices, warnings, review state, protocol.

    PDF of one A4 page, and HTML that needs no other file and no network. Existing reports are replaced.
    """
    choice = protocol_choice(protocol, settings, thresholds)
    paths = report_paths(out)

    from ..labels.label_map import read_label_map
    from ..report.scan_report import scan_report
    from ..scans.reader import read_scan
    from ..scoring.scored_scan import scored_scan

    scan = read_scan(image, series_uid=series, allow_gaps=allow_gaps)
    label_map = None if labels is None else read_label_map(labels, scan.geometry)
    rules = choice.protocol_for(scan.acquisition.kvp)
    scored = scored_scan(scan, rules, label_map, signed_off=signed_off)
    made = scan_report(
        title or (image.name if scan.acquisition.patient_key is None else "Calcium score"), scored, label_map
    )
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(made.pdf() if path.suffix.lower() == ".pdf" else made.html().encode())
        typer.echo(str(path))


def report_paths(out: Path) -> tuple[Path, ...]:
    """Return the files that ``--out`` asks for: one by its ending, or both in a folder."""
    if out.is_dir() or not out.suffix:
        return out / "report.pdf", out / "report.html"
    if out.suffix.lower() not in (".pdf", ".html"):
        raise CACError(f"a report ends in .pdf or .html, {out.name} does not; name a folder for both")
    return (out,)
