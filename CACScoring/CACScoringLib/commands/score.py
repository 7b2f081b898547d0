"""``cac score``: scores of a scan, or of many."""

from __future__ import annotations

import csv
import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..cores import available_cores
from ..errors import CACError
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

if TYPE_CHECKING:
    from ..scans.sources import ScanSource
    from ..scoring.batch import ScoringRequest


def score(
    images: Annotated[
        list[Path], typer.Argument(metavar="IMAGE...", help="A scan, several, or folders of scans.")
    ],
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels",
            metavar="LABELS",
            help="CAC label map; for a folder of scans, the name it has beside each.",
        ),
    ] = None,
    signed_off: Annotated[
        bool,
        typer.Option("--signed-off", help="All slices were reviewed: what is unlabelled is not coronary."),
    ] = False,
    protocol: ProtocolOption = "agatston",
    settings: SettingsOption = None,
    thresholds: ThresholdsOption = Thresholds.protocol,
    series: SeriesOption = None,
    allow_gaps: AllowGapsOption = False,
    as_json: JsonOption = False,
    table: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write the table, one row per scan, to FILE.")
    ] = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="Scans scored at a time.")] = None,
) -> None:
    """Score a scan; without labels say what there is to review.

    A folder of scans gives a CSV table with one row per scan, on standard output or to --csv.
    """
    from ..scans.sources import scan_sources
    from ..scoring.batch import ScoringRequest

    request = ScoringRequest(
        protocol_choice(protocol, settings, thresholds), labels, signed_off, series, allow_gaps
    )
    with ExitStack() as stack:
        sources = [source for image in images for source in stack.enter_context(scan_sources(image))]
        if series:
            sources = _holding(series, sources)
        if len(sources) == 1 and table is None:
            _score_one(sources[0], request, as_json=as_json)
        else:
            _score_many(sources, request, workers or available_cores(), table, as_json=as_json)


def _holding(series_uid: str, sources: list[ScanSource]) -> list[ScanSource]:
    chosen = [source for source in sources if any(each.uid == series_uid for each in source.series)]
    if not chosen:
        raise CACError(f"there is no series {series_uid}; 'cac info' lists what there is")
    return chosen


def _score_one(source: ScanSource, request: ScoringRequest, *, as_json: bool) -> None:
    from ..scoring.batch import score_source
    from ..scoring.scored_scan import as_json as json_form
    from .score_display import print_scored

    scored = score_source(source, request)
    if as_json:
        typer.echo(json.dumps(json_form(scored), indent=2))
    else:
        print_scored(source.name, scored)


def _score_many(
    sources: list[ScanSource], request: ScoringRequest, workers: int, table: Path | None, *, as_json: bool
) -> None:
    from rich.console import Console
    from rich.progress import track

    from ..scoring.batch import score_sources

    results = track(
        score_sources(sources, request, workers),
        "Scoring",
        total=len(sources),
        console=Console(stderr=True),
        transient=True,
    )
    scored = {id(source): result for source, result in results}
    rows = [(source.name, scored[id(source)]) for source in sources]
    if as_json:
        typer.echo(json.dumps([{"name": name} | result for name, result in rows], indent=2))
    if table is not None:
        with table.open("w", newline="", encoding="utf-8") as file:
            _write_csv(file, rows)
    elif not as_json:
        _write_csv(sys.stdout, rows)
    failed = sum("error" in result for _, result in rows)
    if failed:
        typer.echo(f"{failed} of {len(rows)} scans could not be scored; the table says why", err=True)


def _write_csv(file: Any, rows: list[tuple[str, dict[str, Any]]]) -> None:
    from ..scoring.table import COLUMNS, table_row

    writer = csv.DictWriter(file, COLUMNS)
    writer.writeheader()
    writer.writerows(table_row(name, result) for name, result in rows)
