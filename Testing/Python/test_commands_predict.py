"""``cac predict`` from a file to a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from CACScoringLib.commands.app import make_app
from CACScoringLib.model.prediction.proposal import propose
from CACScoringLib.model.store import save_model
from CACScoringLib.scans.reader import read_scan
from CACScoringLib.scoring.protocol import protocol_named
from CACScoringLib.scoring.scores import score_scan
from prediction_models import noisy_scan, plain_probabilities, small_model
from typer.testing import CliRunner


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A scan and a model, ``scan.nrrd`` and ``small``."""
    scan, model = noisy_scan((4, 30, 40)), small_model()
    sitk.WriteImage(scan.geometry.to_image(scan.values), str(tmp_path / "scan.nrrd"))
    save_model(tmp_path / "small", model.network, model.config, {"data": "None."})
    return tmp_path


def _run(folder: Path, *options: str, image: str = "scan.nrrd", model: str = "small") -> Any:
    arguments = [str(folder / image), "--model", str(folder / model), "--out", str(folder / "out"), *options]
    return CliRunner().invoke(make_app(), ["predict", *arguments])


def _labels(path: Path) -> np.ndarray:
    return sitk.GetArrayFromImage(sitk.ReadImage(str(path)))


def test_writes_label_maps_on_the_scans_grid_and_scores(folder: Path) -> None:
    result = _run(folder, "--precision", "exact", "--json")
    assert result.exit_code == 0, result.output
    scan, model = read_scan(folder / "scan.nrrd"), small_model()
    expected = propose(model, scan, "exact", protocol=protocol_named("agatston"))
    assert np.array_equal(_labels(folder / "out" / "cac.nrrd"), expected.cac)
    assert np.array_equal(_labels(folder / "out" / "car.nrrd"), expected.car)
    assert sitk.ReadImage(str(folder / "out" / "cac.nrrd")).GetSpacing() == scan.geometry.spacing_mm
    document = json.loads((folder / "out" / "prediction.json").read_text())
    assert json.loads(result.stdout) == document
    scores = score_scan(scan, expected.cac, protocol_named("agatston"))
    assert document["state"] == "proposed"
    assert document["total"]["agatston"] == pytest.approx(scores.total.agatston)
    assert scores.total.agatston > 0
    assert document["prediction"]["precision"] == "exact"
    assert not (folder / "out" / "probabilities.npz").exists()
    assert not list((folder / "out").glob(".partial*"))


def test_probabilities_are_exact_whatever_precision_was_asked_for(folder: Path) -> None:
    result = _run(folder, "--precision", "focused", "--probabilities")
    assert result.exit_code == 0, result.output
    assert "0 of 4 slices reviewed" in result.output
    assert "not a medical device" in result.output
    values = np.full((4, 32, 40), -3024, np.int16)
    values[:, :30] = noisy_scan((4, 30, 40)).values
    region, lesion = plain_probabilities(small_model(), values)
    with np.load(folder / "out" / "probabilities.npz") as stored:
        assert stored["region"].dtype == stored["lesion"].dtype == np.float32
        assert np.abs(stored["region"] - region[:, :, :30]).max() < 1e-5
        assert np.abs(stored["lesion"] - lesion[:, :, :30]).max() < 1e-5
    assert json.loads((folder / "out" / "prediction.json").read_text())["prediction"]["precision"] == "exact"


def test_single_task_writes_no_regions(folder: Path) -> None:
    model = small_model("single_task")
    save_model(folder / "single", model.network, model.config, {})
    assert _run(folder, model="single").exit_code == 0
    assert (folder / "out" / "cac.nrrd").exists()
    assert not (folder / "out" / "car.nrrd").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"image": "absent.nrrd"}, "absent.nrrd"),
        ({"model": "absent"}, "no model"),
    ],
)
def test_bad_input_is_a_sentence(folder: Path, options: dict[str, str], said: str) -> None:
    result = _run(folder, **options)  # type: ignore[arg-type]
    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output
    assert not (folder / "out" / "prediction.json").exists()


def test_a_file_in_the_way_of_the_folder_is_named(folder: Path) -> None:
    (folder / "out").write_text("")
    result = _run(folder)
    assert result.exit_code == 2
    assert "out" in result.output


def test_labels_that_a_reader_made_or_corrected_are_never_replaced(folder: Path) -> None:
    assert _run(folder).exit_code == 0
    assert _run(folder).exit_code == 0
    proposal = folder / "out" / "cac.nrrd"
    corrected = sitk.ReadImage(str(proposal))
    corrected[0, 0, 0] = 2
    sitk.WriteImage(corrected, str(proposal), useCompression=True)
    labels = proposal.read_bytes()
    for said in ("cac.nrrd has been changed since a prediction wrote it", "was not written by a prediction"):
        result = _run(folder)
        assert result.exit_code == 2
        assert said in " ".join(result.output.split())
        assert proposal.read_bytes() == labels
        # without it, nothing tells these labels from a reader's own
        (folder / "out" / "prediction.json").unlink(missing_ok=True)
