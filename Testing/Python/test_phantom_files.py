"""Synthetic scans on disk: DICOM series, a scan's folder, a cohort."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import typer
from CACScoringLib.commands.app import CommandGroup
from CACScoringLib.commands.phantom import phantom, summary
from CACScoringLib.errors import CACError
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.labels.label_map import read_label_map
from CACScoringLib.phantom.cohort import CohortPlan, make_cohort
from CACScoringLib.phantom.dicom_export import ct_datasets, write_ct_series
from CACScoringLib.phantom.files import json_text, markups_document, rounded, write_scan
from CACScoringLib.phantom.image_format import ImageFormat
from CACScoringLib.phantom.phantom import LesionPoint, Phantom, PhantomOptions
from CACScoringLib.scans.ct_scan import Acquisition
from phantom_samples import COHORT_SEED, SAID
from typer.testing import CliRunner, Result

GEOMETRY = VolumeGeometry((24, 32, 6), (0.390625, 0.41796875, 2.5), (-103.12345, -99.5, 1012.375))
FACTS = Acquisition(kvp=100, slice_thickness_mm=3, kernel="Qr36", ecg_gated=True)
PATIENT = {"patient_name": "PHANTOM^0001", "patient_id": "PHANTOM-5-1"}


@pytest.fixture
def hu() -> np.ndarray:
    values = np.random.default_rng(0).normal(0, 300, GEOMETRY.shape).round()
    return values.clip(-1024, 3071).astype(np.int16)


@pytest.fixture
def tiny(hu: np.ndarray) -> Phantom:
    cac = np.zeros(hu.shape, np.uint8)
    cac[2, 10:12, 5] = 2
    return Phantom(
        hu=hu,
        geometry=GEOMETRY,
        cac=cac,
        car=np.full_like(cac, 1),
        points=(LesionPoint(tuple(GEOMETRY.ras_of((5, 10, 2))), "LAD"),),
        truth={"noise_hu": np.float64(21.23456789), "lesions": [{"artery": "LAD", "at": (1.0, 2.5, 3.125)}]},
        kvp=120.0,
        slice_thickness_mm=3.0,
        kernel="Qr36",
    )


def read_back(folder: Path) -> sitk.Image:
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    return reader.Execute()


def all_bytes(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "direction",
    [
        (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
        (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0),
        (0.96, -0.28, 0.0, 0.28, 0.96, 0.0, 0.0, 0.0, 1.0),
    ],
)
def test_gdcm_reads_back_the_same_volume(
    tmp_path: Path, hu: np.ndarray, direction: tuple[float, ...]
) -> None:
    geometry = VolumeGeometry(GEOMETRY.size, GEOMETRY.spacing_mm, GEOMETRY.origin_lps_mm, direction)
    write_ct_series(tmp_path, hu, geometry, FACTS, **PATIENT)
    image = read_back(tmp_path)
    assert np.array_equal(sitk.GetArrayFromImage(image), hu)
    assert np.allclose(VolumeGeometry.of_image(image).ijk_to_lps, geometry.ijk_to_lps, atol=1e-9)


def test_headers_state_the_acquisition(hu: np.ndarray) -> None:
    first, *_, last = ct_datasets(hu, GEOMETRY, FACTS, **PATIENT)
    assert (first.KVP, first.SliceThickness, first.SpacingBetweenSlices) == (100, 3, 2.5)
    assert first.ConvolutionKernel == "Qr36"
    assert first.ScanOptions == "ECG_GATED"
    assert list(first.PixelSpacing) == [0.41796875, 0.390625], "rows first in DICOM"
    assert first.ImagePositionPatient[2] > last.ImagePositionPatient[2], "numbered from head to feet"
    assert (first.PatientName, first.PatientID) == ("PHANTOM^0001", "PHANTOM-5-1")
    assert not {"ContrastBolusAgent", "PixelPaddingValue"} & set(first.dir())


def test_padding_contrast_and_missing_facts(hu: np.ndarray) -> None:
    hu[:, :2] = -3024
    facts = Acquisition(contrast_agent="Iomeprol", ecg_gated=False)
    dataset = next(ct_datasets(hu, GEOMETRY, facts, **PATIENT, padding_hu=-3024))
    assert dataset.PixelPaddingValue == -2000
    assert np.frombuffer(dataset.PixelData, "<i2").min() == -2000
    assert dataset.ContrastBolusAgent == "Iomeprol"
    assert (dataset.KVP, dataset.SliceThickness) == (120, 2.5)
    assert "ScanOptions" not in dataset
    assert "ConvolutionKernel" not in dataset


def test_uids_name_the_image(hu: np.ndarray) -> None:
    def uids(values: np.ndarray, **changes: object) -> tuple[str, str, str]:
        facts = changes.pop("facts", FACTS)
        dataset = next(ct_datasets(values, GEOMETRY, facts, **(PATIENT | changes)))
        return dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID

    original = uids(hu)
    assert uids(hu.copy()) == original
    other = hu.copy()
    other[0, 0, 0] += 1
    for changed in (uids(other), uids(hu, series_number=2), uids(hu, patient_id="PHANTOM-5-2")):
        assert not set(changed) & set(original)
    study, series, instance = uids(other, facts=Acquisition(study_uid=original[0]))
    assert study == original[0]
    assert (series, instance) != original[1:]
    instances = [dataset.SOPInstanceUID for dataset in ct_datasets(hu, GEOMETRY, FACTS, **PATIENT)]
    assert len(set(instances)) == len(hu)


@pytest.mark.parametrize(
    "values",
    [np.zeros((1, 2, 3), np.int16), np.zeros(GEOMETRY.shape, np.float32), np.full(GEOMETRY.shape, 40000)],
)
def test_volumes_that_cannot_be_stored_are_refused(values: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"does not fit|must be integers"):
        next(ct_datasets(values, GEOMETRY, FACTS, **PATIENT))


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="needs dciodvfy of Debian's dicom3tools")
@pytest.mark.parametrize("facts", [FACTS, Acquisition(contrast_agent="Iomeprol")])
def test_dciodvfy_finds_nothing_wrong(tmp_path: Path, hu: np.ndarray, facts: Acquisition) -> None:
    write_ct_series(tmp_path, hu, GEOMETRY, facts, **PATIENT, padding_hu=int(hu.min()))
    files = sorted(tmp_path.iterdir())
    assert len(files) == len(hu)
    for path in files:
        check_with_dciodvfy(path)


def check_with_dciodvfy(path: Path) -> None:
    found = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, check=False)
    lines = (found.stdout + found.stderr).splitlines()
    assert [line for line in lines if line.startswith(("Err", "Warn"))] == []
    assert "CTImage" in found.stdout + found.stderr, "dciodvfy took it for a CT image"


@pytest.mark.parametrize("image_format", ImageFormat)
def test_a_scan_has_all_its_files(tmp_path: Path, tiny: Phantom, image_format: ImageFormat) -> None:
    folder = tmp_path / "scan-0001"
    write_scan(folder, tiny, image_format, **PATIENT)
    ct = image_format.ct_name
    names = {path.name for path in folder.iterdir()}
    assert names == {ct, "cac.nrrd", "car.nrrd", "points.mrk.json", "truth.json"}
    image = sitk.ReadImage(str(folder / ct)) if image_format is ImageFormat.nrrd else read_back(folder / ct)
    assert np.array_equal(sitk.GetArrayFromImage(image), tiny.hu)
    geometry = VolumeGeometry.of_image(image)
    assert np.array_equal(read_label_map(folder / "cac.nrrd", geometry), tiny.cac)
    assert np.array_equal(read_label_map(folder / "car.nrrd", geometry), tiny.car)
    markup = json.loads((folder / "points.mrk.json").read_text())["markups"][0]
    (point,) = markup["controlPoints"]
    assert (markup["type"], markup["coordinateSystem"], point["label"]) == ("Fiducial", "LPS", "LAD")
    assert np.allclose(geometry.ijk_of_lps(point["position"]), (5, 10, 2), atol=1e-3)
    truth = json.loads((folder / "truth.json").read_text())
    assert truth == {"noise_hu": 21.2346, "lesions": [{"artery": "LAD", "at": [1.0, 2.5, 3.125]}]}


def test_a_scan_is_the_same_bytes_every_time(tmp_path: Path, tiny: Phantom) -> None:
    for image_format in ImageFormat:
        first, second = tmp_path / f"{image_format.value}1", tmp_path / f"{image_format.value}2"
        write_scan(first, tiny, image_format, **PATIENT)
        write_scan(second, tiny, image_format, **PATIENT)
        assert all_bytes(first) == all_bytes(second)


def test_a_failed_scan_leaves_nothing(tmp_path: Path, tiny: Phantom) -> None:
    taken = tmp_path / "scan-0001"
    taken.mkdir()
    (taken / "notes.txt").write_text("mine")
    with pytest.raises(CACError, match="scan-0001"):
        write_scan(taken, tiny, ImageFormat.dicom, **PATIENT)
    assert [path.name for path in tmp_path.iterdir()] == ["scan-0001"]
    assert (taken / "notes.txt").read_text() == "mine"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a file size limit")
@pytest.mark.parametrize("image_format", ["dicom", "nrrd"])
def test_a_full_disk_is_a_sentence(tmp_path: Path, image_format: str) -> None:
    """A limit on the size of a file stands for the disk: writes beyond it fail in the same places."""
    program = f"""
