"""Candidate lesions against a library's labelling, and against real geometry."""

import numpy as np
import pytest
import SimpleITK as sitk
from CACScoringLib.candidates.candidates import find_candidates
from CACScoringLib.candidates.runs import Runs
from CACScoringLib.scoring.protocol import ScoringProtocol
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from volumes import blocks, random_scan, scan_of


@pytest.mark.parametrize("seed", range(4))
def test_against_library(seed):
    scan, _ = random_scan(seed)
    candidates = find_candidates(scan)
    expected, count = ndimage.label(scan.hu >= 130)
    assert len(candidates) == count > 40
    numbers = np.arange(1, count + 1)
    # Both number components by their first voxel, so candidate n is the library's n + 1.
    assert candidates.voxels.tolist() == ndimage.sum_labels(expected > 0, expected, numbers).tolist()
    assert candidates.peak_hu.tolist() == ndimage.maximum(scan.hu, expected, numbers).tolist()
    np.testing.assert_allclose(candidates.mean_hu, ndimage.mean(scan.hu, expected, numbers))
    centres = np.array(ndimage.center_of_mass(expected > 0, expected, numbers))[:, ::-1]
    np.testing.assert_allclose(candidates.centroid_ijk, centres)
    for number, box in enumerate(ndimage.find_objects(expected)):
        bounds = tuple((axis.start, axis.stop - 1) for axis in reversed(box))
        assert candidates[number].bounds_ijk == bounds
        assert candidates[number].slices == bounds[2]
        voxels = candidates.voxels_of(number)
        assert voxels.tolist() == np.flatnonzero(expected == number + 1).tolist()


@settings(deadline=None, max_examples=60, derandomize=True)
@given(st.integers(1, 5), st.integers(1, 6), st.integers(1, 9), st.integers(0, 2**32), st.floats(0, 1))
def test_components_of_any_shape(slices, rows, columns, seed, density):
    mask = np.random.default_rng(seed).random((slices, rows, columns)) < density
    scan = scan_of(np.where(mask, 300, 0))
    candidates = find_candidates(scan)
    expected, count = ndimage.label(mask)
    assert len(candidates) == count
    for k, j, i in np.ndindex(mask.shape):
        found = candidates.lesion_at((i, j, k))
        assert (found is None) == (not mask[k, j, i])
        assert found is None or found + 1 == expected[k, j, i]


def test_rows_do_not_wrap_around():
    hu = blocks((2, 4, 5), (0, 1, 4, 300), (0, 2, 0, 300), (0, 3, 2, 300), (1, 0, 2, 300))
    assert len(find_candidates(scan_of(hu))) == 4


def test_a_volume_of_calcium_is_one_candidate():
    candidates = find_candidates(scan_of(np.full((3, 4, 5), 500)))
    assert len(candidates) == 1
    assert candidates[0].voxels == 60


def test_no_candidates():
    candidates = find_candidates(scan_of(blocks((3, 4, 5))))
    assert len(candidates) == 0
    assert candidates.lesion_at((0, 0, 0)) is None
    assert not candidates.mask().any()
    assert candidates.centroid_ijk.shape == (0, 3)


def test_outside_the_volume_there_is_nothing():
    candidates = find_candidates(scan_of(np.full((3, 4, 5), 500)))
    for ijk in ((-1, 0, 0), (5, 0, 0), (0, 4, 0), (0, 0, 3)):
        assert candidates.lesion_at(ijk) is None


def test_threshold_is_explicit():
    hu = blocks((3, 4, 5), (1, 1, 1, 130), (1, 3, 3, 131))
    assert len(find_candidates(scan_of(hu))) == 2
    assert len(find_candidates(scan_of(hu), ScoringProtocol(strictly_above=True))) == 1
    assert len(find_candidates(scan_of(hu), ScoringProtocol(threshold_hu=40))) == 1


def test_small_candidates_are_known_and_still_there():
    hu = blocks((3, 4, 5), (1, 1, 1, 200), (slice(0, 3), 3, 3, 200))
    candidates = find_candidates(scan_of(hu, (0.5, 0.5, 3.0)))
    assert candidates.large_enough(1.5).tolist() == [True, False]
    assert candidates.lesion_at((1, 1, 1)) == 1


def test_runs_of_a_mask_that_starts_and_ends_true():
    mask = np.array([[[True, True], [True, False]], [[False, True], [True, True]]])
    runs = Runs.of_mask(mask)
    assert list(zip(runs.start, runs.stop, strict=True)) == [(0, 2), (2, 3), (5, 6), (6, 8)]


@pytest.fixture(scope="module")
def nlst_0909(reference_data):
    mask = sitk.GetArrayFromImage(sitk.ReadImage(str(reference_data / "nlst_0909_mask.nrrd")))
    hu = np.where(mask >= 2, 200, np.where(mask == 1, 40, -800)).astype(np.int16)
    return scan_of(hu, (0.68, 0.68, 2.5)), mask


def test_real_geometry(nlst_0909):
    scan, mask = nlst_0909
    candidates = find_candidates(scan)
    assert len(candidates) == 58_067
    coronary = np.argwhere(mask == 3)
    clicked = [candidates.lesion_at((int(i), int(j), int(k))) for k, j, i in coronary]
    lesions = set(clicked)
    assert len(lesions) == 9
    assert None not in lesions
    together = np.concatenate([candidates.voxels_of(lesion) for lesion in lesions])
    assert np.array_equal(np.sort(together), np.flatnonzero(mask == 3))
    for (k, j, i), lesion in zip(coronary.tolist(), clicked, strict=True):
        assert np.ravel_multi_index((k, j, i), mask.shape) in candidates.voxels_of(lesion)
