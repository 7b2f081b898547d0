"""``cac score``: scores of a scan, or of many."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from ..cores import available_cores
from ..errors import CACError
from .options import (
    AllowGapsOption,
    JsonOption,
    ProtocolOption,
    SeriesOption,
    SettingsOption,
    SignedOffOption,
    Thresholds,
    ThresholdsOption,
    protocol_choice,
)
from .output import echo_json, refuse_to_replace

if TYPE_CHECKING:
    from ..scans.sources import ScanSource
    from ..scoring.batch import ScoringRequest

Result = TypeVar("Result")


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
    signed_off: SignedOffOption = False,
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
        protocol_choice(protocol, settings, thresholds),
        labels=labels,
        signed_off=signed_off,
        series_uid=series,
        allow_gaps=allow_gaps,
    )
    if table is not None:
        refuse_to_replace(table, *images, labels)
    with ExitStack() as stack:
        found = [(image, stack.enter_context(scan_sources(image))) for image in images]
        sources = [_named(source, image, len(images) > 1) for image, each in found for source in each]
        if labels is not None and len(sources) > 1:
            sources = [
                source for source in sources if source.image is None or source.image.name != labels.name
            ]
        if series:
            sources = _holding(series, sources)
        if len(sources) == 1 and table is None:
            _score_one(sources[0], request, as_json=as_json)
        else:
            request = replace(request, several=len(sources) > 1)
            _score_many(sources, request, workers or available_cores(), table, as_json=as_json)


def _named(source: ScanSource, image: Path, several: bool) -> ScanSource:
    """Tell scans of several paths apart by the path that each was found in."""
    return replace(source, name=f"{image.parent.name}/{source.name}") if several else source


def _holding(series_uid: str, sources: list[ScanSource]) -> list[ScanSource]:
    chosen = [source for source in sources if source.holds(series_uid)]
    if not chosen:
        raise CACError(f"there is no series {series_uid}; 'cac info' lists what there is")
    return chosen


def _score_one(source: ScanSource, request: ScoringRequest, *, as_json: bool) -> None:
    from ..scoring.batch import score_source
    from ..scoring.scored_scan import as_json as json_form
    from .score_display import print_scored

    scored = score_source(source, request)
    if as_json:
        echo_json(json_form(scored))
    else:
        print_scored(source.name, scored)


def _score_many(
    sources: list[ScanSource], request: ScoringRequest, workers: int, table: Path | None, *, as_json: bool
) -> None:
    from ..scoring.batch import score_sources
    from ..scoring.table import COLUMNS, table_row

    with ExitStack() as stack:
        file = stack.enter_context(table.open("w", newline="", encoding="utf-8")) if table else sys.stdout
        writer = None if as_json and table is None else csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if writer:
            writer.writeheader()
        documents = []
        for source, scored in _with_progress(score_sources(sources, request, workers), len(sources)):
            documents.append({"name": source.name} | scored)
            if writer:
                writer.writerow(table_row(source.name, scored))
                file.flush()
    if as_json:
        echo_json(documents)
    failed = sum("error" in document for document in documents)
    if failed:
        typer.echo(f"{failed} of {len(documents)} scans could not be scored; the table says why", err=True)


def _with_progress(results: Iterable[Result], total: int) -> Iterable[Result]:
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return track(
        results, "Scoring", total=total, console=console, transient=True, disable=not console.is_terminal
    )
