"""A model in a process of its own: progress, Cancel, errors, and a process that dies."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from CACAnnotationLib.proposing.local_process import LocalModelProcess
from CACAnnotationLib.proposing.model_runner import ModelAnswer, ProposalRequest
from CACAnnotationLib.proposing.slab import slab
from CACScoringLib.errors import CACError
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.model.prediction.proposal import propose
from CACScoringLib.model.store import load_model, save_model
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.scoring.protocol import ScoringProtocol
from prediction_models import small_model

WAIT_S = 120


class Heard:
    """Remembers what a listener is told."""

    def __init__(self, on_progress: Any = None) -> None:
        self.stages: list[tuple[str, int, int]] = []
        self.answer: ModelAnswer | None = None
        self.error: CACError | None = None
        self.was_cancelled = False
        self._ended = threading.Event()
        self._on_progress = on_progress

    def progress(self, stage: str, done: int, total: int) -> None:
        self.stages.append((stage, done, total))
        if self._on_progress:
            self._on_progress()

    def answered(self, answer: ModelAnswer) -> None:
        self.answer = answer
        self._ended.set()

    def failed(self, error: CACError) -> None:
        self.error = error
        self._ended.set()

    def cancelled(self) -> None:
        self.was_cancelled = True
        self._ended.set()

    def wait(self) -> Heard:
        assert self._ended.wait(WAIT_S)
        return self


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model = small_model()
    folder = tmp_path_factory.mktemp("model") / "small"
    save_model(folder, model.network, model.config, {"summary": "for tests"})
    return folder


@pytest.fixture(scope="module")
def scan() -> CTScan:
    rng = np.random.default_rng(2)
    hu = rng.normal(40, 20, (6, 64, 64)).astype(np.int16)
    hu[:, 20:30, 20:30] = rng.integers(131, 600, (6, 10, 10))
    return CTScan(hu, VolumeGeometry((64, 64, 6), (0.5, 0.5, 3.0), (5.0, -3.0, 10.0)))


@pytest.fixture
def runner(scan: CTScan) -> Iterator[LocalModelProcess]:
    runner = LocalModelProcess(ScoringProtocol())
    runner.open(scan)
    yield runner
    runner.close()


def test_the_answer_is_that_of_the_model_for_the_scan_and_for_a_slice(
    runner: LocalModelProcess, scan: CTScan, model_folder: Path
) -> None:
    whole, one = Heard(), Heard()
    runner.ask(ProposalRequest(str(model_folder)), whole)
    answer = whole.wait().answer
    runner.ask(ProposalRequest(str(model_folder), slices=(3, 4), passes=2), one)
    part = one.wait().answer

    assert answer is not None, whole.error
    assert part is not None, one.error
    wanted = propose(load_model(model_folder), scan, protocol=ScoringProtocol())
    np.testing.assert_array_equal(answer.proposal.cac, wanted.cac)
    np.testing.assert_array_equal(answer.proposal.car, wanted.car)
    assert answer.proposal.made_by == str(model_folder)
    assert answer.document["prediction"]["device"] == "cpu"
    assert whole.stages[0] == ("Getting ready", 0, 0)
    assert whole.stages[-1] == ("Slices", 6, 6)
    np.testing.assert_array_equal(part.proposal.cac[3], wanted.cac[3])
    assert not part.proposal.cac[[0, 1, 2, 4, 5]].any()
    assert part.slices == (3, 4)
    assert ("Pass 2 of 2", 2, 2) in one.stages
    assert "uncertainty" in part.document
    assert not list(runner._folder.glob("prediction-*"))


def test_cancel_is_heard_at_once_and_the_next_request_is_answered(
    runner: LocalModelProcess, model_folder: Path
) -> None:
    first = Heard(runner.cancel)
    runner.ask(ProposalRequest(str(model_folder), passes=1000), first)
    assert first.wait().was_cancelled
    second, third = Heard(), Heard()
    runner.ask(ProposalRequest(str(model_folder), passes=1000), second)
    runner.ask(ProposalRequest(str(model_folder)), third)
    assert second.wait().was_cancelled
    assert third.wait().answer is not None
    assert first.answer is second.answer is None
    runner.cancel()


def test_what_fails_is_a_sentence(runner: LocalModelProcess, tmp_path: Path) -> None:
    heard = Heard()
    runner.ask(ProposalRequest(str(tmp_path / "nothing")), heard)
    assert "nothing" in str(heard.wait().error)
    with pytest.raises(ValueError, match="no slices 4 to 9"):
        runner.ask(ProposalRequest("demo", slices=(4, 9)), heard)


def test_a_process_that_dies_fails_its_request_and_is_replaced(
    runner: LocalModelProcess, model_folder: Path
) -> None:
    def kill() -> None:
        assert runner._process is not None
        os.kill(runner._process.pid, signal.SIGKILL)

    first, second = Heard(kill), Heard()
    runner.ask(ProposalRequest(str(model_folder), passes=1000), first)
    assert "has ended" in str(first.wait().error)
    runner.ask(ProposalRequest(str(model_folder)), second)
    assert second.wait().answer is not None


def test_the_process_and_its_files_go_with_the_panel(scan: CTScan, model_folder: Path) -> None:
    runner = LocalModelProcess(ScoringProtocol())
    with pytest.raises(ValueError, match="no scan is open"):
        runner.ask(ProposalRequest("demo"), Heard())
    runner.open(scan)
    heard = Heard()
    runner.ask(ProposalRequest(str(model_folder), passes=1000), heard)
    process, folder = runner._process, runner._folder
    assert process is not None
    runner.close()
    assert process.poll() is not None
    assert not folder.exists()


def test_a_slab_lies_where_its_slices_lie(scan: CTScan) -> None:
    part = slab(scan, 2, 4)
    assert part.geometry.shape == (2, 64, 64)
    np.testing.assert_allclose(part.geometry.lps_of((1, 2, 0)), scan.geometry.lps_of((1, 2, 2)))
    assert np.shares_memory(part.values, scan.values)
