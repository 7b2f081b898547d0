"""The jobs themselves."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from CACScoringLib.errors import CACError

from ..export.exported_scans import ExportChoice
from ..export.formats import export_project
from ..export.written import new_folder
from ..project.project import Project
from ..queueing.rounds import ChosenSlice, DoubleReading, start_round
from ..ranking.progress import RankingProgress
from ..ranking.run import RankingRun, run_ranking
from ..store.progress import progress_of
from ..store.scan_register import ScanEntry
from .report import JobReport
from .requests import ExportRequest, JobRequest, RankRequest, RoundRequest

if TYPE_CHECKING:
    from ..rounds.outcome import RoundOutcome


class JobResult(NamedTuple):
    """What came of a job: a sentence, and the round of the queue that it started, if it did."""

    text: str
    round: int | None = None


def do_job(project: Project, request: JobRequest, report: JobReport) -> JobResult:
    """Do a job; one that was cancelled or killed goes on when it is asked for again, an export begins anew.

    Raises
    ------
    CACError
        If it cannot be done, or was cancelled.
    """
    if isinstance(request, RankRequest):
        return _rank(project, request, report)
    if isinstance(request, RoundRequest):
        return _round(project, request, report)
    return _export(project, request, report)


def _rank(project: Project, request: RankRequest, report: JobReport) -> JobResult:
    double = DoubleReading(request.double, request.share) if request.double else None
    passed_over: list[str] = []

    def progress(each: RankingProgress) -> None:
        report.progress("Ranking unlabelled slices", round(each.done), each.total)

    def unreadable(scan: ScanEntry, error: CACError) -> None:
        passed_over.append(f"{scan.name} was passed over: {error}")

    run = RankingRun(
        request.strategy, request.budget, request.model, request.passes, request.seed, request.device
    )
    report.progress("Getting ready", 0, 0)
    ranking = run_ranking(project, run, progress=progress, cancelled=report.cancelled, unreadable=unreadable)
    if not ranking.ranked:
        return JobResult(_with_remarks(ranking.summary, passed_over))
    if report.cancelled():
        raise CACError("the ranking was cancelled, and nothing was queued")
    series = {entry.id: entry.series for entry in project.scans}
    chosen = [
        ChosenSlice(series[each.doubt.scan], each.doubt.slice_index, each.score, each.reason)
        for each in ranking.ranked
    ]
    model = Path(request.model).name if request.model else ""
    number = start_round(project.store, chosen, strategy=request.strategy, model=model, double=double)
    said = f"Round {number} of the queue has {_slices(len(chosen))}, ranked by {request.strategy}"
    return JobResult(_with_remarks(said, passed_over), number)


def _round(project: Project, request: RoundRequest, report: JobReport) -> JobResult:
    from ..rounds.plan import RoundPlan
    from ..rounds.run import run_round

    remarks: list[str] = []
    plan = RoundPlan(
        config=request.config,
        strategy=request.strategy,
        budget=request.budget,
        passes=request.passes,
        seed=request.seed,
        device=request.device,
        double=request.double,
        share=request.share,
    )
    outcome = run_round(
        project, plan, progress=report.progress, cancelled=report.cancelled, tell=remarks.append
    )
    return JobResult(_with_remarks(_outcome_in_words(outcome), remarks), outcome.queued_round)


def _export(project: Project, request: ExportRequest, report: JobReport) -> JobResult:
    out = new_folder(Path(request.out))
    progress = progress_of(project.store)
    total = len({each.series for each in progress.readings})
    scans = 0
    try:
        report.progress("Exporting labels", 0, total)
        choice = ExportChoice(identified=request.identified)
        for scans, _written in enumerate(export_project(project, request.format_name, out, choice), start=1):
            report.progress("Exporting labels", scans, max(scans, total))
            if report.cancelled():
                raise CACError("the export was cancelled, and its folder is empty again")
    except BaseException:
        # Half an export looks like a whole one; the folder was empty, so all in it is the export's.
        _empty(out)
        raise
    return JobResult(f"Labels of {scans} scan{'s' if scans != 1 else ''} are in {out}")


def _outcome_in_words(outcome: RoundOutcome) -> str:
    sentences = []
    if outcome.micro_f1 is not None:
        beside = "" if outcome.last_micro_f1 is None else f", the one before it {outcome.last_micro_f1:.3f}"
        kept = "is the project's model now" if outcome.promoted else "is worse: the one before it stays"
        sentences.append(f"The new model has a micro-F1 of {outcome.micro_f1:.3f}{beside}; it {kept}")
    if outcome.queued_round is None:
        sentences.append("All slices of training patients are signed off or queued")
    else:
        slices = _slices(outcome.queued_slices)
        sentences.append(
            f"Round {outcome.queued_round} of the queue has {slices}, ranked by {outcome.strategy}"
        )
    return ". ".join(sentences)


def _slices(count: int) -> str:
    return f"{count} slice{'s' if count != 1 else ''}"


def _empty(folder: Path) -> None:
    for each in folder.iterdir():
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each, ignore_errors=True)
        else:
            each.unlink(missing_ok=True)


def _with_remarks(text: str, remarks: list[str]) -> str:
    """Add the first of some remarks: a panel has no room for hundreds."""
    if not remarks:
        return text
    more = f", and {len(remarks) - 1} more" if len(remarks) > 1 else ""
    return f"{text}. {remarks[0]}{more}"
