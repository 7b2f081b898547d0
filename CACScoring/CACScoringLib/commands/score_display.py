"""A scored scan as a reader at a terminal wants to see it."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..disclaimer import DISCLAIMER
from ..scoring.scored_scan import ScoredScan
from ..scoring.scores import ArteryScores


def print_scored(name: str, scored: ScoredScan) -> None:
    """Print scores per artery with their review state, the risk category and the scan's warnings."""
    console = Console(highlight=False)
    console.print(
        f"[bold]{escape(name)}[/bold]: {scored.candidates:,} candidates, [bold]{scored.review}[/bold]"
    )
    if scored.scores is not None:
        console.print(_table(scored))
        scheme, category = scored.protocol.risk_scheme, escape(scored.risk_category or "")
        console.print(
            f"Risk category ({scheme}) [bold]{category}[/bold], arterial age {scored.arterial_age_years:.0f} "
            f"years, vessels with calcium: {scored.scores.vessels}; "
            f"protocol {escape(scored.protocol.name)}; {scored.review}"
        )
    for warning in scored.scan.warnings:
        console.print(f"[yellow]{warning.code}[/yellow]: {escape(warning.message)}")
    console.print(f"[dim]{DISCLAIMER}.[/dim]")


def _table(scored: ScoredScan) -> Table:
    table = Table()
    table.add_column("")
    for column in ("Agatston", "volume mm³", "mass mg", "density", "lesions"):
        table.add_column(column, justify="right")
    assert scored.scores is not None
    for artery, scores in scored.scores.arteries.items():
        table.add_row(artery, *_cells(scores))
    table.add_section()
    table.add_row("total", *_cells(scored.scores.total), style="bold")
    return table


def _cells(scores: ArteryScores) -> tuple[str, ...]:
    return (
        f"{scores.agatston:.1f}",
        f"{scores.volume_mm3:.1f}",
        "uncalibrated" if scores.mass_mg is None else f"{scores.mass_mg:.2f}",
        "" if scores.density is None else f"{scores.density:.2f}",
        str(scores.lesions),
    )
