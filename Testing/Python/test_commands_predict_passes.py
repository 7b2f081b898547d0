"""``cac predict --mc`` and ``--explain``: figures against passes recomputed, files that come together."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from CACScoringLib import whole_files
from CACScoringLib.commands.app import make_app
from CACScoringLib.model.prediction import slices
from CACScoringLib.model.prediction.focus import Focus, candidate_voxels
from CACScoringLib.model.prediction.passes import candidate_passes
from CACScoringLib.model.prediction.threshold import label_at_threshold
from CACScoringLib.model.store import Model, save_model
from CACScoringLib.scans.reader import read_scan
from CACScoringLib.scoring.protocol import protocol_named
from CACScoringLib.scoring.scores import score_scan
from prediction_models import lad_everywhere, noisy_scan, other_everywhere, scan_of_values, small_model
from typer.testing import CliRunner

pytest.importorskip("captum")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A scan and a model, ``scan.nrrd`` and ``small``."""
    write_scan(tmp_path / "scan.nrrd", noisy_scan((4, 32, 40)).values)
    model = small_model()
    save_model(tmp_path / "small", model.network, model.config, {"data": "None."})
    return tmp_path


def write_scan(path: Path, values: np.ndarray, pixel_mm: float = 1.0) -> None:
    image = scan_of_values(values).geometry.to_image(values)
    image.SetSpacing((pixel_mm, pixel_mm, 3.0))
    sitk.WriteImage(image, str(path))


def _run(folder: Path, *options: str) -> Any:
    arguments = [str(folder / "scan.nrrd"), "--model", str(folder / "small"), "--out", str(folder / "out")]
    return CliRunner().invoke(make_app(), ["predict", *arguments, *options])


def _document(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "out" / "prediction.json").read_text())


def _entropy(probability: np.ndarray) -> np.ndarray:
    return -sum(part * np.log(np.where(part > 0, part, 1)) for part in (probability, 1 - probability))


def test_passes_give_what_numpy_makes_of_them(folder: Path) -> None:
    result = _run(folder, "--precision", "exact", "--mc", "4", "--dropout", "0.2", "--seed", "3")
    assert result.exit_code == 0, result.output
    document, scan = _document(folder), read_scan(folder / "scan.nrrd")
    passes = list(candidate_passes(small_model(), scan, 4, 0.2, 3))
    voxels, protocol = candidate_voxels(scan), protocol_named("agatston")
    calcium = np.array([each.calcium for each in passes], np.float64)

    entropy = _entropy(calcium.mean(axis=0))
    maps = {
        "uncertainty.nrrd": (calcium.var(axis=0), "1"),
        "entropy.nrrd": (entropy, "nats"),
        "mutual-information.nrrd": (entropy - _entropy(calcium).mean(axis=0), "nats"),
    }
    assert set(document["uncertainty"]["maps"]) == set(maps)
    for name, (values, unit) in maps.items():
        image = sitk.ReadImage(str(folder / "out" / name))
        expected = np.zeros(scan.geometry.shape)
        expected.reshape(-1)[voxels] = values
        assert np.abs(sitk.GetArrayFromImage(image) - expected).max() < 1e-6
        assert expected.max() > 1e-4
        assert image.GetPixelID() == sitk.sitkFloat32
        assert image.GetSpacing() == scan.geometry.spacing_mm
        assert image.GetMetaData("unit") == document["uncertainty"]["maps"][name]["unit"] == unit
        assert image.GetMetaData("meaning") == document["uncertainty"]["maps"][name]["meaning"]
    slices = np.unravel_index(voxels, scan.geometry.shape)[0]
    by_slice = [calcium.var(axis=0)[slices == k].mean() for k in range(4)]
    assert np.allclose(document["uncertainty"]["slices"]["variance"], by_slice, atol=1e-6)

    totals, arteries = [], []
    for each in passes:
        labels = np.zeros(scan.geometry.shape, np.uint8)
        labels.reshape(-1)[voxels] = each.labels
        label_at_threshold(labels, scan, protocol)
        scores = score_scan(scan, labels, protocol)
        totals.append(scores.total.agatston)
        arteries.append(scores.arteries["LAD"].agatston)
    found = document["score_distribution"]
    assert found["total"]["agatston"] == pytest.approx(totals)
    assert found["arteries"]["LAD"]["agatston"] == pytest.approx(arteries)
    assert found["total"]["zero_probability"] == np.mean(np.array(totals) == 0)
    assert sum(found["risk"]["probabilities"].values()) == pytest.approx(1)
    assert np.std(totals) > 0
    assert len(document["lesions"]) > 0
    assert all(0 <= each["uncertainty"]["doubt"] <= 1 for each in document["lesions"])
    assert document["uncertainty"]["passes"] == 4
    assert "4 passes with dropout" in result.output
    assert "not a medical device" in result.output


