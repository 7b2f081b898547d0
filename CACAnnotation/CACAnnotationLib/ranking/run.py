"""A whole ranking in one call: passes, choice, table."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from CACScoringLib.errors import CACError, os_reason
from CACScoringLib.scoring.protocol import ScoringProtocol

from ..project.pool import pool_of
from ..project.project import Project
from .cancelling import Cancelled
from .pool_doubts import DoubtedPool, UndoubtedPool, Unreadable
from .progress import RankingProgress
from .strategies import STRATEGIES, PoolDoubts, RankedSlice
from .table import write_ranking

if TYPE_CHECKING:
    from CACScoringLib.model.prediction.engines import Device

RANKINGS_NAME = "rankings"
_WITHOUT_MODEL = "without-model"


@dataclass(frozen=True)
class RankingRun:
    """What is asked for.

    Parameters
    ----------
    strategy
        A key of :data:`~.strategies.STRATEGIES`.
    budget
        How many slices.
    model
        A shipped model or a model's folder; ``random`` needs none.
    passes
        Passes with dropout; MTAL takes 10 (2.3).
    seed
        Of passes, and of what is drawn.
    device
        Where to run the model.
    workers, ray
        Who runs it, see :class:`~.finding.WhoWorks`.
    out
        Folder for the doubts and the table; None for one below the project's that depends on what doubts
        depend on, so that all strategies share the passes of one model, and no two models clash.

    Raises
    ------
    CACError
        If the strategy is unknown, or lacks its model; if budget or workers are below 1.
    """

    strategy: str = "hybrid"
    budget: int = 100
    model: str | Path | None = None
    passes: int = 10
    seed: int = 0
    device: Device = "auto"
    workers: int | None = None
    ray: str | None = None
    out: Path | None = None

    def __post_init__(self) -> None:
        if self.strategy not in STRATEGIES:
            raise CACError(f"strategy '{self.strategy}' is not one of {', '.join(STRATEGIES)}")
        if self.budget < 1:
            raise CACError(f"a budget of {self.budget} slices is none; it must be 1 or more")
        if self.workers is not None and self.workers < 1:
            raise CACError(f"{self.workers} workers rank nothing; it must be 1 or more")
        if self.seed < 0:
            raise CACError(f"the seed is {self.seed}; it must be 0 or more")
        if self.model is None and STRATEGIES[self.strategy].needs_model:
            raise CACError(
                f"strategy '{self.strategy}' needs a model: name one with --model, for example --model demo"
            )


@dataclass(frozen=True, eq=False)
class Ranking:
    """What came of it.

    Parameters
    ----------
    ranked
        The chosen slices in their order, fewer than the budget where there are no more.
    table
        The table that explains each choice.
    summary
        What to tell a user, in a sentence or two.
    """

    ranked: list[RankedSlice]
    table: Path
    summary: str


def run_ranking(
    project: Project,
    run: RankingRun,
    *,
    progress: Callable[[RankingProgress], object] | None = None,
    cancelled: Cancelled | None = None,
    unreadable: Unreadable | None = None,
) -> Ranking:
    """Choose the slices that a reader should look at next, of those that nobody has signed off.

    Whatever passes have found before, for another strategy or before a kill, is not computed again.

    Parameters
    ----------
    project, run
        Whose slices, and how.
    progress, cancelled, unreadable
        See :func:`~.finding.find_doubts`.

    Raises
    ------
    RankingCancelledError
        If the caller cancelled; what was found of whole scans is kept.
    CACError
        If there is no such model or device, another process ranks with the same model, files cannot be
        written, or the number of passes is impossible.
    """
    strategy = STRATEGIES[run.strategy]
    if next(pool_of(project), None) is None:
        folder = _made(run.out or project.folder / RANKINGS_NAME / _WITHOUT_MODEL)
        return _written(project, run, [], folder)
    if not strategy.needs_model:
        folder = _made(run.out or project.folder / RANKINGS_NAME / _WITHOUT_MODEL)
        return _written(project, run, _chosen(run, UndoubtedPool(project)), folder)

    from CACScoringLib.model.prediction.gathered_passes import PassOptions
    from CACScoringLib.model.store import load_model
    from CACScoringLib.model.weights import fingerprint

    from ..training.folder_lock import locked
    from .doubt_file import DOUBTS_NAME, DoubtFile
    from .finding import WhoWorks, find_doubts
    from .pass_worker import PassSetup, PassWorker

    assert run.model is not None
    options = PassOptions(run.passes, seed=run.seed)
    protocol = ScoringProtocol(keep_lm_apart=project.with_lm)
    model = load_model(run.model)
    # other processes may have another working folder
    place = str(Path(run.model).resolve()) if Path(run.model).is_dir() else str(run.model)
    setup = PassSetup(project.folder, place, fingerprint(model.network), options, run.device, protocol)
    about = {
        "weights": setup.weights,
        **dataclasses.asdict(options),
        "protocol": dataclasses.asdict(protocol),
    }
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:12]
    folder = _made(run.out or project.folder / RANKINGS_NAME / f"{model.name}-{digest}")
    with locked(folder / ".ranking.lock"), DoubtFile(folder / DOUBTS_NAME, about) as doubts:
        find_doubts(
            project,
            doubts,
            PassWorker(setup, project, model),
            WhoWorks(run.workers, run.ray),
            progress=progress,
            cancelled=cancelled,
            unreadable=unreadable,
        )
        pool = DoubtedPool(
            project, doubts, protocol, options.passes, risk=strategy.needs_risk, unreadable=unreadable
        )
        return _written(project, run, _chosen(run, pool), folder)


def _chosen(run: RankingRun, pool: PoolDoubts) -> list[RankedSlice]:
    return STRATEGIES[run.strategy].choose(pool, run.budget, run.seed)


def _written(project: Project, run: RankingRun, ranked: list[RankedSlice], folder: Path) -> Ranking:
    table = folder / f"ranking-{run.strategy}.csv"
    write_ranking(project, ranked, table)
    return Ranking(ranked, table, _summary(project, ranked, table))


def _summary(project: Project, ranked: list[RankedSlice], table: Path) -> str:
    if ranked:
        first = ranked[0]
        return (
            f"{len(ranked)} slices in {table}, first of all slice {first.doubt.slice_index + 1} of scan "
            f"{first.doubt.scan}: {first.reason}"
        )
    if next(pool_of(project), None) is not None:
        return "No scan with unlabelled slices can be read: there is nothing to rank"
    return "All slices of training patients are signed off: there is nothing to rank"


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CACError(f"cannot make the folder {folder}: {os_reason(error)}") from error
    return folder
