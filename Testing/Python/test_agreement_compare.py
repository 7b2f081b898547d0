"""``cac compare`` from files to figures."""

import json

import numpy as np
import pytest
import SimpleITK as sitk
import typer
from CACScoringLib.commands.compare import compare
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.labels.label_map import write_label_map
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.scoring.protocol import protocol_named
from CACScoringLib.scoring.scores import score_scan
from typer.testing import CliRunner

LAD, LCX, RCA = 2, 3, 4
GEOMETRY = VolumeGeometry((64, 64, 20), (0.5, 0.5, 3.0))
LESIONS = [
    (3, 10, 10, LAD, LAD),
    (6, 30, 30, LCX, RCA),
    (9, 45, 20, RCA, 0),
    (12, 20, 50, 0, LCX),
    (15, 50, 50, LAD, LAD),
]


@pytest.fixture
def files(tmp_path):
    """A scan with five lesions of 4 x 4 x 2 voxels at 250 HU, and two readings of it."""
    hu = np.full(GEOMETRY.shape, 40, np.int16)
    hu[:, 0] = -1000
    readings = np.zeros((2, *GEOMETRY.shape), np.uint8)
    for first, row, column, *labels in LESIONS:
        where = (slice(first, first + 2), slice(row, row + 4), slice(column, column + 4))
        hu[where] = 250
        for reading, label in zip(readings, labels, strict=True):
            reading[where] = label
    sitk.WriteImage(GEOMETRY.to_image(hu), str(tmp_path / "ct.nrrd"))
    write_label_map(tmp_path / "A.nrrd", readings[0], GEOMETRY, "cac")
    write_label_map(tmp_path / "B.seg.nrrd", readings[1], GEOMETRY, "cac")
    write_label_map(tmp_path / "empty.nrrd", np.zeros(GEOMETRY.shape), GEOMETRY, "cac")
    return tmp_path, CTScan(hu, GEOMETRY), readings


def run(folder, *arguments, reference="A.nrrd", test="B.seg.nrrd"):
    app = typer.Typer()
    app.command()(compare)
    paths = [str(folder / reference), str(folder / test), "--image", str(folder / "ct.nrrd")]
    return CliRunner().invoke(app, [*paths, *arguments], env={"COLUMNS": "160"})


def test_json(files):
    folder, scan, readings = files
    result = run(folder, "--json", "--resamples", "200")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    # Lesions of 32 voxels: two right, one of the wrong artery, one missed, one invented.
    # Micro: TP 64, reference 128, test 128: F1 = 1/2. Any artery: 96 of 128: 3/4.
    assert document["micro_f1"]["value"] == pytest.approx(0.5)
    assert document["by_voxel"]["sensitivity"]["value"] == pytest.approx(0.75)
    assert document["by_lesion"]["f1"]["value"] == pytest.approx(0.75)
    assert document["bootstrap"]["units"] == 5
    assert document["bootstrap"]["unit"] == "lesion"
    assert document["confusion"]["labels"] == ["unlabelled", "OTHER", "LAD", "LCX", "RCA"]
    assert np.sum(document["confusion"]["voxels"]) == 5 * 32
    for side, labels in zip(("reference", "test"), readings, strict=True):
        expected = score_scan(scan, labels, protocol_named("agatston"))
        assert document["total"][side]["agatston"] == pytest.approx(expected.total.agatston)
        assert document["arteries"]["LAD"][side]["lesions"] == 2
        assert document["total"][side]["mass_mg"] is None
        assert document["risk"][side] == "(10,100]"


def test_text_says_which_is_the_reference_and_what_was_resampled(files):
    text = run(files[0]).stdout
    for words in (
        "A, the reference",
        "B, under test",
        "2000 resamples of lesions",
        "not of other patients",
        "not reviewed, 18 of 20 slices",
        "For research use only; not a medical device.",
    ):
        assert words in text


def test_no_labels_at_all_are_undefined_and_not_reviewed(files):
    result = run(files[0], "--json", reference="empty.nrrd", test="empty.nrrd")
    document = json.loads(result.stdout)
    assert document["micro_f1"] == {
        "value": None,
        "bootstrap_ci95": None,
        "note": "undefined: neither reading has calcium",
    }
    assert document["total"] == {"reference": None, "test": None}
    assert document["risk"]["test"] is None
    assert run(files[0], reference="empty.nrrd", test="empty.nrrd").exit_code == 0


def test_signed_off_labels_without_calcium_score_zero(files):
    document = json.loads(run(files[0], "--json", "--signed-off", test="empty.nrrd").stdout)
    assert document["total"]["test"]["agatston"] == 0
    assert document["risk"]["test"] == "0"
    assert document["by_voxel"]["sensitivity"]["value"] == 0
    assert document["by_voxel"]["ppv"]["value"] is None


def test_protocol_is_chosen(files):
    document = json.loads(
        run(files[0], "--json", "--protocol", "hong2022", "--set", "mass_factor=0.8").stdout
    )
    assert document["protocol"]["keep_lm_apart"]
    assert "LM" in document["artery_f1"]
    assert document["total"]["reference"]["mass_mg"] > 0


def test_labels_on_another_grid_are_refused(files):
    folder = files[0]
    elsewhere = VolumeGeometry((64, 64, 20), (0.5, 0.5, 2.5))
    write_label_map(folder / "other.nrrd", np.zeros(elsewhere.shape), elsewhere, "cac")
    assert "do not lie on the scan's grid" in str(run(folder, test="other.nrrd").exception)
    assert "there is no file" in str(run(folder, test="absent.nrrd").exception)
