"""Runs that are killed, stopped or short of disk go on and end as if nothing had been."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from CACAnnotationLib.training.configuration import read_config  # noqa: E402
from CACAnnotationLib.training.folder_lock import locked  # noqa: E402
from CACAnnotationLib.training.trainer import TrainingListener, TrainingRun, train  # noqa: E402
from CACScoringLib.commands.app import make_app  # noqa: E402
from CACScoringLib.errors import CACError  # noqa: E402
from CACScoringLib.model.networks import PreparedNetwork  # noqa: E402
from CACScoringLib.model.store import load_model  # noqa: E402
from training_runs import COMMAND, ENVIRONMENT, EPOCHS, cac_train, left_behind  # noqa: E402
from training_samples import write_cohort, write_config  # noqa: E402
from typer.testing import CliRunner  # noqa: E402

KILLED = """
import os, sys, torch
from pathlib import Path
from CACAnnotationLib.training import best_model, calibrating, trainer
from CACAnnotationLib.training.configuration import read_config
from CACScoringLib import whole_files
from CACScoringLib.model.store import load_model

torch.set_num_threads(1)
data, config, out = map(Path, sys.argv[1:4])

def kill_at(module, name, call=1, when=lambda *given: True):
    original, calls = getattr(module, name), []
    def killing(*given, **named):
        if when(*given):
            calls.append(name)
            if len(calls) == call:
                os.kill(os.getpid(), 9)
        return original(*given, **named)
    setattr(module, name, killing)

def is_checkpoint(file):
    return os.path.realpath(f"/proc/self/fd/{file}").endswith("checkpoint.pt")

def is_model(path, target):
    return path.name == ".model.partial"

moments = {
    "second checkpoint half written": lambda: kill_at(whole_files.os, "fsync", 2, is_checkpoint),
    "before the model": lambda: kill_at(trainer, "save_best"),
    "model half replaced": lambda: kill_at(Path, "rename", 1, is_model),
    "calibrating": lambda: kill_at(calibrating, "fit_temperature"),
    "before the pictures": lambda: kill_at(best_model, "reliability_figure"),
}
for moment, prepare in moments.items():
    child = os.fork()
    if child == 0:
        prepare()
        trainer.train(data, read_config(config), out, device="cpu")
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    epochs = torch.load(out / "checkpoint.pt", weights_only=True)["progress"]["epochs"]
    calibrated = not isinstance(load_model(out / "model").card["calibration"], str)
    print(moment, status, epochs, (out / "model").exists(), calibrated, sep=", ")
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no fork, or no /proc there")
def test_a_run_killed_again_and_again_loses_no_whole_epoch_and_ends_the_same(
    cohort: Path, finished: TrainingRun, tmp_path: Path
) -> None:
    config, out = write_config(tmp_path / "config.toml", EPOCHS), tmp_path / "run"
    said = subprocess.run(
        [sys.executable, "-c", KILLED, str(cohort), str(config), str(out)],
        check=True, capture_output=True, text=True, env=ENVIRONMENT,
    ).stdout  # fmt: skip
    # signal, whole epochs, whether model/ is there under its name, whether it is calibrated
    assert said.splitlines() == [
        "second checkpoint half written, 9, 1, True, False",
        "before the model, 9, 2, True, False",
        "model half replaced, 9, 3, False, False",
        f"calibrating, 9, {EPOCHS}, True, False",
        f"before the pictures, 9, {EPOCHS}, True, True",
    ]

    listener = Remembering()
    run = train(cohort, read_config(config), out, device="cpu", listener=listener)

    assert listener.epochs == []
    assert left_behind(run) == left_behind(finished)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_a_kill_from_outside_is_survived_too(cohort: Path, finished: TrainingRun, tmp_path: Path) -> None:
    config, out = write_config(tmp_path / "config.toml", EPOCHS), tmp_path / "run"
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, *cac_train(cohort, config, out)], env=ENVIRONMENT
    )
    deadline = time.monotonic() + 60
    while not (out / "checkpoint.pt").exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.returncode == -signal.SIGKILL

    assert left_behind(train(cohort, read_config(config), out, device="cpu")) == left_behind(finished)


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks there")
def test_two_processes_never_train_in_one_folder(cohort: Path, tmp_path: Path) -> None:
    config, out = write_config(tmp_path / "config.toml", 1), tmp_path / "run"
    with locked(out / ".run.lock"):
        second = CliRunner().invoke(make_app(), cac_train(cohort, config, out))

    assert second.exit_code == 2
    assert second.stderr.splitlines()[-1] == (
        f"Error: another process works in {out}; wait for it, or end it"
    )
    assert [path.name for path in out.iterdir()] == [".run.lock"]
    assert train(cohort, read_config(config), out, device="cpu").progress.epochs == 1


