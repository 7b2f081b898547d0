"""How scans are handed out: in order, few at a time, and no longer than the caller wants."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from CACAnnotationLib.ranking import workers
from CACAnnotationLib.ranking.cancelling import RankingCancelledError
from CACAnnotationLib.ranking.pass_worker import PassSetup, ScanOutcome, ScanTask
from CACAnnotationLib.ranking.run import RankingRun, run_ranking
from CACAnnotationLib.store.scan_register import ScanEntry
from CACScoringLib.errors import CACError
from CACScoringLib.model.prediction.gathered_passes import PassOptions
from CACScoringLib.scoring.protocol import ScoringProtocol
from ranking_samples import project_of_noise, saved_model

SETUP = PassSetup(Path(), "small", "", PassOptions(2), "cpu", ScoringProtocol())


def task(number: int) -> ScanTask:
    entry = ScanEntry(
        str(number), None, f"scan{number}", "p", "", None, False, (4, 8, 8), (1.0, 1.0, 3.0), number
    )
    return ScanTask(entry, (0, 1, 2, 3))


@contextmanager
def pool_of_threads(count: int) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(count) as pool:
        yield pool


@pytest.fixture(autouse=True)
def _no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "process_pool", pool_of_threads)


def test_outcomes_come_in_order_and_few_tasks_are_taken_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []

    def tasks() -> Iterator[ScanTask]:
        for number in range(20):
            taken.append(number)
            yield task(number)

    monkeypatch.setattr(
        workers, "outcome_elsewhere", lambda _setup, one, _count, _flag: ScanOutcome(one, None)
    )
    found = []
    for outcome in workers.outcomes_in_processes(SETUP, tasks(), 3):
        found.append(outcome.task.entry.id)
        assert len(taken) <= len(found) + 5, "two per process"
    assert found == list(range(20))


def test_whoever_cancels_is_told_soon_and_so_are_the_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[bool] = []

    def waits_for_flag(_setup: PassSetup, one: ScanTask, _count: int, flag: Path) -> ScanOutcome:
        while not flag.exists():
            pass
        ended.append(True)
        return ScanOutcome(one, None)

    monkeypatch.setattr(workers, "outcome_elsewhere", waits_for_flag)
    answers = iter([False, False, True])
    with pytest.raises(RankingCancelledError):
        list(workers.outcomes_in_processes(SETUP, [task(1)], 2, lambda: next(answers)))
    assert ended == [True]


def test_a_process_that_dies_is_named_with_its_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def submit(self, *_: Any) -> Future[ScanOutcome]:
            future: Future[ScanOutcome] = Future()
            future.set_exception(BrokenProcessPool())
            return future

    @contextmanager
    def broken_pool(_count: int) -> Iterator[Broken]:
        yield Broken()

    monkeypatch.setattr(workers, "process_pool", broken_pool)
    with pytest.raises(CACError, match=r"scan 7, scan7.* with fewer --workers"):
        list(workers.outcomes_in_processes(SETUP, [task(7)], 2))


def test_without_ray_it_is_said_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    project, model = project_of_noise(tmp_path, 1), saved_model(tmp_path / "model")
    run = RankingRun("bald", 5, model, 2, device="cpu", ray="local")
    with pytest.raises(CACError, match=r"pip install 'coronary-calcium\[ray\]'"):
        run_ranking(project, run)
