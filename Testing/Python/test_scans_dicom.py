"""One DICOM series becomes a volume: order of slices, axes, HU, padding, transfer syntaxes."""

from __future__ import annotations

import random

import numpy as np
import pytest
import SimpleITK as sitk
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.scans.ct_scan import Acquisition
from CACScoringLib.scans.reader import read_scan
from dicom_samples import ct_series, read_series, sample_geometry, sample_hu, store_hu, write_series
from scipy.spatial.transform import Rotation

HU = sample_hu()
GEOMETRY = sample_geometry(HU)


def test_a_plain_series_gives_its_volume_and_its_facts(tmp_path):
    facts = Acquisition(
        kvp=100, slice_thickness_mm=2.5, kernel="Qr36", contrast_agent="Iomeprol", ecg_gated=True,
        study_uid="1.2.3", series_uid="1.2.3.4",
    )  # fmt: skip
    scan = read_series(tmp_path, ct_series(HU, GEOMETRY, facts))
    assert np.array_equal(scan.values, HU)
    assert scan.values.dtype == np.int16
    assert scan.padding is None
    assert scan.hu is scan.values
    assert scan.reading_warnings == ()
    assert GEOMETRY.difference(scan.geometry) is None
    assert scan.geometry.spacing_mm == pytest.approx((0.7, 0.5, 3.0)), "PixelSpacing gives rows first"
    key = scan.acquisition.patient_key
    assert scan.acquisition == Acquisition(**{**vars(facts), "patient_key": key})


def test_indices_and_values_are_those_of_simpleitk(tmp_path):
    write_series(ct_series(HU, GEOMETRY), tmp_path)
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(tmp_path)))
    image = reader.Execute()
    scan = read_scan(tmp_path)
    assert np.array_equal(scan.values, sitk.GetArrayFromImage(image))
    assert scan.geometry.difference(VolumeGeometry.of_image(image)) is None


def test_slices_are_ordered_by_position_only(tmp_path):
    def misnumber(dataset):
        dataset.InstanceNumber = shuffled.pop()
        dataset.SliceLocation = -float(shuffled_locations.pop())

    shuffled, shuffled_locations = [4, 1, 6, 3, 2, 5], [1, 5, 2, 6, 3, 4]
    names = [f"{letter}{number}" for number, letter in enumerate("qaxbyc")]
    datasets = ct_series(HU, GEOMETRY, change=misnumber)
    random.Random(1).shuffle(datasets)
    write_series(datasets, tmp_path, names)
    scan = read_scan(tmp_path)
    assert np.array_equal(scan.values, HU)
    assert GEOMETRY.difference(scan.geometry) is None


@pytest.mark.parametrize("order", [1, -1])
def test_slices_ascend_along_their_normal_however_they_were_scanned(tmp_path, order):
    scan = read_series(tmp_path, ct_series(HU, GEOMETRY)[::order])
    assert np.array_equal(scan.values, HU)


ORIENTATIONS = {
    "feet first": np.diag([-1.0, 1.0, -1.0]),
    "prone": np.diag([-1.0, -1.0, 1.0]),
    "oblique": Rotation.from_euler("xyz", (7, -4, 12), degrees=True).as_matrix(),
}


@pytest.mark.parametrize("name", ORIENTATIONS)
def test_each_voxel_keeps_its_place_in_the_patient(tmp_path, name):
    geometry = sample_geometry(HU, direction=tuple(ORIENTATIONS[name].reshape(-1).tolist()))
    scan = read_series(tmp_path, ct_series(HU, geometry))
    assert np.array_equal(scan.values, HU)
    assert geometry.difference(scan.geometry) is None


@pytest.mark.parametrize("plane", ["sagittal", "coronal"])
def test_other_planes_are_turned_to_axial(tmp_path, plane):
    columns = {"sagittal": [1, 2, 0], "coronal": [0, 2, 1]}[plane]
    direction = np.eye(3)[:, columns]
    if np.linalg.det(direction) < 0:
        # DICOM slices ascend along row x column, a right-handed system.
        direction[:, 2] *= -1
    geometry = sample_geometry(HU, direction=tuple(direction.reshape(-1).tolist()))
    scan = read_series(tmp_path, ct_series(HU, geometry))
    assert [warning.code for warning in scan.reading_warnings] == ["orientation"]
    assert abs(np.reshape(scan.geometry.direction, (3, 3))[2, 2]) == 1
    for ijk in ((0, 0, 0), (5, 7, 2), (31, 23, 5)):
        i, j, k = np.rint(scan.geometry.ijk_of_lps(geometry.lps_of(ijk))).astype(int)
        assert scan.values[k, j, i] == HU[ijk[2], ijk[1], ijk[0]]


def test_each_slice_has_its_own_rescale(tmp_path):
    datasets = ct_series(HU, GEOMETRY)
    for index, dataset in enumerate(datasets):
        store_hu(dataset, HU[index], intercept=-1024 - 100 * index)
    assert np.array_equal(read_series(tmp_path, datasets).values, HU)


