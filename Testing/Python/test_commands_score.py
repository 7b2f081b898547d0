"""``cac info``, ``cac label`` and ``cac score`` as a user runs them."""

import csv
import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest
import SimpleITK as sitk
from CACScoringLib.commands.app import make_app
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.labels.label_map import read_label_map, write_label_map
from CACScoringLib.phantom.dicom_export import write_ct_series
from CACScoringLib.scans.ct_scan import Acquisition
from typer.testing import CliRunner
from volumes import blocks

SHAPE = (8, 64, 64)
GEOMETRY = VolumeGeometry(SHAPE[::-1], (0.5, 0.5, 3.0), (-16.0, -16.0, -12.0))
HU = blocks(SHAPE, (slice(2, 4), slice(10, 14), slice(10, 20), 250), (5, slice(40, 44), 30, 450))
HU[:, 0] = -1000
FIRST, SECOND = HU == 250, HU == 450


@pytest.fixture(scope="module")
def run():
    app, runner = make_app(), CliRunner()

    def run_cac(*arguments, code=0):
        result = runner.invoke(app, [str(argument) for argument in arguments])
        assert result.exit_code == code, result.output
        return result

    return run_cac


@pytest.fixture
def image(tmp_path):
    sitk.WriteImage(GEOMETRY.to_image(HU), str(tmp_path / "ct.nrrd"))
    return tmp_path / "ct.nrrd"


@pytest.fixture
def labels(image):
    path = image.with_name("cac.nrrd")
    write_label_map(path, np.where(FIRST, 2, np.where(SECOND, 4, 0)), GEOMETRY, "cac")
    return path


def dicom(folder, number=1, **facts):
    write_ct_series(
        folder, HU, GEOMETRY, Acquisition(**facts), patient_name="DOE^JANE", patient_id=f"ID-{number}"
    )
    return folder


def test_json_has_the_promised_form(run, image, labels):
    document = json.loads(run("score", image, "--labels", labels, "--json").stdout)
    assert set(document) >= {"scan", "warnings", "review", "arteries", "total", "risk", "lesions"}
    assert document["review"]["slices"] == document["review"]["signed_off"] == 8
    lad = document["arteries"]["LAD"]
    # Two slices of 40 pixels of 0.25 mm² with peak 250: 2 x 10 mm² x 2.
    assert lad == {"agatston": 40, "volume_mm3": 60, "mass_mg": None, "density": 2, "lesions": 1}
    assert document["arteries"]["RCA"]["agatston"] == 4
    assert document["arteries"]["LCX"]["agatston"] == 0
    assert document["total"]["agatston"] == 44
    assert document["risk"]["category"] == "(10,100]"
    assert document["risk"]["scheme"] == "standard"
    assert document["lesions"][0] == {
        "id": 1,
        "artery": "LAD",
        "centroid_ras_mm": [8.75, 10.25, -4.5],
        "slices": [2, 3],
        "agatston": 40,
        "volume_mm3": 60,
        "mass_mg": None,
        "area_mm2": 20,
        "density": 2,
        "peak_hu": 250,
    }
    assert {warning["code"] for warning in document["warnings"]} >= {"field"}


def test_without_labels_there_is_no_score(run, image):
    document = json.loads(run("score", image, "--json").stdout)
    assert document["scan"]["candidates"] == 2
    assert document["total"]["agatston"] is None
    assert document["review"]["signed_off"] is None
    text = run("score", image).stdout
    assert "not reviewed" in text
    assert "not a medical device" in text


def test_table_for_a_reader(run, image, labels):
    text = run("score", image, "--labels", labels, "--set", "mass_factor=0.8").stdout
    assert "LAD" in text
    assert "44.0" in text
    assert "reviewed, 8 of 8 slices" in text
    assert "(10,100]" in text