def test_passes_without_dropout_doubt_nothing_and_score_as_the_proposal(folder: Path) -> None:
    assert _run(folder, "--precision", "exact", "--mc", "2", "--dropout", "0").exit_code == 0
    document = _document(folder)
    total = document["total"]["agatston"]
    assert document["score_distribution"]["total"]["agatston"] == pytest.approx([total, total])
    assert max(document["uncertainty"]["slices"]["variance"]) < 1e-10


def test_calcium_at_130_hu_counts_in_proposal_and_passes(folder: Path) -> None:
    values = noisy_scan((4, 32, 40)).values.copy()
    values[(values > 120) & (values < 140)] = 130
    write_scan(folder / "scan.nrrd", values)
    assert _run(folder, "--mc", "2", "--dropout", "0").exit_code == 0
    document = _document(folder)
    labels = sitk.GetArrayFromImage(sitk.ReadImage(str(folder / "out" / "cac.nrrd")))
    assert (labels[values == 130] > 1).any()
    assert document["score_distribution"]["total"]["agatston"][0] == pytest.approx(
        document["total"]["agatston"]
    )


def test_explanation_adds_up_to_what_the_slices_say(folder: Path) -> None:
    result = _run(folder, "--precision", "exact", "--explain", "1")
    assert result.exit_code == 0, result.output
    (found,) = _document(folder)["explanations"]
    relevance = sitk.GetArrayFromImage(sitk.ReadImage(str(folder / "out" / found["map"])))
    said = found["log_probability"] - found["log_probability_at_baseline"]
    assert found["sum_of_relevance"] == pytest.approx(said, abs=0.05 * abs(said) + 0.02)
    assert relevance.sum(dtype=float) == pytest.approx(found["sum_of_relevance"], abs=1e-3)
    assert relevance.shape == (4, 32, 40)
    assert np.abs(relevance).max() > 0
    assert found["label"] == _document(folder)["lesions"][0]["artery"]
    assert (folder / "out" / found["picture"]).read_bytes().startswith(b"\x89PNG")
    assert found["sentences"][0] in " ".join(result.output.split())


def test_a_disk_that_is_full_at_the_picture_is_a_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(whole_files.os, "fsync", full)
    result = _run(folder, "--explain", "1")
    assert result.exit_code == 2
    said = " ".join(result.output.split())
    assert "relevance-1.png" in said
    assert "make room" in said
    assert not (folder / "out").exists()


def test_a_wrong_lesion_number_leaves_the_older_prediction_whole(folder: Path) -> None:
    assert _run(folder, "--mc", "2").exit_code == 0
    before = {path.name: path.read_bytes() for path in (folder / "out").iterdir()}
    result = _run(folder, "--explain", "999")
    assert result.exit_code == 2
    assert "no lesion 999" in result.output
    assert {path.name: path.read_bytes() for path in (folder / "out").iterdir()} == before
    assert _run(folder).exit_code == 0
    assert {path.name for path in (folder / "out").iterdir()} == {"prediction.json", "cac.nrrd", "car.nrrd"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--mc", "1"), "2 to 1000"),
        (("--mc", "3", "--dropout", "1"), "dropout rate"),
        (("--mc", "3", "--seed", "-1"), "seed"),
        (("--dropout", "0.1"), "--dropout tells how passes are run, but none are: add --mc 10"),
        (("--seed", "0"), "--seed tells how passes are run"),
    ],
)
def test_impossible_passes_are_a_sentence(folder: Path, options: tuple[str, ...], said: str) -> None:
    result = _run(folder, *options)
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())
    assert not (folder / "out").exists()


