"""Training runs: what they leave behind, and how they survive full disks and mistakes."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from CACAnnotationLib.training import configuration  # noqa: E402
from CACAnnotationLib.training.configuration import read_config  # noqa: E402
from CACAnnotationLib.training.trainer import TrainingRun, train  # noqa: E402
from CACScoringLib.commands.app import make_app  # noqa: E402
from CACScoringLib.errors import CACError  # noqa: E402
from CACScoringLib.model.store import load_model  # noqa: E402
from training_runs import COMMAND, ENVIRONMENT, EPOCHS, cac_train  # noqa: E402
from training_samples import write_config  # noqa: E402
from typer.testing import CliRunner  # noqa: E402


def same_weights(first: Path, second: Path) -> bool:
    one, other = (load_model(path).network.state_dict() for path in (first, second))
    return all(torch.equal(one[name], other[name]) for name in one)


def test_run_leaves_model_figures_picture_and_record(finished: TrainingRun) -> None:
    folder = finished.model.parent
    record = json.loads((folder / "run.json").read_text())
    rows = list(csv.DictReader((folder / "metrics.csv").open()))
    model = load_model(finished.model)

    assert [row["epoch"] for row in rows] == [str(number) for number in range(1, EPOCHS + 1)]
    assert float(rows[5]["learning_rate"]) == pytest.approx(2e-3 * 0.95)
    assert float(rows[5]["loss"]) < float(rows[0]["loss"])
    assert record["config"]["network"]["channels"] == [4, 8]
    assert record["data"]["training"]["patients"] + record["data"]["validation"]["patients"] == 6
    assert record["versions"]["torch"] == torch.__version__
    for picture in ("curves.png", "reliability.png"):
        assert (folder / picture).read_bytes().startswith(b"\x89PNG")
    assert model.card["validation"]["epoch"] == finished.progress.best_epoch
    assert model.card["training"]["seed"] == 4
    # candidates of the two scans that validate: 4 slices each with 120 voxels of bone, and 8 of calcium
    assert model.card["calibration"]["lesion"]["voxels"] == 2 * (4 * 120 + 8)
    assert model.card["calibration"]["lesion"]["temperature"] > 0
    assert "expected calibration error before" in (finished.model / "README.md").read_text()
    assert model.card["notice"] == "For research use only; not a medical device."
    assert not list(folder.rglob(".*partial*"))


def test_same_seed_gives_the_same_weights_and_another_seed_others(
    cohort: Path, finished: TrainingRun, tmp_path: Path
) -> None:
    path = write_config(tmp_path / "config.toml", EPOCHS)
    again = train(cohort, read_config(path), tmp_path / "again", device="cpu")
    path.write_text(path.read_text().replace("seed = 4", "seed = 5"))
    other = train(cohort, read_config(path), tmp_path / "other", device="cpu")

    assert same_weights(again.model, finished.model)
    assert not same_weights(other.model, finished.model)


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
    # the last layers are calibrated anew: all their weights share a factor then, and OTHER is shifted
    for name, weights in old.items():
        if name.endswith("head.2.bias"):
            continue
        factor = (new[name] / weights).median() if "head.2" in name else 1.0
        assert torch.allclose(weights * factor, new[name], atol=1e-6)
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


def test_a_crop_that_fits_no_memory_is_said(
    cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configuration, "MOST_CROP", 2**40)
    config = write_config(tmp_path / "config.toml", extra="crop = 40000000\n")

    with pytest.raises(CACError, match="the memory is full; choose a smaller batch_size or crop"):
        train(cohort, read_config(config), tmp_path / "run", device="cpu")


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
    assert right.stdout.startswith("1 epoch; the best was epoch 1, with a validation micro-F1 of 0.")
    assert right.stderr.splitlines()[1:-1] == [
        "16 slices (3 with calcium) of 4 patients to train, 8 slices (2 with calcium) of 2 patients to "
        "validate",
        "6 scans say nothing of the patient; each counts as one of its own. If some are of the same patient, "
        "say so in patients.csv, see cac train --help",
        "training on the processor",
    ]
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
    alone = finished.progress.history[0]
    for name in ("region_loss", "validation_region_loss", "validation_loss"):
        assert float(row[name]) == pytest.approx(alone[name], rel=0.05)
    assert json.loads((out / "run.json").read_text())["processes"] == 2
