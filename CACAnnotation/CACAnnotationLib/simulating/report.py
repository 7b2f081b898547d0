"""The files that a simulation leaves: table, pictures, Markdown."""

from __future__ import annotations

from pathlib import Path

from CACScoringLib.errors import CACError
from CACScoringLib.whole_files import write_whole

from .curves import Curves
from .pictures import figure_5, timeline
from .plan import SimulationPlan
from .rounds import TABLE_NAME, finished_rounds, table_of
from .tables import report

REPORT_NAME, FIGURE_NAME, TIMELINE_NAME = "report.md", "figure-5.png", "timeline.png"


def write_report(out: Path, plan: SimulationPlan) -> Curves:
    """Write ``results.csv``, ``report.md``, ``figure-5.png`` and ``timeline.png`` of what is done so far.

    Raises
    ------
    CACError
        If nothing is done yet, or a file cannot be written.
    """
    rounds = finished_rounds(out)
    if not rounds:
        raise CACError(f"no round of the simulation in {out} is done yet")
    curves = Curves(plan, rounds)
    write_whole(out / TABLE_NAME, table_of(rounds))
    write_whole(out / REPORT_NAME, report(curves))
    write_whole(out / FIGURE_NAME, figure_5(curves))
    write_whole(out / TIMELINE_NAME, timeline(curves))
    return curves
