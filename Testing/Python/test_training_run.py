"""Training runs: what they leave behind, and how they survive kills, full disks and mistakes."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from CACAnnotationLib.training.configuration import read_config  # noqa: E402
from CACAnnotationLib.training.trainer import TrainingListener, TrainingRun, train  # noqa: E402
from CACScoringLib.commands.app import make_app  # noqa: E402
from CACScoringLib.errors import CACError  # noqa: E402
from CACScoringLib.model.store import load_model  # noqa: E402
from training_samples import write_cohort, write_config  # noqa: E402
from typer.testing import CliRunner  # noqa: E402

ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1"}
COMMAND = "from CACScoringLib.commands.app import main; main()"


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_cohort(tmp_path_factory.mktemp("cohort"))


@pytest.fixture(scope="module")
def finished(cohort: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainingRun:
    """A run of six epochs that nothing disturbed."""
    folder = tmp_path_factory.mktemp("finished")
    torch.set_num_threads(1)
    return train(cohort, read_config(write_config(folder / "config.toml", 6)), folder / "run", device="cpu")


def same_weights(first: Path, second: Path) -> bool:
    one, other = (load_model(path).network.state_dict() for path in (first, second))
    return all(torch.equal(one[name], other[name]) for name in one)


def without_times(history: list[dict[str, float]]) -> list[dict[str, float]]:
    return [{name: value for name, value in row.items() if name != "seconds"} for row in history]


def cac_train(data: Path, config: Path, out: Path) -> list[str]:
    return ["train", str(data), "--config", str(config), "--out", str(out), "--device", "cpu"]


def test_run_leaves_model_figures_picture_and_record(finished: TrainingRun) -> None:
    folder = finished.model.parent
    record = json.loads((folder / "run.json").read_text())
    rows = list(csv.DictReader((folder / "metrics.csv").open()))
    model = load_model(finished.model)

    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4", "5", "6"]
    assert float(rows[5]["learning_rate"]) == pytest.approx(2e-3 * 0.95)
    assert float(rows[5]["loss"]) < float(rows[0]["loss"])
    assert record["config"]["network"]["channels"] == [4, 8]
    assert record["data"]["training"]["patients"] + record["data"]["validation"]["patients"] == 6
    assert record["versions"]["torch"] == torch.__version__
    assert (folder / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert model.card["validation"]["epoch"] == finished.progress.best_epoch
    assert model.card["training"]["seed"] == 4
    assert model.card["notice"] == "For research use only; not a medical device."
    assert not list(folder.glob(".*"))


def test_same_seed_gives_the_same_weights_and_another_seed_others(
    cohort: Path, finished: TrainingRun, tmp_path: Path
) -> None:
    path = write_config(tmp_path / "config.toml", 6)
    again = train(cohort, read_config(path), tmp_path / "again", device="cpu")
    path.write_text(path.read_text().replace("seed = 4", "seed = 5"))
    other = train(cohort, read_config(path), tmp_path / "other", device="cpu")

    assert same_weights(again.model, finished.model)
    assert without_times(again.progress.history) == without_times(finished.progress.history)
    assert not same_weights(other.model, finished.model)


def test_killed_run_goes_on_after_its_last_epoch_and_ends_the_same(
    cohort: Path, finished: TrainingRun, tmp_path: Path
) -> None:
    config, out = write_config(tmp_path / "config.toml", 6), tmp_path / "run"
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, *cac_train(cohort, config, out)], env=ENVIRONMENT
    )
    deadline = time.monotonic() + 60
    while not (out / "checkpoint.pt").exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.returncode == -signal.SIGKILL

    done = torch.load(out / "checkpoint.pt", weights_only=True)["progress"]["epochs"]
    listener = Remembering()
    run = train(cohort, read_config(config), out, device="cpu", listener=listener)

    assert 1 <= done < 6
    assert listener.epochs == list(range(done + 1, 7))
    assert same_weights(run.model, finished.model)
    assert without_times(run.progress.history) == without_times(finished.progress.history)


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

    run = train(cohort, read_config(write_config(config, 6)), out, device="cpu")

    assert same_weights(run.model, finished.model)


def test_early_stopping_keeps_the_best(cohort: Path, tmp_path: Path) -> None:
    config = write_config(tmp_path / "config.toml", 40, extra="patience = 1\n")
    config.write_text(config.read_text().replace("2e-3", "0.3"))

    progress = train(cohort, read_config(config), tmp_path / "run", device="cpu").progress

    assert progress.epochs == progress.best_epoch + 1 < 40


def test_warm_start_begins_with_the_earlier_weights(
    cohort: Path, finished: TrainingRun, tmp_path: Path
) -> None:
    config = write_config(tmp_path / "config.toml", 1)
    config.write_text(config.read_text().replace("2e-3", "1e-9"))

    run = train(cohort, read_config(config), tmp_path / "run", device="cpu", start_from=str(finished.model))

    old, new = (dict(load_model(path).network.named_parameters()) for path in (finished.model, run.model))
    assert all(torch.allclose(old[name], new[name], atol=1e-6) for name in old)
    assert json.loads((tmp_path / "run" / "run.json").read_text())["start_weights"]
    config.write_text(config.read_text().replace("channels = [4, 8]", "channels = [4, 6]"))
    with pytest.raises(CACError, match="another network"):
        train(cohort, read_config(config), tmp_path / "other", device="cpu", start_from=str(finished.model))


def test_exploding_loss_is_said_and_nothing_of_it_is_stored(cohort: Path, tmp_path: Path) -> None:
    config = write_config(tmp_path / "config.toml", 3)
    config.write_text(config.read_text().replace("2e-3", "1e30"))

    with pytest.raises(CACError, match="the loss of epoch 1 is no number: lower learning_rate"):
        train(cohort, read_config(config), tmp_path / "run", device="cpu")

    assert not (tmp_path / "run" / "checkpoint.pt").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on file sizes there")
def test_full_disk_is_one_sentence_and_the_last_checkpoint_stays(
    cohort: Path, finished: TrainingRun, tmp_path: Path
) -> None:
    import resource

    config, out = write_config(tmp_path / "config.toml", 2), tmp_path / "run"
    train(cohort, read_config(config), out, device="cpu")
    before = (out / "checkpoint.pt").read_bytes()
    write_config(config, 6)

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, limits[1]))
    try:
        full = CliRunner().invoke(make_app(), cac_train(cohort, config, out))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert full.exit_code == 2
    message = " ".join(full.stderr.split("Error:")[1].split())
    assert message.startswith(f"cannot write {out / 'checkpoint.pt'}: file too large; make room")
    assert "learned in the 2 epochs before is safe" in message
    assert (out / "checkpoint.pt").read_bytes() == before
    assert not list(out.glob(".partial*"))
    run = train(cohort, read_config(config), out, device="cpu")
    assert same_weights(run.model, finished.model)


def test_damaged_checkpoint_is_named(cohort: Path, tmp_path: Path) -> None:
    config, out = read_config(write_config(tmp_path / "config.toml", 1)), tmp_path / "run"
    train(cohort, config, out, device="cpu")
    (out / "checkpoint.pt").write_bytes((out / "checkpoint.pt").read_bytes()[:1000])

    with pytest.raises(CACError, match=r"checkpoint\.pt is damaged"):
        train(cohort, config, out, device="cpu")


def test_command_says_what_is_wrong_and_trains_what_is_right(cohort: Path, tmp_path: Path) -> None:
    config, out = write_config(tmp_path / "config.toml", 1, extra="epoch = 3\n"), tmp_path / "run"
    wrong = CliRunner().invoke(make_app(), cac_train(cohort, config, out))
    write_config(config, 1)
    right = CliRunner().invoke(make_app(), cac_train(cohort, config, out))

    assert wrong.exit_code == 2
    assert "did you mean 'epochs'?" in wrong.stderr
    assert right.exit_code == 0
    assert "1 epochs; the best was 1" in right.stdout
    assert load_model(out / "model").config.channels == (4, 8)


@pytest.mark.skipif(sys.platform == "win32", reason="torchrun is tried on Linux")
def test_two_processes_train_one_model_together(cohort: Path, finished: TrainingRun, tmp_path: Path) -> None:
    config, out = write_config(tmp_path / "config.toml", 1), tmp_path / "run"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    script = tmp_path / "cac.py"
    script.write_text(COMMAND)

    subprocess.run(
        [*command, str(script), *cac_train(cohort, config, out)],
        check=True, capture_output=True, timeout=200, env=ENVIRONMENT,
    )  # fmt: skip

    (row,) = csv.DictReader((out / "metrics.csv").open())
    assert load_model(out / "model").config.channels == (4, 8)
    # the same slices as one process sees, normalised in halves of the batch
    assert float(row["region_loss"]) == pytest.approx(finished.progress.history[0]["region_loss"], rel=0.2)
    assert json.loads((out / "run.json").read_text())["processes"] == 2
