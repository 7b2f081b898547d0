"""How far a project is, as somebody at a terminal wants to see it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..store.parts import PARTS, TRAINING
from ..store.slice_listing import SlicePage

_NUMBERS = ("scan", "slice", "reading", "time", "round")


def print_status(document: dict[str, Any]) -> None:
    """Print what :func:`~CACAnnotationLib.project.status.project_status` returns."""
    console = Console(highlight=False)
    total = document["total"]
    scheme = "LM apart" if document["with_lm"] else "LM in LAD"
    console.print(
        f"[bold]{escape(document['project'])}[/bold]: scans {total['scans']}, "
        f"patients {total['patients']}{_parts(document)}, "
        f"slices {total['slices']:,}; {scheme}"
    )
    if document["scans"]:
        console.print(_scans(document))
    lost = [scan for scan in document["scans"] if not scan["available"]]
    if lost:
        names = ", ".join(f"{scan['id']} ({scan['name']})" for scan in lost)
        console.print(f"[red]Not where they were when they were added: {escape(names)}[/red]")
    for reader in document["readers"]:
        console.print(
            f"{escape(reader['reader'])}: {reader['labelled']} slices labelled, "
            f"{reader['signed_off']} signed off, {reader['skipped']} skipped, {reader['flagged']} flagged, "
            f"{readable_time(reader['seconds'])}"
        )
    if not document["readers"]:
        console.print("Nothing is labelled yet.")


def print_slices(page: SlicePage, offset: int) -> None:
    """Print a page of a listing of slices; ``offset`` slices come before it."""
    console = Console(highlight=False)
    table = Table()
    for column in ("scan", "name", "slice", "status", "reader", "reading", "time", "round", "note"):
        table.add_column(column, justify="right" if column in _NUMBERS else "left", overflow="fold")
    for each in page.slices:
        table.add_row(
            str(each.scan),
            escape(each.name),
            str(each.slice_index + 1),
            each.status,
            escape(each.reader or ""),
            str(each.reading or ""),
            readable_time(each.seconds) if each.seconds else "",
            str(each.round or ""),
            escape(each.note),
        )
    if page.slices:
        console.print(table)
    shown = f"{offset + 1} to {offset + len(page.slices)}" if page.slices else "none"
    console.print(f"{shown} of {page.total:,} slices")


def readable_time(seconds: float) -> str:
    """Write a time as hours, minutes and seconds, for example ``1 h 02 min``, ``3 min 20 s``, ``8 s``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def _parts(document: dict[str, Any]) -> str:
    """How many patients are in which part; empty before they are divided."""
    parts = {scan["patient"]: scan["part"] for scan in document["scans"]}
    if not any(parts.values()):
        return ""
    counts = Counter(part or TRAINING for part in parts.values())
    return f" ({', '.join(f'{part} {counts[part]}' for part in PARTS)})"


def _scans(document: dict[str, Any]) -> Table:
    table = Table("")
    for column in ("scan", "patient"):
        table.add_column(column, overflow="fold")
    for column in ("slices", "labelled", "signed off"):
        table.add_column(column, justify="right")
    table.add_column("readers")
    table.add_column("time", justify="right")
    for scan in document["scans"]:
        readers = dict.fromkeys(f"{each['reader']} ({each['round']})" for each in scan["readings"])
        seconds = sum(each["seconds"] for each in scan["readings"])
        table.add_row(
            str(scan["id"]),
            escape(scan["name"]),
            scan["patient"],
            str(scan["slices"]),
            str(scan["labelled"]),
            str(scan["signed_off"]),
            escape(", ".join(readers)),
            readable_time(seconds) if seconds else "",
        )
    total = document["total"]
    table.add_section()
    counts = (str(total[key]) for key in ("slices", "labelled", "signed_off"))
    table.add_row("", "total", "", *counts, "", readable_time(total["seconds"]), style="bold")
    return table
