"""Ranking the slices of a project that nobody has signed off."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from CACScoringLib.errors import CACError
from CACScoringLib.scoring.protocol import ScoringProtocol
from CACScoringLib.whole_files import write_whole

from ..project.pool import pool_of
from ..project.project import Project
from ..store.scan_register import ScanEntry
from .doubt_file import DoubtFile
from .slice_doubts import SliceDoubt, slice_doubts
from .strategies import STRATEGIES, RankedSlice

if TYPE_CHECKING:
    from CACScoringLib.model.prediction.engines import Device
    from CACScoringLib.model.prediction.gathered_passes import PassOptions
    from CACScoringLib.model.store import Model

DOUBTS_NAME, RANKING_NAME = "doubts.jsonl", "ranking.csv"
COLUMNS = ("rank", "score", "scan_id", "scan", "slice", "reason", *SliceDoubt._fields[2:])


@dataclass(frozen=True)
class RankingRequest:
    """What is asked for.

    Parameters
    ----------
    strategy
        A key of :data:`~.strategies.STRATEGIES`.
    budget
        How many slices.
    seed
        Of what is drawn at random.
    """

    strategy: str
    budget: int
    seed: int = 0

    def __post_init__(self) -> None:
        if self.strategy not in STRATEGIES:
            raise CACError(f"strategy '{self.strategy}' is not one of {', '.join(STRATEGIES)}")
        if self.budget < 1:
            raise CACError(f"a budget of {self.budget} slices is none")


def find_doubts(
    project: Project,
    model: Model,
    out: Path,
    options: PassOptions,
    device: Device = "auto",
    *,
    progress: Callable[[int, int], object] | None = None,
    unreadable: Callable[[ScanEntry, CACError], object] | None = None,
) -> DoubtFile:
    """Run a model over all slices of the pool, scan by scan, and keep what it doubts.

    After a kill the same call goes on where it was. A scan that cannot be read is passed over.

    Parameters
    ----------
    project, model, options, device
        What to run, on what, how and where.
    out
        Folder of the ranking.
    progress
        Told how many scans are done, of how many.
    unreadable
        Told of scans that cannot be read, and why.

    Raises
    ------
    CACError
        If the folder holds doubts of another model, or the device does not exist.
    """
    doubts = DoubtFile(out / DOUBTS_NAME, _about(model, options))
    pool = dict(pool_of(project))
    protocol = ScoringProtocol(keep_lm_apart=project.with_lm)
    for number, (entry, slices) in enumerate(pool.items()):
        if (entry.id, tuple(slices)) not in doubts.done:
            try:
                scan = project.read_scan(entry)
            except CACError as error:
                if unreadable is not None:
                    unreadable(entry, error)
            else:
                doubts.add(slice_doubts(model, entry.id, scan, slices, protocol, options, device))
        if progress is not None:
            progress(number + 1, len(pool))
    return doubts


def rank(
    project: Project, slices: Callable[[], Iterable[SliceDoubt]], request: RankingRequest
) -> list[RankedSlice]:
    """Choose slices of the pool by what is doubted of them.

    Parameters
    ----------
    project
        Says which slices are still in the pool.
    slices
        Iterates over all doubts, as often as it is called.
    request
        How to choose, and how many.
    """
    pool = {entry.id: np.isin(np.arange(entry.slices), indices) for entry, indices in pool_of(project)}

    def in_pool() -> Iterable[SliceDoubt]:
        return (each for each in slices() if each.scan in pool and pool[each.scan][each.slice_index])

    return STRATEGIES[request.strategy](in_pool, request.budget, request.seed)


def undoubted(project: Project) -> Iterable[SliceDoubt]:
    """All slices of the pool, of which nothing is known: what ``random`` needs."""
    for entry, slices in pool_of(project):
        for index in slices:
            yield SliceDoubt(entry.id, index, 0, 0.0, 0.0, 0.0)


def write_ranking(project: Project, ranked: Iterable[RankedSlice], path: Path) -> None:
    """Write a ranking as a table: each slice with its score, its components and the reason in words."""
    names = {entry.id: entry.name for entry in project.scans}
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(COLUMNS)
    for each in ranked:
        doubt = each.doubt
        writer.writerow(
            (
                each.rank,
                each.score,
                doubt.scan,
                names[doubt.scan],
                doubt.slice_index + 1,
                each.reason,
                *doubt[2:],
            )
        )
    write_whole(path, table.getvalue())


def _about(model: Model, options: PassOptions) -> dict[str, Any]:
    from CACScoringLib.model.weights import fingerprint

    return {
        "model": model.name,
        "weights": fingerprint(model.network),
        "passes": options.passes,
        "dropout_rate": options.rate,
        "seed": options.seed,
    }
