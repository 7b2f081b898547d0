import numpy as np
import pytest
import SimpleITK as sitk
from CACScoringLib.errors import CACError
from CACScoringLib.geometry import VolumeGeometry
from scipy.spatial.transform import Rotation


@pytest.fixture
def oblique():
    direction = Rotation.from_euler("xyz", [20, -35, 50], degrees=True).as_matrix()
    return VolumeGeometry((7, 6, 5), (0.4, 0.5, 3.0), (-12.0, 30.0, 4.5), tuple(direction.reshape(-1)))


def test_positions_agree_with_simpleitk(oblique):
    image = oblique.to_image(np.zeros(oblique.shape, np.int16))
    assert VolumeGeometry.of_image(image).difference(oblique) is None
    for ijk in ((0, 0, 0), (3, 2, 1), (6, 5, 4)):
        np.testing.assert_allclose(oblique.lps_of(ijk), image.TransformIndexToPhysicalPoint(ijk))
        np.testing.assert_allclose(oblique.ras_of(ijk), oblique.lps_of(ijk) * (-1, -1, 1))


def test_there_and_back(oblique):
    ijk = np.random.default_rng(0).uniform(-3, 9, (20, 3))
    np.testing.assert_allclose(oblique.ijk_of_ras(oblique.ras_of(ijk)), ijk)
    np.testing.assert_allclose(oblique.ijk_of_lps(oblique.lps_of(ijk)), ijk)


def test_arrays_are_slice_row_column(oblique):
    array = np.arange(np.prod(oblique.shape), dtype=np.int16).reshape(oblique.shape)
    assert oblique.to_image(array)[3, 2, 1] == array[1, 2, 3]
    with pytest.raises(ValueError, match="does not fit"):
        oblique.to_image(array.T)


def test_sizes(oblique):
    assert oblique.shape == (5, 6, 7)
    assert oblique.pixel_area_mm2 == pytest.approx(0.2)
    assert oblique.voxel_volume_mm3 == pytest.approx(0.6)
    assert oblique.increment_mm == 3.0


def test_differences_are_said(oblique):
    moved = VolumeGeometry(oblique.size, oblique.spacing_mm, (-12.0, 30.0, 5.0), oblique.direction)
    assert oblique.difference(moved) == "positions differ by up to 0.50 mm"
    assert "7 x 6 x 5" in (oblique.difference(VolumeGeometry((7, 6, 6), oblique.spacing_mm)) or "")
    image = sitk.Image(4, 4, 4, sitk.sitkInt16)
    assert VolumeGeometry.of_image(image).difference(VolumeGeometry((4, 4, 4), (1, 1, 1))) is None


@pytest.mark.parametrize("handed", [1, -1])
def test_geometry_of_an_mrml_matrix(oblique, handed):
    to_ras = oblique.ijk_to_ras @ np.diag([1, 1, handed, 1])
    geometry = VolumeGeometry.of_ijk_to_ras(to_ras, oblique.size)
    np.testing.assert_allclose(geometry.ijk_to_ras, to_ras, atol=1e-12)
    assert geometry.spacing_mm == pytest.approx(oblique.spacing_mm)
    assert np.linalg.det(np.reshape(geometry.direction, (3, 3))) == pytest.approx(handed)
    image = geometry.to_image(np.zeros(geometry.shape, np.int16))
    np.testing.assert_allclose(geometry.lps_of((3, 2, 1)), image.TransformIndexToPhysicalPoint((3, 2, 1)))


@pytest.mark.parametrize(
    ("entry", "value", "message"),
    [((0, 2), 0.05, "sheared"), ((2, 2), 0.0, "without spacing"), ((0, 3), np.nan, "without spacing")],
)
def test_matrices_of_no_volume_are_refused(entry, value, message):
    matrix = np.eye(4)
    matrix[entry] = value
    with pytest.raises(CACError, match=message):
        VolumeGeometry.of_ijk_to_ras(matrix, (4, 4, 4))
