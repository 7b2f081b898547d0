"""``cac info``: what a path holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import CACError
from .options import JsonOption
from .output import echo_json


def info(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="File, folder or zip archive.")],
    as_json: JsonOption = False,
) -> None:
    """List the scans and series of PATH; the series that would be scored is marked."""
    from ..scans.sources import scan_sources

    with scan_sources(path) as sources:
        scans = [_source_facts(source) for source in sources]
    if not any(scan["series"] for scan in scans):
        raise CACError(scans[0]["damaged"][0])
    if as_json:
        echo_json({"scans": scans})
        return
    _print(scans)


def _source_facts(source: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "scan": source.name,
        "patient_key": None,
        "study_uid": None,
        "series": [],
        "damaged": [file.message for file in source.damaged],
    }
    if source.image is not None:
        try:
            facts["series"].append(_image_facts(source.image))
        except CACError as error:
            facts["damaged"].append(str(error))
    for number, series in enumerate(source.series):
        facts["patient_key"] = series.acquisition.patient_key
        facts["study_uid"] = series.acquisition.study_uid
        facts["series"].append(_series_facts(series, chosen=number == 0 and series.usable))
    return facts


def _image_facts(path: Path) -> dict[str, Any]:
    from ..scans.image_file import read_image_header

    header = read_image_header(path)
    size, spacing = (*header.GetSize(), 1, 1), (*header.GetSpacing(), 1.0)
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

    console = Console(highlight=False, soft_wrap=True)
    for scan in scans:
        console.print(f"[bold]{escape(scan['scan'])}[/bold]  {scan['patient_key'] or ''}")
        for series in scan["series"]:
            mark = "[green]→[/green]" if series["chosen"] else " "
            console.print(f" {mark} {series['series_uid'] or 'image file'}")
            console.print(f"     [dim]{escape(_description(series))}[/dim]")
        for damage in scan["damaged"]:
            console.print(f"   [red]{escape(damage)}[/red]")


def _description(series: dict[str, Any]) -> str:
    """Facts of a series in one line, those that are not stated left out."""
    spacing = series["pixel_spacing_mm"]
    parts = (
        None if series["modality"] == "CT" else series["modality"],
        f"{series['slices']} slices of {series['columns']} x {series['rows']}",
        spacing and f"{spacing[1]:.3f} mm pixels",
        series["slice_thickness_mm"] and f"{series['slice_thickness_mm']:g} mm thick",
        series.get("kvp") and f"{series['kvp']:g} kV",
        series.get("kernel"),
        series.get("contrast_agent") and f"contrast: {series['contrast_agent']}",
        "ECG-gated" if series.get("ecg_gated") else None,
        series.get("description"),
    )
    return ", ".join(part for part in parts if part)
