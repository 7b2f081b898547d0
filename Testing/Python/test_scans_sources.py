"""What a path holds: folders, studies, series; and which series is read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from CACScoringLib.commands.app import make_app
from CACScoringLib.scans.ct_scan import Acquisition
from CACScoringLib.scans.reader import read_scan
from CACScoringLib.scans.sources import scan_sources
from dicom_samples import ct_series, refusal, sample_geometry, sample_hu, write_series
from typer.testing import CliRunner

HU = sample_hu()
GEOMETRY = sample_geometry(HU)
CAC = [sys.executable, "-c", "from CACScoringLib.commands.app import main; main()"]


def series(folder: Path, number: int = 1, *, hu=HU, change=None, **facts) -> np.ndarray:
    """Write a series of its own voxels, and return them."""
    hu = np.roll(hu, number, axis=1)
    facts = {"study_uid": "1.2.3", "series_uid": f"1.2.3.{number}", "slice_thickness_mm": 3.0} | facts
    datasets = ct_series(hu, GEOMETRY, Acquisition(**facts), series_number=number, change=change)
    write_series(datasets, folder)
    return hu


class TestFolders:
    def test_slices_of_one_series_lie_in_nested_folders(self, tmp_path):
        for index, dataset in enumerate(ct_series(HU, GEOMETRY)):
            write_series([dataset], tmp_path / "/".join("abc"[: index % 3 + 1]), [f"slice-{index}"])
        assert np.array_equal(read_scan(tmp_path).values, HU)

    def test_names_with_spaces_and_of_all_languages(self, tmp_path):
        folder = tmp_path / "Säure 心臓 CT (1)" / "№ 2 série"
        write_series(ct_series(HU, GEOMETRY), folder, [f"снимок {index}é.dcm" for index in range(len(HU))])
        assert np.array_equal(read_scan(tmp_path / "Säure 心臓 CT (1)").values, HU)

    @pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
    def test_names_that_are_no_text(self, tmp_path):
        folder = os.fsencode(tmp_path) + b"/\xff\xfe scan"
        write_series(ct_series(HU, GEOMETRY), Path(os.fsdecode(folder)))
        assert np.array_equal(read_scan(Path(os.fsdecode(folder))).values, HU)
        result = subprocess.run([*CAC, "info", tmp_path], capture_output=True, check=False)
        assert result.returncode == 0, result.stderr

    def test_other_files_are_passed_over(self, tmp_path):
        series(tmp_path)
        (tmp_path / "README.txt").write_text("made by a CD burner")
        (tmp_path / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM")
        (tmp_path / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
        (tmp_path / "autorun.inf").write_bytes(b"")
        (tmp_path / "zeros.bin").write_bytes(bytes(1 << 20))
        assert read_scan(tmp_path).values.shape == HU.shape

    def test_links_in_a_circle(self, tmp_path):
        hu = series(tmp_path / "a")
        (tmp_path / "a" / "b").symlink_to(tmp_path, target_is_directory=True)
        assert np.array_equal(read_scan(tmp_path).values, hu)

    def test_link_to_itself_is_named(self, tmp_path):
        series(tmp_path)
        (tmp_path / "loop.dcm").symlink_to(tmp_path / "loop.dcm")
        assert "loop.dcm" in refusal(tmp_path)

    def test_link_to_nothing_may_be_a_missing_slice(self, tmp_path):
        series(tmp_path)
        (tmp_path / "006.dcm").symlink_to(tmp_path / "gone.dcm")
        assert "006.dcm cannot be opened: no such file" in refusal(tmp_path)

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
    def test_pipes_are_not_waited_for(self, tmp_path):
        series(tmp_path)
        os.mkfifo(tmp_path / "pipe.dcm")
        assert read_scan(tmp_path).values.shape == HU.shape

    def test_nothing_there(self, tmp_path):
        assert refusal(tmp_path / "missing") == f"there is no file or folder {tmp_path / 'missing'}"

    def test_empty_folder(self, tmp_path):
        assert f"the folder {tmp_path} holds no CT" in refusal(tmp_path)

    def test_folder_of_text_files(self, tmp_path):
        for name in ("a.txt", "b.csv", "c"):
            (tmp_path / name).write_text("plainly not DICOM\n" * 40)
        assert "holds no CT" in refusal(tmp_path)

    def test_text_file(self, tmp_path):
        (tmp_path / "notes.txt").write_text("not a scan")
        assert "is no CT" in refusal(tmp_path / "notes.txt")

    @pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="gives up root's rights")
    @pytest.mark.parametrize("what", ["folder", "file"])
    def test_no_permission(self, what):
        """Root may read anything, hence a child process that is nobody, in a folder open to it."""
        script = (
            "import os, sys, pathlib\n"
            "from CACScoringLib.errors import CACError\n"
            "from CACScoringLib.scans.reader import read_scan\n"
            "os.setgid(65534); os.setuid(65534)\n"
            "try: read_scan(pathlib.Path(sys.argv[1]))\n"
            "except CACError as error: print(error)\n"
        )
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o755)
            series(Path(folder) / "inner")
            closed = Path(folder) / "inner" / ("000.dcm" if what == "file" else "")
            closed.chmod(0)
            command = [sys.executable, "-c", script, folder]
            result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "cannot be opened: permission denied" in result.stdout, result
        assert closed.name in result.stdout


class TestSeries:
    def test_best_fit_is_chosen_and_said_so(self, tmp_path):
        series(tmp_path / "thin", 1, slice_thickness_mm=0.625)
        series(tmp_path / "contrast", 2, contrast_agent="Iopamidol")
        best = series(tmp_path / "calcium", 3, ecg_gated=True)
        series(tmp_path / "low", 4, kvp=80)
        scan = read_scan(tmp_path)
        assert np.array_equal(scan.values, best)
        assert scan.acquisition.series_uid == "1.2.3.3"
        assert [warning.code for warning in scan.reading_warnings] == ["series"]

    def test_chosen_by_uid(self, tmp_path):
        series(tmp_path, 1)
        contrast = series(tmp_path / "other", 2, contrast_agent="Iopamidol")
        scan = read_scan(tmp_path, series_uid="1.2.3.2")
        assert np.array_equal(scan.values, contrast)
        assert scan.reading_warnings == ()

    def test_unknown_uid(self, tmp_path):
        series(tmp_path)
        assert "holds no series 9.9" in refusal(tmp_path, series_uid="9.9")

    def test_two_series_in_one_folder(self, tmp_path):
        first = series(tmp_path, 1)
        second = ct_series(HU, GEOMETRY, Acquisition(study_uid="1.2.3", kvp=80))
        write_series(second, tmp_path, [f"b{index}.dcm" for index in range(len(HU))])
        assert np.array_equal(read_scan(tmp_path).values, first)

    def test_scout_view_in_the_series_is_no_slice(self, tmp_path):
        hu = series(tmp_path)
        scout = ct_series(HU, GEOMETRY, Acquisition(study_uid="1.2.3", series_uid="1.2.3.1"))[0]
        scout.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
        scout.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]
        write_series([scout], tmp_path, ["scout.dcm"])
        scan = read_scan(tmp_path)
        assert np.array_equal(scan.values, hu)
        assert scan.reading_warnings == ()

    def test_other_modalities_stand_back(self, tmp_path):
        def magnetic(dataset):
            dataset.Modality = "MR"

        hu = series(tmp_path / "ct", 1, contrast_agent="Iopamidol")
        series(tmp_path / "mr", 2, change=magnetic)
        assert np.array_equal(read_scan(tmp_path).values, hu)
        assert "not CT (modality MR)" in refusal(tmp_path, series_uid="1.2.3.2")

    def test_damage_in_another_series_is_no_hindrance(self, tmp_path):
        hu = series(tmp_path / "one", 1)
        series(tmp_path / "two", 2, contrast_agent="Iopamidol")
        damaged = tmp_path / "two" / "000.dcm"
        damaged.write_bytes(damaged.read_bytes()[:-100])
        assert np.array_equal(read_scan(tmp_path).values, hu)
        assert "two/000.dcm is cut short" in refusal(tmp_path, series_uid="1.2.3.2")

    def test_several_studies(self, tmp_path):
        series(tmp_path / "a", 1, study_uid="1.1")
        second = series(tmp_path / "b", 2, study_uid="2.2")
        assert "holds 2 scans" in refusal(tmp_path)
        assert np.array_equal(read_scan(tmp_path, series_uid="1.2.3.2").values, second)
        with scan_sources(tmp_path) as sources:
            assert [source.name for source in sources] == ["a", "b"]

    def test_info_lists_series_and_marks_the_chosen_one(self, tmp_path):
        series(tmp_path / "a", 1, contrast_agent="Iopamidol")
        series(tmp_path / "b", 2)
        (tmp_path / "b" / "broken.dcm").write_bytes(b"")
        output = CliRunner().invoke(make_app(), ["info", str(tmp_path), "--json"])
        assert output.exit_code == 0
        (scan,) = json.loads(output.stdout)["scans"]
        assert [(each["series_uid"], each["chosen"]) for each in scan["series"]] == [
            ("1.2.3.2", True), ("1.2.3.1", False),
        ]  # fmt: skip
        assert len(scan["damaged"]) == 1
        assert "b/broken.dcm" in scan["damaged"][0]


@pytest.mark.parametrize("command", ["info", "score"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("missing.nrrd", None),
        ("empty.dcm", b""),
        ("ct.nrrd", b"NRRD0004\n"),
        ("ct.nii.gz", b"\x1f\x8b\x08"),
        ("ct.mhd", b"ObjectType = Image\nElementDataFile = gone.raw\n"),
        ("ct.zip", b"PK\3\4"),
        ("notes.txt", b"not a scan"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(tmp_path, capfd, command, name, content):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    result = CliRunner().invoke(make_app(), [command, str(path)])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert name in result.stderr
    assert capfd.readouterr() == ("", ""), "libraries print past Python"