def test_protocol_and_settings(run, image, labels):
    def total(*options):
        return json.loads(run("score", image, "--labels", labels, "--json", *options).stdout)["total"]

    assert total("--protocol", "hong2022")["agatston"] == 44
    assert total("--set", "threshold_hu=300")["agatston"] == 4
    assert total("--set", "mass_factor=0.8")["mass_mg"] == pytest.approx(0.8 * (250 * 60 + 450 * 3) / 1000)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["score", "nowhere"], "no file or folder nowhere"),
        (["score", "IMAGE", "--protocol", "agaston"], "agatston, mtal2022"),
        (["score", "IMAGE", "--set", "treshold=1"], "treshold"),
        (["score", "IMAGE", "--labels", "nowhere.nrrd"], "nowhere.nrrd"),
        (["score", "IMAGE", "--labels", "IMAGE"], "known are 0 to 5"),
        (["score", "IMAGE", "--thresholds", "kvp"], "unstated tube voltage"),
        (["score", "IMAGE", "--series", "1.2.3"], "no series 1.2.3"),
        (["label", "IMAGE", "--points", "nowhere.csv", "--out", "x.nrrd"], "nowhere.csv"),
        (["info", "nowhere"], "nowhere"),
    ],
)
def test_bad_input_is_one_sentence_on_standard_error(run, image, arguments, said):
    result = run(*(image if argument == "IMAGE" else argument for argument in arguments), code=2)
    assert said in result.stderr
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_the_installed_command_exits_with_2():
    done = subprocess.run(
        [sys.executable, "-c", "from CACScoringLib.commands.app import main; main()", "score", "nowhere"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "Error: there is no file or folder nowhere\n"


def test_label_by_csv_points(run, image, tmp_path):
    points = tmp_path / "points.csv"
    points.write_text("i,j,k,label\n15,12,2,LAD\n30,41,5,RCA\n5,50,7,LCX\n")
    result = run("label", image, "--points", points, "--out", tmp_path / "out.nrrd")
    labels = read_label_map(tmp_path / "out.nrrd", GEOMETRY)
    assert np.array_equal(labels == 2, FIRST)
    assert np.array_equal(labels == 4, SECOND)
    assert "2 lesions labelled" in result.stdout
    assert "line 4 of points.csv (LCX) lies on no candidate, the nearest is" in result.stderr
    run("label", image, "--points", points, "--out", tmp_path / "out.seg.nrrd")
    assert np.array_equal(read_label_map(tmp_path / "out.seg.nrrd", GEOMETRY), labels)


def test_dicom_indices_agree_with_simpleitk(run, tmp_path):
    folder = dicom(tmp_path / "ct")
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    image = reader.Execute()
    assert image[15, 12, 2] == 250
    points = tmp_path / "points.csv"
    points.write_text("i,j,k,label\n15,12,2,LAD\n")
    run("label", folder, "--points", points, "--out", tmp_path / "out.nrrd")
    written = sitk.ReadImage(str(tmp_path / "out.nrrd"))
    assert written.GetOrigin() == pytest.approx(image.GetOrigin())
    assert written[15, 12, 2] == 2


def test_tube_voltage_thresholds(run, tmp_path):
    folder = dicom(tmp_path / "ct", kvp=70.0)
    write_label_map(tmp_path / "cac.nrrd", np.where(FIRST | SECOND, 2, 0), GEOMETRY, "cac")
    plain = json.loads(run("score", folder, "--labels", tmp_path / "cac.nrrd", "--json").stdout)
    assert "kvp" in {warning["code"] for warning in plain["warnings"]}
    assert plain["protocol"]["threshold_hu"] == 130
    moved = json.loads(
        run("score", folder, "--labels", tmp_path / "cac.nrrd", "--thresholds", "kvp", "--json").stdout
    )
    assert moved["protocol"]["threshold_hu"] == 207
    # 250 HU is below the second step of 318 at 70 kV, 450 HU between 318 and 477.
    assert moved["total"]["agatston"] == 20 * 1 + 1 * 2


def test_folder_of_scans_gives_a_row_each(run, tmp_path):
    cohort = tmp_path / "cohort"
    for number in (1, 2):
        dicom(cohort / f"scan-{number}" / "dicom", number)
        write_label_map(cohort / f"scan-{number}" / "cac.nrrd", np.where(FIRST, 2, 0), GEOMETRY, "cac")
    dicom(cohort / "scan-3" / "dicom", 3)
    sitk.WriteImage(GEOMETRY.to_image(HU), str(cohort / "ct.nrrd"))
    write_label_map(cohort / "cac.nrrd", np.where(SECOND, 3, 0), GEOMETRY, "cac")
    broken = sorted((cohort / "scan-2" / "dicom").iterdir())[3]
    broken.write_bytes(broken.read_bytes()[:3000])
    (cohort / "damaged.nrrd").write_bytes(b"NRRD0004\n")
    result = run("score", cohort, "--labels", "cac.nrrd", "--workers", 2)
    rows = {row["scan"]: row for row in csv.DictReader(io.StringIO(result.stdout))}
    assert set(rows) == {"scan-1/dicom", "scan-2/dicom", "scan-3/dicom", "ct.nrrd", "damaged.nrrd"}
    assert float(rows["scan-1/dicom"]["total_agatston"]) == 40
    assert rows["scan-1/dicom"]["error"] == ""
    assert float(rows["ct.nrrd"]["LCX_agatston"]) == 4
    assert broken.name in rows["scan-2/dicom"]["error"]
    assert rows["scan-2/dicom"]["total_agatston"] == ""
    assert "no label file cac.nrrd" in rows["scan-3/dicom"]["error"]
    assert "damaged.nrrd" in rows["damaged.nrrd"]["error"]
    assert "3 of 5 scans could not be scored" in result.stderr
    assert "DOE" not in result.output
    assert "ID-1" not in result.output


def test_table_into_a_file(run, image, labels, tmp_path):
    run("score", image, "--labels", labels, "--csv", tmp_path / "scores.csv")
    (row,) = csv.DictReader((tmp_path / "scores.csv").open())
    assert float(row["total_agatston"]) == 44
    assert run("score", image, "--csv", tmp_path / "no" / "scores.csv", code=2).stderr.startswith("Error: ")


def test_info_lists_series_and_marks_the_one_to_score(run, tmp_path):
    dicom(tmp_path / "a", series_uid="1.2.3", study_uid="1.2", contrast_agent="Iomeprol")
    dicom(tmp_path / "b", series_uid="1.2.4", study_uid="1.2")
    (scan,) = json.loads(run("info", tmp_path, "--json").stdout)["scans"]
    assert [(series["series_uid"], series["chosen"]) for series in scan["series"]] == [
        ("1.2.4", True),
        ("1.2.3", False),
    ]
    text = run("info", tmp_path)
    assert "contrast: Iomeprol" in text.stdout
    assert "DOE" not in text.output
    chosen = json.loads(run("score", tmp_path, "--json").stdout)
    assert chosen["scan"]["series_uid"] == "1.2.4"
    assert "series" in {warning["code"] for warning in chosen["warnings"]}
    other = json.loads(run("score", tmp_path, "--series", "1.2.3", "--json").stdout)
    assert other["scan"]["series_uid"] == "1.2.3"
    assert "contrast" in {warning["code"] for warning in other["warnings"]}


def test_info_lists_what_is_whole_beside_what_is_damaged(run, image, tmp_path):
    (tmp_path / "damaged.nrrd").write_bytes(b"NRRD0004\n")
    result = run("info", tmp_path)
    assert "8 slices of 64 x 64" in result.stdout
    assert "damaged.nrrd cannot be read" in result.stdout
    image.unlink()
    assert "damaged.nrrd" in run("info", tmp_path, code=2).stderr


def test_labels_beside_scans_win_over_the_working_folder(run, image, labels, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    write_label_map(elsewhere / "cac.nrrd", np.where(SECOND, 3, 0), GEOMETRY, "cac")
    monkeypatch.chdir(elsewhere)
    one = json.loads(run("score", image, "--labels", "cac.nrrd", "--json").stdout)
    assert one["arteries"]["LCX"]["agatston"] == 4, "for one scan the path is taken as it stands"
    (tmp_path / "second").mkdir()
    for name in ("ct.nrrd", "cac.nrrd"):
        (tmp_path / "second" / name).write_bytes((tmp_path / name).read_bytes())
    several = json.loads(run("score", image, tmp_path / "second", "--labels", "cac.nrrd", "--json").stdout)
    assert [scan["arteries"]["LAD"]["agatston"] for scan in several] == [40, 40]


@pytest.mark.parametrize("victim", ["ct.nrrd", "cac.nrrd", "points.csv"])
def test_no_input_is_ever_replaced(run, image, labels, tmp_path, victim):
    points = tmp_path / "points.csv"
    points.write_text("i,j,k,label\n15,12,2,LAD\n")
    before = (tmp_path / victim).read_bytes()
    commands = {
        "ct.nrrd": [["label", image, "--points", points, "--out"], ["score", image, "--csv"]],
        "cac.nrrd": [["score", image, "--labels", labels, "--csv"]],
        "points.csv": [["label", image, "--points", points, "--out"]],
    }[victim]
    for command in commands:
        assert "would be replaced" in run(*command, tmp_path / victim, code=2).stderr
    assert (tmp_path / victim).read_bytes() == before


def test_points_follow_the_files_own_order_of_axes(run, image, tmp_path):
    sagittal = sitk.PermuteAxes(sitk.ReadImage(str(image)), [1, 2, 0])
    sitk.WriteImage(sagittal, str(tmp_path / "sagittal.nrrd"))
    assert sagittal[12, 2, 15] == 250
    (tmp_path / "points.csv").write_text("i,j,k,label\n12,2,15,LAD\n")
    result = run(
        "label",
        tmp_path / "sagittal.nrrd",
        "--points",
        tmp_path / "points.csv",
        "--out",
        tmp_path / "out.nrrd",
    )
    assert "1 lesions labelled" in result.stdout
    assert "orientation: " in result.stderr
    assert np.array_equal(read_label_map(tmp_path / "out.nrrd", GEOMETRY) == 2, FIRST)


def test_a_label_map_is_never_scored_as_a_scan(run, image, tmp_path):
    wide = GEOMETRY.to_image(np.where(FIRST, 2, 1).astype(np.int16))
    wide[0, 0, 0] = 0
    for name in ("cac.nrrd", "mask.nrrd"):
        sitk.WriteImage(wide, str(tmp_path / name))
    rows = {
        row["scan"]: row
        for row in csv.DictReader(io.StringIO(run("score", tmp_path, "--labels", "cac.nrrd").stdout))
    }
    assert set(rows) == {"ct.nrrd", "mask.nrrd"}
    assert float(rows["ct.nrrd"]["total_agatston"]) > 0
    assert "labels from 0 to 2, not HU" in rows["mask.nrrd"]["error"]


def test_folders_named_after_the_patient_are_not_shown(run, tmp_path):
    dicom(tmp_path / "Doe_Jane" / "ct", 1)
    dicom(tmp_path / "other" / "ct", 2)
    for command in (["info", tmp_path], ["info", tmp_path, "--json"], ["score", tmp_path]):
        output = run(*command).output
        assert "doe" not in output.lower().replace("does", "")
        assert "other/ct" in output


def test_cohorts_of_links_and_loops(run, tmp_path):
    dicom(tmp_path / "elsewhere" / "a", 1)
    cohort = tmp_path / "cohort"
    cohort.mkdir()
    (cohort / "first").symlink_to(tmp_path / "elsewhere" / "a", target_is_directory=True)
    (cohort / "loop").symlink_to(cohort, target_is_directory=True)
    assert "first" in run("info", cohort).stdout


def test_scans_of_several_paths_are_told_apart(run, tmp_path):
    paths = [dicom(tmp_path / name / "dicom", number) for number, name in enumerate(("s1", "s2"))]
    rows = list(csv.DictReader(io.StringIO(run("score", *paths).stdout)))
    assert [row["scan"] for row in rows] == ["s1/dicom", "s2/dicom"]
    assert {row["protocol"] for row in rows} == {"agatston"}
    assert {row["threshold_hu"] for row in rows} == {"130.0"}


def test_a_terminal_that_knows_no_arrows(image):
    done = subprocess.run(
        [sys.executable, "-c", "from CACScoringLib.commands.app import main; main()", "info", str(image)],
        capture_output=True,
        check=False,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
    )
    assert (done.returncode, done.stderr) == (0, b"")
