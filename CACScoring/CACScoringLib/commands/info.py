"""``cac info``: what a path holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from .options import JsonOption


def info(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="File, folder or zip archive.")],
    as_json: JsonOption = False,
) -> None:
    """List the scans and series of PATH; the series that would be scored is marked."""
    from ..scans.sources import scan_sources

    with scan_sources(path) as sources:
        scans = [_source_facts(source) for source in sources]
    if as_json:
        typer.echo(json.dumps({"scans": scans}, indent=2))
        return
    _print(scans)


def _source_facts(source: Any) -> dict[str, Any]:
    facts = {"scan": source.name, "damaged": [file.message for file in source.damaged]}
    if source.image is not None:
        return facts | {"patient_key": None, "study_uid": None, "series": [_image_facts(source.image)]}
    if not source.series:
        return facts | {"patient_key": None, "study_uid": None, "series": []}
    acquisition = source.series[0].acquisition
    return facts | {
        "patient_key": acquisition.patient_key,
        "study_uid": acquisition.study_uid,
        "series": [
            _series_facts(series, chosen=number == 0 and series.usable)
            for number, series in enumerate(source.series)
        ],
    }


def _image_facts(path: Path) -> dict[str, Any]:
    from ..scans.image_file import read_image_header

    header = read_image_header(path)
    size, spacing = (*header.GetSize(), 1), header.GetSpacing()
    return {
        "chosen": True,
        "series_uid": None,
        "modality": "CT",
        "slices": size[2],
        "rows": size[1],
        "columns": size[0],
        "pixel_spacing_mm": [spacing[1], spacing[0]],
        "slice_thickness_mm": None,
    }


def _series_facts(series: Any, *, chosen: bool) -> dict[str, Any]:
    header, facts = series.first, series.acquisition
    return {
        "chosen": chosen,
        "series_uid": facts.series_uid,
        "series_number": header.series_number,
        "description": header.description,
        "modality": "localizer" if header.localizer else header.modality,
        "slices": series.slices,
        "rows": header.rows,
        "columns": header.columns,
        "pixel_spacing_mm": None if header.plane is None else header.plane.pixel_spacing_mm.tolist(),
        "slice_thickness_mm": facts.slice_thickness_mm,
        "kvp": facts.kvp,
        "kernel": facts.kernel,
        "contrast_agent": facts.contrast_agent,
        "ecg_gated": facts.ecg_gated,
    }


def _print(scans: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    for scan in scans:
        table = Table(title=escape(f"{scan['scan']}  {scan['patient_key'] or ''}"), title_justify="left")
        for column in (
            "",
            "series",
            "slices",
            "size",
            "mm",
            "thick",
            "kV",
            "kernel",
            "contrast",
            "description",
        ):
            table.add_column(column, overflow="fold")
        for series in scan["series"]:
            spacing = series["pixel_spacing_mm"]
            cells = (
                "→" if series["chosen"] else "",
                " ".join([series["series_uid"] or "file", series["modality"]]).removesuffix(" CT"),
                series["slices"],
                f"{series['columns']} x {series['rows']}",
                f"{spacing[1]:.3f}" if spacing else None,
                series["slice_thickness_mm"],
                series.get("kvp"),
                series.get("kernel"),
                series.get("contrast_agent"),
                series.get("description"),
            )
            table.add_row(*(escape("" if cell is None else str(cell)) for cell in cells))
        console.print(table)
        for damage in scan["damaged"]:
            console.print(f"[red]{escape(damage)}[/red]")