class Remembering(TrainingListener):
    def __init__(self, stop_after: int | None = None) -> None:
        self.epochs: list[int] = []
        self.stop_after = stop_after

    def epoch(self, row: dict[str, float], best_epoch: int) -> None:
        self.epochs.append(int(row["epoch"]))
        if self.epochs[-1] == self.stop_after:
            raise KeyboardInterrupt


def test_stopped_run_may_be_made_longer_but_not_changed(
    cohort: Path, finished: TrainingRun, tmp_path: Path
) -> None:
    config, out = write_config(tmp_path / "config.toml", 3), tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        train(cohort, read_config(config), out, device="cpu", listener=Remembering(stop_after=2))
    config.write_text(config.read_text().replace("batch_size = 4", "batch_size = 6"))
    with pytest.raises(CACError, match=r"holds a run with batch_size = 4 instead of 6"):
        train(cohort, read_config(config), out, device="cpu")
    fewer = write_cohort(tmp_path / "fewer", 5)
    with pytest.raises(CACError, match="holds a run with other data"):
        train(fewer, read_config(write_config(config, 3)), out, device="cpu")
    same = write_cohort(tmp_path / "same")
    (same / "patients.csv").write_text("scan,patient\n" + "".join(f"scan-{n},{n // 2}\n" for n in range(6)))
    with pytest.raises(CACError, match="holds a run with another split of its patients"):
        train(same, read_config(config), out, device="cpu")

    train(cohort, read_config(config), out, device="cpu")
    run = train(cohort, read_config(write_config(config, EPOCHS)), out, device="cpu")

    assert left_behind(run) == left_behind(finished)


def test_a_reduced_network_goes_on_with_its_averaged_weights(cohort: Path, tmp_path: Path) -> None:
    config = write_config(tmp_path / "config.toml", 4, extra="averaging = 0.7\n")
    prepared = "[network]\nreduction = 2\nwindow_hu = [-160, 480]\n"
    config.write_text(config.read_text().replace("[network]\n", prepared))
    settings = read_config(config)
    whole = train(cohort, settings, tmp_path / "whole", device="cpu")
    with pytest.raises(KeyboardInterrupt):
        train(cohort, settings, tmp_path / "run", device="cpu", listener=Remembering(stop_after=2))

    run = train(cohort, settings, tmp_path / "run", device="cpu")

    assert left_behind(run) == left_behind(whole)
    model = load_model(run.model)
    assert isinstance(model.network, PreparedNetwork)
    assert (model.config.reduction, model.config.window_hu) == (2, (-160, 480))
    checkpoint = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)
    average, learning = checkpoint["progress"]["average"], checkpoint["learner"]
    assert average.keys() == model.network.state_dict().keys()
    assert any(not torch.equal(average[name], learning[f"network.{name}"]) for name in average)


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on file sizes there")
def test_full_disk_is_one_sentence_and_nothing_is_lost(
    cohort: Path, finished: TrainingRun, tmp_path: Path
) -> None:
    config, out = write_config(tmp_path / "config.toml", EPOCHS), tmp_path / "run"
    half = {name: (finished.model.parent / name).stat().st_size // 2 for name in ("checkpoint.pt", PICTURE)}

    message = train_with_room(1000, cohort, config, out)
    assert re.fullmatch(rf"cannot write {out}/slices/\w+\.hu\.npy: {TOO_LARGE}", message)
    train_with_room(None, cohort, write_config(config, 2), out)
    before = (out / "checkpoint.pt").read_bytes()
    message = train_with_room(half["checkpoint.pt"], cohort, write_config(config, EPOCHS), out)
    safe = "What was learned up to epoch 2 is safe"
    assert re.fullmatch(rf"cannot write {out}/checkpoint\.pt: {TOO_LARGE}\. {safe}", message)
    assert (out / "checkpoint.pt").read_bytes() == before
    train_with_room(None, cohort, config, out)
    (out / PICTURE).unlink()
    message = train_with_room(half[PICTURE], cohort, config, out)
    assert re.fullmatch(rf"cannot write {out}/{PICTURE}: {TOO_LARGE}", message)

    assert not list(out.rglob(".*partial*"))
    assert left_behind(train(cohort, read_config(config), out, device="cpu")) == left_behind(finished)


TOO_LARGE = "file too large; make room and run the same command again"
PICTURE = "reliability.png"


def train_with_room(room: int | None, data: Path, config: Path, out: Path) -> str:
    """Run ``cac train`` while no file may be longer than ``room`` bytes; return its error, empty for None."""
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits[0] if room is None else room, limits[1]))
    try:
        result = CliRunner().invoke(make_app(), cac_train(data, config, out))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert result.exit_code == (0 if room is None else 2)
    return "" if room is None else result.stderr.split("Error: ")[1].strip()
