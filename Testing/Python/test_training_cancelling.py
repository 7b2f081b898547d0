"""A run that is cancelled stops before its next batch, and goes on as if nothing had been."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from CACAnnotationLib.training.cancelling import TrainingCancelledError  # noqa: E402
from CACAnnotationLib.training.configuration import read_config  # noqa: E402
from CACAnnotationLib.training.folder_lock import locked  # noqa: E402
from CACAnnotationLib.training.trainer import TrainingListener, TrainingRun, train  # noqa: E402
from training_runs import EPOCHS, left_behind  # noqa: E402
from training_samples import write_config  # noqa: E402


class Noting(TrainingListener):
    """Notes which step was done last, and how many epochs were."""

    def __init__(self) -> None:
        self.last: tuple[str, int, int] = ("", 0, 0)

    def caching(self, done: int, scans: int) -> None:
        self._note("caching", done)

    def waiting(self, folder: Path) -> None:
        self._note("waiting", 1)

    def batch(self, done: int, batches: int, loss: float) -> None:
        self._note("batch", done)

    def validating(self, done: int, batches: int) -> None:
        self._note("validating", done)

    def epoch(self, row: dict[str, float], best_epoch: int) -> None:
        self.last = ("epoch", 0, self.last[2] + 1)

    def calibrating(self, done: int, slices: int) -> None:
        self._note("calibrating", done)

    def _note(self, step: str, done: int) -> None:
        self.last = (step, done, self.last[2])


SAFE = "the training was cancelled. What was learned up to epoch"
STOPS = [
    (("caching", 2, 0), "the training was cancelled", 0),
    (("batch", 2, 1), f"{SAFE} 1 is safe", 1),
    (("validating", 1, 0), f"{SAFE} 1 is safe", 1),
    (("calibrating", 3, EPOCHS - 1), f"{SAFE} {EPOCHS} is safe", EPOCHS),
]
"""Step after which to stop, its number, whole epochs since the last stop; what is said; epochs stored."""


def test_a_run_cancelled_at_every_step_ends_as_if_nothing_had_been(
    cohort: Path, finished: TrainingRun, tmp_path: Path
) -> None:
    config, out = read_config(write_config(tmp_path / "config.toml", EPOCHS)), tmp_path / "run"
    for stop, sentence, epochs in STOPS:
        listener = Noting()

        def asked(listener: Noting = listener, stop: tuple[str, int, int] = stop) -> bool:
            return listener.last == stop

        with pytest.raises(TrainingCancelledError) as caught:
            train(cohort, config, out, device="cpu", listener=listener, cancelled=asked)

        assert str(caught.value) == sentence
        assert listener.last == stop, "nothing more was done"
        assert (out / "checkpoint.pt").exists() == (epochs > 0)
        if epochs:
            content = torch.load(out / "checkpoint.pt", weights_only=True)
            assert content["progress"]["epochs"] == epochs

    run = train(cohort, config, out, device="cpu", cancelled=lambda: False)

    assert left_behind(run) == left_behind(finished)


def test_waiting_for_another_run_can_be_cancelled(cohort: Path, tmp_path: Path) -> None:
    config, out = read_config(write_config(tmp_path / "config.toml", 1)), tmp_path / "run"
    listener = Noting()
    with locked(out / "slices" / ".build.lock") as held:
        if not held:
            pytest.skip("no locks here")
        with pytest.raises(TrainingCancelledError):
            train(cohort, config, out, device="cpu", listener=listener, cancelled=lambda: True)

    assert listener.last == ("waiting", 1, 0)