def test_a_scan_without_candidates_has_no_doubt(folder: Path) -> None:
    write_scan(folder / "scan.nrrd", np.full((3, 64, 64), 40, np.int16))
    result = _run(folder, "--mc", "2")
    assert result.exit_code == 0, result.output
    document = _document(folder)
    assert document["score_distribution"]["total"]["zero_probability"] == 1
    # the network sees arteries here: a score of 0 is what it says
    assert document["unusable_because"] == document["score_distribution"]["unusable_because"] == []
    assert "score 0 in 100 %" in result.output
    assert "there is nothing to label" in " ".join(result.output.split())
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("hu", "model", "reasons"),
    [
        (300, other_everywhere(), ["calcium cannot be scored", "no coronary artery was found"]),
        (-1000, other_everywhere(), ["no coronary artery was found, nor anything above 130 HU"]),
        (-1000, small_model("single_task"), ["no coronary artery was found, nor anything above 130 HU"]),
    ],
)
def test_a_scan_that_cannot_be_scored_gets_no_certainties(
    folder: Path, hu: int, model: Model, reasons: list[str]
) -> None:
    write_scan(folder / "scan.nrrd", np.full((12, 64, 64), hu, np.int16))
    save_model(folder / "small", model.network, model.config, {}, replace=True)
    result = _run(folder, "--mc", "2")
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    assert "not to be used" in said
    assert " %" not in said
    assert "No lesion" not in said
    document = _document(folder)
    assert document["unusable_because"] == document["score_distribution"]["unusable_because"]
    for reason, wanted in zip(document["unusable_because"], reasons, strict=True):
        assert wanted in reason
        assert said.count(reason) == 1


@pytest.fixture
def only_130_hu_counts(folder: Path) -> Path:
    """Four voxels of 130 HU, 1.44 mm², between two areas of 0.72 mm² in the slices beside theirs."""
    values = np.full((4, 32, 40), 40, np.int16)
    values[1, 10, 10:12] = 300
    values[2, 10, 10:14] = 130
    values[3, 10, 12:14] = 300
    write_scan(folder / "scan.nrrd", values, pixel_mm=0.6)
    model = lad_everywhere()
    save_model(folder / "small", model.network, model.config, {"data": "None."}, replace=True)
    return folder


def test_passes_say_nothing_of_a_lesion_that_counts_only_130_hu(only_130_hu_counts: Path) -> None:
    result = _run(only_130_hu_counts, "--mc", "2")
    assert result.exit_code == 0, result.output
    document = _document(only_130_hu_counts)
    (lesion,) = document["lesions"]
    assert lesion["agatston"] == pytest.approx(1.44)
    assert lesion["uncertainty"] is None
    assert document["uncertainty"]["doubtful_lesions"] == []
    assert any("nothing of lesion 1" in note and "130 HU" in note for note in document["notes"])
    assert "nothing of lesion 1" in " ".join(result.output.split())


def test_a_lesion_that_counts_only_130_hu_is_refused_before_passes_run(only_130_hu_counts: Path) -> None:
    result = _run(only_130_hu_counts, "--mc", "1000", "--explain", "1")
    assert result.exit_code == 2
    assert "lesion 1 cannot be explained" in " ".join(result.output.split())
    assert not (only_130_hu_counts / "out").exists()


def test_nothing_is_doubted_where_the_proposal_did_not_look(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    focus = Focus(np.array([1, 2]), slice(4, 28), slice(6, 30))
    monkeypatch.setattr(slices, "heart_and_candidates", lambda _: focus)
    result = _run(folder, "--precision", "focused", "--mc", "3", "--dropout", "0.3")
    assert result.exit_code == 0, result.output
    doubtful = _document(folder)["uncertainty"]["doubtful_lesions"]
    assert len(doubtful) > 0
    for lesion in doubtful:
        column, row, index = lesion["peak_ijk"]
        assert index in focus.slices
        assert 4 <= row < 28
        assert 6 <= column < 30
        assert 1 <= lesion["slices"][0] <= lesion["slices"][1] <= 2
    stored = sitk.GetArrayFromImage(sitk.ReadImage(str(folder / "out" / "uncertainty.nrrd")))
    stored[1:3, 4:28, 6:30] = 0
    assert not stored.any()