def test_a_slope_of_two_stays_whole(tmp_path):
    datasets = ct_series(HU, GEOMETRY)
    for index, dataset in enumerate(datasets):
        store_hu(dataset, HU[index] // 2 * 2, slope=2, intercept=0)
    scan = read_series(tmp_path, datasets)
    assert scan.values.dtype == np.int16
    assert np.array_equal(scan.values, HU // 2 * 2)


def test_a_fractional_slope_gives_fractions_of_hu(tmp_path):
    datasets = ct_series(HU, GEOMETRY)
    for index, dataset in enumerate(datasets):
        store_hu(dataset, HU[index], slope=0.3, intercept=-1024.5)
    scan = read_series(tmp_path, datasets)
    assert scan.values.dtype == np.float32
    stored = np.rint((HU + 1024.5) / 0.3)
    assert np.allclose(scan.values, stored * 0.3 - 1024.5, atol=1e-3)


@pytest.mark.parametrize(
    ("signed", "bits_stored", "bits_allocated", "intercept"),
    [(False, 12, 16, -1024), (True, 12, 16, 0), (False, 16, 16, -1024), (True, 16, 16, 0), (True, 16, 32, 0)],
)
def test_pixel_formats(tmp_path, signed, bits_stored, bits_allocated, intercept):
    datasets = ct_series(HU, GEOMETRY)
    for index, dataset in enumerate(datasets):
        store_hu(
            dataset,
            HU[index],
            signed=signed,
            bits_stored=bits_stored,
            bits_allocated=bits_allocated,
            intercept=intercept,
        )
    assert np.array_equal(read_series(tmp_path, datasets).values, HU)


def test_bits_above_those_stored_are_no_part_of_a_pixel(tmp_path):
    """Old scanners keep overlays there."""
    datasets = ct_series(HU, GEOMETRY)
    for index, dataset in enumerate(datasets):
        store_hu(dataset, HU[index], signed=False, bits_stored=12)
        overlaid = np.frombuffer(dataset.PixelData, "<u2") | np.uint16(0x3000)
        dataset.PixelData = overlaid.tobytes()
    assert np.array_equal(read_series(tmp_path, datasets).values, HU)


class TestPadding:
    @pytest.mark.parametrize("value", [-2000, -2048, -3024])
    def test_what_no_scanner_measures_is_padding(self, tmp_path, value):
        hu = HU.copy()
        hu[:, :3, :3] = value
        scan = read_series(tmp_path, ct_series(hu, GEOMETRY))
        assert np.array_equal(scan.padding, hu == value)
        assert np.array_equal(scan.values, hu), "stored values stay"
        assert np.all(scan.hu[:, :3, :3] == -1000), "views and scores see air"
        assert np.array_equal(scan.hu[~scan.padding], hu[~scan.padding])

    def test_declared_value(self, tmp_path):
        hu = HU.copy()
        hu[0, 0, :5] = -1500

        def declare(dataset):
            dataset.add_new("PixelPaddingValue", "SS", -1500 + 1024)

        scan = read_series(tmp_path, ct_series(hu, GEOMETRY, change=declare))
        assert np.array_equal(scan.padding, hu == -1500)

    def test_declared_range(self, tmp_path):
        hu = HU.copy()
        hu[0, 0, :5] = (-1300, -1250, -1200, -1199, -1301)

        def declare(dataset):
            dataset.add_new("PixelPaddingValue", "SS", -1200 + 1024)
            dataset.add_new("PixelPaddingRangeLimit", "SS", -1300 + 1024)

        scan = read_series(tmp_path, ct_series(hu, GEOMETRY, change=declare))
        assert np.array_equal(scan.padding, (hu >= -1300) & (hu <= -1200))

    def test_value_written_without_its_sign(self, tmp_path):
        hu = HU.copy()
        hu[0, 0, :5] = -1500

        def declare(dataset):
            dataset.add_new("PixelPaddingValue", "US", 65536 - 1500 + 1024)

        scan = read_series(tmp_path, ct_series(hu, GEOMETRY, change=declare))
        assert np.array_equal(scan.padding, hu == -1500)

    def test_value_follows_the_rescale_of_its_slice(self, tmp_path):
        hu = HU.copy()
        hu[:, 0, 0] = [-1500 - index for index in range(len(hu))]
        datasets = ct_series(hu, GEOMETRY)
        for index, dataset in enumerate(datasets):
            store_hu(dataset, hu[index], intercept=-1024 - index)
            dataset.add_new("PixelPaddingValue", "SS", -476)
        scan = read_series(tmp_path, datasets)
        assert np.array_equal(scan.padding, hu < -1400)

    @pytest.mark.parametrize("hu", [0, 40, -500])
    def test_tissue_declared_to_be_padding_stays_tissue(self, tmp_path, hu):
        def declare(dataset):
            dataset.add_new("PixelPaddingValue", "SS", hu + 1024)

        assert read_series(tmp_path, ct_series(HU, GEOMETRY, change=declare)).padding is None
