"""Which slices the reader of a simulation gets next."""

from __future__ import annotations

from ..project.project import Project
from ..ranking.run import RankingRun, run_ranking

Chosen = dict[int, list[int]]
"""Slice indices, ascending, by number of the scan in the project."""


def choose(project: Project, run: RankingRun) -> Chosen:
    """Rank what nobody has labelled yet in a project, and choose the first."""
    chosen: Chosen = {}
    for each in run_ranking(project, run).ranked:
        chosen.setdefault(each.doubt.scan, []).append(each.doubt.slice_index)
    return {scan: sorted(slices) for scan, slices in sorted(chosen.items())}