import resource, signal
from pathlib import Path
import numpy as np
from CACScoringLib.commands.app import CommandGroup
from CACScoringLib.commands.phantom import phantom, summary
from CACScoringLib.errors import CACError
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.phantom.files import write_scan
from CACScoringLib.phantom.image_format import ImageFormat
from CACScoringLib.phantom.phantom import Phantom
hu = np.random.default_rng(0).integers(-1000, 1000, (8, 128, 128), dtype=np.int16)
labels = np.zeros(hu.shape, np.uint8)
geometry = VolumeGeometry(hu.shape[::-1], (1.0, 1.0, 3.0))
phantom = Phantom(hu, geometry, labels, labels, (), {{}}, 120, 3, "Qr36")
folder = Path({str(tmp_path / "scan-0001")!r})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10000, 10000))
try:
    write_scan(folder, phantom, ImageFormat({image_format!r}), patient_name="A", patient_id="B")
except CACError as error:
    print("CACError:", error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("CACError: cannot write"), done.stdout + done.stderr
    assert len(done.stdout.splitlines()) == 1
    if image_format == "dicom":
        assert done.stdout.endswith("/dicom: file too large\n"), "the reason, not pydicom's traceback"
    assert list(tmp_path.iterdir()) == []


def test_slicer_reads_the_points(tmp_path: Path) -> None:
    slicer = pytest.importorskip("slicer", reason="needs slicer-core")
    points = [LesionPoint((1.5, -2.25, 300.125), "LAD"), LesionPoint((-10.0, 20.0, 30.0), "RCA")]
    path = tmp_path / "points.mrk.json"
    path.write_text(json_text(markups_document(points)))
    scene = slicer.vtkMRMLScene()
    node, storage = slicer.vtkMRMLMarkupsFiducialNode(), slicer.vtkMRMLMarkupsJsonStorageNode()
    scene.AddNode(node)
    scene.AddNode(storage)
    storage.SetFileName(str(path))
    assert storage.ReadData(node)
    read = []
    for index in range(node.GetNumberOfControlPoints()):
        position = [0.0, 0.0, 0.0]
        node.GetNthControlPointPositionWorld(index, position)
        read.append(LesionPoint(tuple(position), node.GetNthControlPointLabel(index)))
    assert read == points


def test_json_is_rounded_and_readable() -> None:
    document = rounded(
        {"b": np.float32(0.1), "a": [(1, 2.00000049), np.arange(2)], "none": None, "yes": True}
    )
    assert document == {"b": 0.1, "a": [[1, 2.0], [0, 1]], "none": None, "yes": True}
    text = json_text(document)
    assert '"b": 0.1,\n  "a": [\n    [1, 2.0],\n    [0, 1]\n  ],' in text
    assert json.loads(text) == document


def cac(*arguments: object) -> Result:
    app = typer.Typer(cls=CommandGroup, pretty_exceptions_enable=False)
    app.command()(phantom)
    app.callback()(lambda: None)
    return CliRunner().invoke(app, ["phantom", *map(str, arguments)])


class TestCohort:
    def test_the_command_says_what_it_made(self, phantom_cohort: Path) -> None:
        said = (phantom_cohort.parent / SAID).read_text(encoding="utf-8")
        assert f"2 synthetic scans with {len(list(phantom_cohort.glob('*/dicom/*')))} slices" in said
        assert "not a medical device" in said
        assert sorted(path.name for path in phantom_cohort.iterdir()) == [
            "cohort.csv",
            "scan-0001",
            "scan-0002",
        ]

    def test_the_table_says_what_the_folders_hold(self, phantom_cohort: Path) -> None:
        folder = phantom_cohort
        with (folder / "cohort.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert [row["scan"] for row in rows] == ["scan-0001", "scan-0002"]
        for row in rows:
            assert all((folder / row[f"{kind}_path"]).exists() for kind in ("ct", "cac", "car", "points"))
            truth = json.loads((folder / row["truth_path"]).read_text())
            assert int(row["seed"]) == truth["seed"]
            assert int(row["total_lesions"]) == len(truth["lesions"]) > 0
            rca_mg = sum(each["true_mass_mg"] for each in truth["lesions"] if each["artery"] == "RCA")
            assert float(row["RCA_true_mass_mg"]) == pytest.approx(rca_mg, abs=1e-3)
            geometry = VolumeGeometry.of_image(read_back(folder / row["ct_path"]))
            assert int(row["slices"]) == geometry.size[2]
            assert float(row["pixel_spacing_mm"]) == pytest.approx(geometry.spacing_mm[0])

    def test_a_scan_depends_on_neither_number_nor_workers(self, phantom_cohort: Path, tmp_path: Path) -> None:
        plan = CohortPlan(1, COHORT_SEED, ImageFormat.dicom, PhantomOptions(calcium=True))
        make_cohort(tmp_path / "one", plan, workers=1)
        assert all_bytes(tmp_path / "one" / "scan-0001") == all_bytes(phantom_cohort / "scan-0001")

    @pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="needs dciodvfy of Debian's dicom3tools")
    def test_dciodvfy_finds_nothing_wrong(self, phantom_cohort: Path) -> None:
        files = list(phantom_cohort.glob("*/dicom/*.dcm"))
        assert len(files) >= 80
        for path in files:
            check_with_dciodvfy(path)


def test_scans_of_neighbouring_seeds_differ() -> None:
    plans = [CohortPlan(100, seed, ImageFormat.nrrd, PhantomOptions()) for seed in range(3)]
    assert len({plan.scan_seed(number) for plan in plans for number in range(1, 101)}) == 300


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    result = cac(tmp_path, "--scans", 1)
    assert result.exit_code == 2
    assert "is not empty" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_file_in_the_way_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("mine")
    plan = CohortPlan(1, 0, ImageFormat.nrrd, PhantomOptions())
    for folder in (path, path / "cohort"):
        with pytest.raises(CACError, match=r"is a file|cannot write"):
            make_cohort(folder, plan, workers=1)


def test_the_summary_counts_scans_without_calcium() -> None:
    row = {
        "slices": 40,
        "total_lesions": 3,
        "LM_lesions": 1,
        "LAD_lesions": 2,
        "LCX_lesions": 0,
        "RCA_lesions": 0,
    }
    text = summary(Path("out"), [row, dict.fromkeys(row, 0) | {"slices": 50}])
    assert "2 synthetic scans with 90 slices" in text
    assert "3 coronary lesions" in text
    assert "LAD 2" in text
    assert "scans without any: 1" in text
