"""Effort of readers, as somebody at a terminal wants to see it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..effort.figures import Effort, ProposalsMet, ReaderEffort
from .project_display import readable_time


def print_effort(readers: Sequence[ReaderEffort]) -> None:
    """Print a table of slices, and a line on proposals for each reader who met any."""
    console = Console(highlight=False)
    if not readers:
        console.print("Nothing is labelled yet.")
        return
    table = Table("reader", "slices", caption="Clicks, strokes, undone steps and seconds: mean per slice")
    for column in ("number", "clicks", "strokes", "undone", "s", "time"):
        table.add_column(column, justify="right")
    for each in readers:
        kinds = {
            "with proposals": each.with_proposals,
            "without": each.without_proposals,
            "unfinished": each.unfinished,
        }
        for kind, effort in kinds.items():
            if effort.slices:
                table.add_row(escape(each.reader), kind, *_cells(effort))
    console.print(table)
    for each in readers:
        if each.proposals.untouched_share is not None or each.proposals.regions_accepted:
            console.print(f"{escape(each.reader)}: {_sentence(each.proposals)}")


def _cells(effort: Effort) -> list[str]:
    counts = (effort.clicks, effort.strokes, effort.undos, effort.seconds)
    each = [f"{count / effort.slices:.1f}" for count in counts]
    return [f"{effort.slices:,}", *each, readable_time(effort.seconds)]


def _sentence(met: ProposalsMet) -> str:
    share = met.untouched_share
    lesions = (
        "no proposed lesion accepted or rejected"
        if share is None
        else f"of {met.lesions_accepted + met.lesions_rejected} proposed lesions {met.lesions_untouched} "
        f"accepted untouched ({share:.0%}), {met.lesions_accepted - met.lesions_untouched} changed, "
        f"{met.lesions_rejected} rejected"
    )
    return f"{lesions}; of {met.regions_accepted} accepted regions {met.regions_untouched} untouched"
