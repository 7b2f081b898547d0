"""Each warning is raised where it should be, and none on a plain good scan."""

from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np
import pytest
import SimpleITK as sitk
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.scans.checks import check_scan
from CACScoringLib.scans.ct_scan import Acquisition, CTScan
from CACScoringLib.scans.reader import read_scan
from dicom_samples import ct_series, write_series
from scipy.spatial.transform import Rotation

RADIUS_MM = 0.8 * np.hypot(*(np.mgrid[:192, :192] - 96))
FACTS = Acquisition(kvp=120, slice_thickness_mm=3.0)


@cache
def thorax(noise_hu: float = 15.0) -> CTScan:
    """A cylinder of blood in lung, in a chest wall, in air: 154 mm wide and 120 mm long."""
    slices, side = 40, 192
    plane = np.select([RADIUS_MM < 40, RADIUS_MM < 65, RADIUS_MM < 75], [40.0, -850.0, 30.0], -1000.0)
    noise = np.random.default_rng(0).normal(0, noise_hu, (slices, side, side))
    hu = np.clip(np.rint(plane + noise), -1024, 3071).astype(np.int16)
    return CTScan(hu, VolumeGeometry((side, side, slices), (0.8, 0.8, 3.0)), FACTS)


def changed(**fields) -> CTScan:
    return dataclasses.replace(thorax(), **fields)


def spaced(*spacing_mm: float) -> CTScan:
    return changed(geometry=dataclasses.replace(thorax().geometry, spacing_mm=spacing_mm))


def facts(**fields) -> CTScan:
    return changed(acquisition=dataclasses.replace(FACTS, **fields))


def filled(inner_hu: float, radius_mm: float = 30.0) -> CTScan:
    """The thorax with most of its blood of another density."""
    hu = thorax().values.copy()
    hu[:, radius_mm > RADIUS_MM] += np.int16(inner_hu - 40)
    return changed(values=hu)


def codes(scan: CTScan) -> list[str]:
    warnings = check_scan(scan)
    for warning in warnings:
        assert warning.code == warning.code.lower()
        assert warning.message[0].islower() or warning.message[0].isdigit()
        assert "\n" not in warning.message
    return [warning.code for warning in warnings]


def rotated(degrees: float) -> CTScan:
    matrix = Rotation.from_euler("x", degrees, degrees=True).as_matrix()
    geometry = dataclasses.replace(thorax().geometry, direction=tuple(matrix.reshape(-1).tolist()))
    return changed(geometry=geometry)


def with_nan() -> CTScan:
    values = thorax().values.astype(np.float32)
    values[0, 0, 0] = np.nan
    return changed(values=values, padding=~np.isfinite(values))


RAISED = {
    "contrast agent stated": (facts(contrast_agent="Iomeprol"), ["contrast"]),
    "blood of 300 HU": (filled(300), ["contrast"]),
    "blood of 200 HU": (filled(200), ["contrast"]),
    "100 kV": (facts(kvp=100), ["kvp"]),
    "thin slices": (facts(slice_thickness_mm=1.0), ["thickness"]),
    "thick slices": (facts(slice_thickness_mm=5.0), ["thickness", "overlap"]),
    "thickness not stated, 1 mm apart": (
        dataclasses.replace(spaced(0.8, 0.8, 1.0), acquisition=Acquisition()), ["thickness", "field"],
    ),
    "slices apart": (spaced(0.8, 0.8, 4.0), ["thickness"]),
    "slices overlap": (spaced(0.8, 0.8, 2.6), ["overlap"]),
    "pixels not square": (spaced(0.8, 0.85, 3.0), ["pixels"]),
    "pixels coarse": (spaced(1.1, 1.1, 3.0), ["pixels"]),
    "short": (spaced(0.8, 0.8, 2.4), ["overlap", "field"]),
    "narrow": (spaced(0.5, 0.5, 3.0), ["field"]),
    "oblique": (rotated(25), ["oblique"]),
    "values shifted": (changed(values=thorax().values + np.int16(1024)), ["contrast", "units"]),
    "no numbers": (with_nan(), ["invalid"]),
    "noisy": (thorax(45.0), ["noise"]),
}  # fmt: skip


