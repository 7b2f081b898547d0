"""Jobs in processes of their own: ranking, export, rounds of learning; cancelled, killed, refused."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest
from CACAnnotationLib.controls.job_choices import (
    DOUBLE_CHOICES,
    FORMAT_CHOICES,
    divide,
    is_divided,
    model_choices,
    needs_of,
    strategy_choices,
)
from CACAnnotationLib.controls.jobs import JobControl
from CACAnnotationLib.export.formats import FORMATS
from CACAnnotationLib.jobs.process import CANCELLED, DONE, FAILED, JobEnd, JobProcess
from CACAnnotationLib.jobs.report import JobReport
from CACAnnotationLib.jobs.requests import (
    ExportRequest,
    RankRequest,
    RoundRequest,
    fields_of,
    request_of,
)
from CACAnnotationLib.jobs.work import do_job
from CACAnnotationLib.project.project import Project
from CACAnnotationLib.queueing.labelling_queue import LabellingQueue
from CACAnnotationLib.queueing.rounds import rounds_of
from CACAnnotationLib.ranking.strategies import STRATEGIES
from CACAnnotationLib.rounds.promoted_model import promote
from CACAnnotationLib.session.session import AnnotationSession
from CACScoringLib.errors import CACError
from ranking_samples import project_of_noise, saved_model

PATIENCE_S = 60.0


class Desk:
    """Somebody who waits for a job, in the one thread of a user interface."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.said: list[str] = []
        self._news: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self.control = JobControl(self._news.put, self.said.append, lambda: None)

    def wait(self) -> JobEnd | None:
        """Wait for the end."""
        end = time.monotonic() + PATIENCE_S
        while self.control.busy:
            assert time.monotonic() < end, "waited in vain"
            try:
                self._news.get(timeout=0.05)()
            except Empty:
                continue
        return self.control.end


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Two scans of six slices, one of whose slices Anna has signed off."""
    project = project_of_noise(tmp_path, scans=2)
    session = AnnotationSession.open(project, project.scans[0], "Anna")
    session.slices.sign_off(2, rest_is_other=True)
    return project


@pytest.fixture
def desk(project: Project) -> Iterator[Desk]:
    desk = Desk(project)
    yield desk
    desk.control.stop()


def test_requests_go_through_json() -> None:
    for request in (
        RankRequest("hybrid", 7, "demo", device="cpu", double="intra"),
        RoundRequest("small", "risk", 9),
        ExportRequest("nrrd", "somewhere", identified=True),
    ):
        assert request_of(fields_of(request)) == request
    for wrong in ({"job": "dance"}, {"job": "rank", "colour": "red"}, {}):
        with pytest.raises(CACError, match="no such job"):
            request_of(wrong)


def test_choices_are_those_that_there_are(project: Project, tmp_path: Path) -> None:
    assert [each.value for each in strategy_choices()] == list(STRATEGIES)
    assert [each.value for each in FORMAT_CHOICES] == list(FORMATS)
    assert [each.value for each in DOUBLE_CHOICES] == ["", "intra", "inter"]
    assert all(each.explanation for each in (*strategy_choices(), *FORMAT_CHOICES))
    assert [each.value for each in model_choices(project)] == ["demo"]
    own = promote(project.folder, saved_model(tmp_path / "model"), "round-001")
    assert [each.value for each in model_choices(project)] == [str(own), "demo"]
    assert not needs_of(RankRequest("random", 1)).torch
    assert needs_of(RankRequest("hybrid", 1, "demo")).torch
    assert needs_of(RoundRequest("small", "random", 1)).torch
    assert needs_of(ExportRequest("dicom-sr", "x")).packages == ("highdicom",)
    assert needs_of(ExportRequest("csv", "x")) == (False, ())


def test_time_left_is_estimated_from_what_was_done_in_this_run() -> None:
    told: list[tuple[str, int, int, float | None]] = []
    seconds = [0.0]
    report = JobReport(lambda *said: told.append(said), lambda: seconds[0])
    for done in (40, 41, 45, 50):
        report.progress("Ranking", done, 100)
        seconds[0] += 1
    assert [said[3] for said in told] == [None, 59, pytest.approx(22), 15]
    for done in range(500):
        report.progress("Exporting", done, 1000)
        seconds[0] += 0.001
    assert len(told) < 15, "some times a second, not for each"


def test_ranking_becomes_a_round_of_the_queue(desk: Desk) -> None:
    begun = time.monotonic()
    desk.control.start(desk.project, RankRequest("random", 5, double="intra", share=0.4))
    assert time.monotonic() - begun < 2
    assert desk.control.busy
    with pytest.raises(CACError, match="The ranking is still under way"):
        desk.control.start(desk.project, RankRequest("random", 5))
    end = desk.wait()
    assert end == JobEnd(DONE, "Round 1 of the queue has 5 slices, ranked by random", 1)
    assert desk.said == [end.text]
    (first,) = rounds_of(desk.project.store)
    assert (first.strategy, first.number_of(), first.number_of(kinds=("intra",))) == ("random", 5, 2)
    entry = LabellingQueue(desk.project.store, "Anna").take()
    assert entry is not None
    assert entry.reason == "drawn at random"


def test_what_is_queued_is_not_ranked_again(project: Project) -> None:
    quiet = JobReport(lambda *_: None)
    assert do_job(project, RankRequest("random", 5), quiet).round == 1
    second = do_job(project, RankRequest("random", 100), quiet)
    assert second == ("Round 2 of the queue has 6 slices, ranked by random", 2)
    third = do_job(project, RankRequest("random", 100), quiet)
    assert third.round is None
    assert "nothing to rank" in third.text


def test_ranking_by_a_model(project: Project, tmp_path: Path) -> None:
    told: list[tuple[object, ...]] = []
    request = RankRequest("hybrid", 3, str(saved_model(tmp_path / "model")), passes=2, device="cpu")
    assert do_job(project, request, JobReport(lambda *said: told.append(said))).round == 1
    assert told[-1][:3] == ("Ranking unlabelled slices", 11, 11)
    (first,) = rounds_of(project.store)
    assert (first.strategy, first.model) == ("hybrid", "model")
    entry = LabellingQueue(project.store, "Anna").take()
    assert entry is not None
    assert "most uncertain" in entry.reason
    with pytest.raises(CACError, match="no model"):
        do_job(project, RankRequest("hybrid", 3, str(tmp_path / "none")), JobReport(lambda *_: None))


def test_a_ranking_ends_in_the_middle(project: Project, tmp_path: Path) -> None:
    def tell(_stage: str, done: int, *_: object) -> None:
        if done > 0:
            report.cancel()

    report = JobReport(tell)
    request = RankRequest("hybrid", 3, str(saved_model(tmp_path / "model")), passes=100, device="cpu")
    with pytest.raises(CACError, match="the ranking was cancelled"):
        do_job(project, request, report)
    assert rounds_of(project.store) == []


def test_cancel_is_heard(desk: Desk) -> None:
    desk.control.start(desk.project, RankRequest("random", 3))
    desk.control.cancel()
    assert desk.control.text == "Stopping"
    assert desk.wait() == JobEnd(CANCELLED, "the ranking was cancelled, and nothing was queued")
    assert desk.said == ["The ranking was cancelled, and nothing was queued"]
    assert rounds_of(desk.project.store) == []


def test_a_job_that_does_not_end_by_itself_is_ended(project: Project) -> None:
    ends: SimpleQueue[JobEnd] = SimpleQueue()

    class Listener:
        def progress(self, *_: object) -> None: ...

        def ended(self, end: JobEnd) -> None:
            ends.put(end)

    job = JobProcess(sys.executable, project.folder, RankRequest("random", 3), Listener(), patience_s=0.1)
    os.kill(job.pid, signal.SIGSTOP)
    job.cancel()
    assert ends.get(timeout=PATIENCE_S) == JobEnd(CANCELLED, "stopped; what was done stays done")
    assert rounds_of(project.store) == []


def test_a_process_that_dies_is_a_sentence(desk: Desk, tmp_path: Path) -> None:
    for request, said in (
        (RankRequest("random", 3), "it goes on where it was"),
        (ExportRequest("csv", str(tmp_path / "out")), "into another folder"),
    ):
        desk.control.start(desk.project, request)
        assert desk.control.pid is not None
        os.kill(desk.control.pid, signal.SIGKILL)
        end = desk.wait()
        assert end is not None
        assert end.state == FAILED
        assert "failed: the process that worked at it has ended (code -9)" in desk.said[-1]
        assert said in desk.said[-1]
        assert not desk.control.busy


def test_a_job_ends_with_the_panel(desk: Desk) -> None:
    desk.control.start(desk.project, RankRequest("random", 3))
    assert desk.control._process is not None
    process = desk.control._process._process
    desk.control.stop()
    assert not desk.control.busy
    process.wait(PATIENCE_S)
    assert desk.said == []


def test_labels_are_exported_under_pseudonyms(project: Project, tmp_path: Path) -> None:
    name = Path(project.scans[0].name).stem
    for format_name, wanted in (("nrrd", "*.nrrd"), ("csv", "*.csv")):
        for identified in (False, True):
            out = tmp_path / f"{format_name}-{identified}"
            request = ExportRequest(format_name, str(out), identified)
            result = do_job(project, request, JobReport(lambda *_: None))
            assert result == (f"Labels of 1 scan are in {out}", None)
            written = list(out.rglob(wanted))
            assert written
            said = any(name in (each.name + each.read_text("latin-1")) for each in written)
            assert said is identified


def test_an_export_goes_into_an_empty_folder_and_is_whole_or_not_there(
    desk: Desk, project: Project, tmp_path: Path
) -> None:
    full, out = tmp_path / "full", tmp_path / "out"
    full.mkdir()
    (full / "kept.txt").write_text("mine")
    with pytest.raises(CACError, match="is not empty; choose another folder"):
        desk.control.start(desk.project, ExportRequest("csv", str(full)))
    assert not desk.control.busy
    report = JobReport(lambda *_: report.cancel())
    with pytest.raises(CACError, match="was cancelled"):
        do_job(project, ExportRequest("nrrd", str(out)), report)
    assert list(out.iterdir()) == []
    for request in (ExportRequest("paper", str(out)), ExportRequest("csv", str(full))):
        with pytest.raises(CACError, match=r"is not one of|is not empty"):
            do_job(project, request, JobReport(lambda *_: None))
    assert [each.name for each in full.iterdir()] == ["kept.txt"]


def test_a_round_of_learning_begins_with_divided_patients(tmp_path: Path) -> None:
    project = project_of_noise(tmp_path, scans=5)
    quiet, request = JobReport(lambda *_: None), RoundRequest("small", "hybrid", 4, device="cpu")
    with pytest.raises(CACError, match="no patient validates models yet"):
        do_job(project, request, quiet)
    assert not is_divided(project)
    divide(project)
    assert is_divided(project)
    assert do_job(project, request, quiet) == ("Round 2 of the queue has 4 slices, ranked by random", 2)