@pytest.mark.parametrize("name", RAISED)
def test_raised(name):
    scan, expected = RAISED[name]
    assert codes(scan) == expected


def test_a_good_scan_has_no_warnings():
    assert codes(thorax()) == []
    assert codes(facts(kvp=None, slice_thickness_mm=None)) == []
    assert codes(facts(slice_thickness_mm=2.5, kvp=120.2)) == ["thickness"], "slices of 2.5 mm, 3 mm apart"


NOT_RAISED = {
    "slightly oblique": rotated(5),
    "blood of 100 HU": filled(100),
    "a narrow bright vessel": filled(400, 8.0),
    "metal": filled(2000),
}


@pytest.mark.parametrize("name", NOT_RAISED)
def test_not_raised_near_by(name):
    assert codes(NOT_RAISED[name]) == []


def test_contrast_is_said_once():
    scan = dataclasses.replace(filled(300), acquisition=dataclasses.replace(FACTS, contrast_agent="Iomeprol"))
    assert codes(scan) == ["contrast"]


def test_sentences_name_figures():
    messages = {warning.code: warning.message for scan, _ in RAISED.values() for warning in check_scan(scan)}
    assert "100 kV" in messages["kvp"]
    assert "--thresholds kvp" in messages["kvp"]
    assert "25 degrees" in messages["oblique"]
    assert "1 voxels" in messages["invalid"]


@pytest.mark.parametrize("agent", ["NONE", "no", "None", ""])
def test_no_agent_by_many_names(tmp_path, agent):
    def change(dataset):
        dataset.ContrastBolusAgent = agent

    write_series(ct_series(change=change), tmp_path)
    assert read_scan(tmp_path).acquisition.contrast_agent is None


def test_reading_warnings_come_with_the_others(tmp_path):
    datasets = ct_series()
    del datasets[2]
    write_series(datasets, tmp_path)
    scan = read_scan(tmp_path, allow_gaps=True)
    assert "gaps" in [warning.code for warning in scan.warnings]
    assert "field" in [warning.code for warning in scan.warnings]


def test_a_phantom_is_a_good_scan(phantom):
    facts = Acquisition(kvp=120, slice_thickness_mm=phantom.geometry.increment_mm)
    assert codes(CTScan(phantom.hu, phantom.geometry, facts)) == []


def test_real_contrast_scan(reference_data):
    assert "contrast" in codes(read_scan(reference_data / "contrast_chest_ct_crop.nii.gz"))


@pytest.mark.parametrize("name", ["nlst_0187_mask.nrrd", "nlst_0909_mask.nrrd"])
def test_real_candidate_geometry_is_no_contrast_scan(reference_data, name):
    """A CT made on real bone and calcium: heart 40 HU, noise below 130, labelled voxels above."""
    image = sitk.ReadImage(str(reference_data / name))
    mask = sitk.GetArrayViewFromImage(image)
    random = np.random.default_rng(0)
    noise = random.normal(0, 20, mask.shape).astype(np.float32)
    hu = np.where(mask == 1, 40, -850) + noise
    hu = np.where(mask >= 2, 300 + 5 * noise, np.minimum(hu, 129))
    hu[mask >= 2] = np.maximum(hu[mask >= 2], 130)
    scan = CTScan(
        hu.astype(np.int16), VolumeGeometry.of_image(image), Acquisition(kvp=120, slice_thickness_mm=2.5)
    )
    assert codes(scan) == []


def test_a_file_without_spacing_is_not_taken_for_one_of_a_millimetre() -> None:
    hu = np.full((40, 40, 40), -800, np.int16)
    unstated = CTScan(hu, VolumeGeometry((40, 40, 40), (1.0, 1.0, 1.0)))
    assert "spacing" in {warning.code for warning in unstated.warnings}
    stated = CTScan(hu, VolumeGeometry((40, 40, 40), (0.5, 0.5, 1.0)))
    assert "spacing" not in {warning.code for warning in stated.warnings}
