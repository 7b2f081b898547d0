"""Dense truth thinned to labels as readers make them."""

from __future__ import annotations

import numpy as np
import pytest
from CACAnnotationLib.training.sparse_labels import is_dense, thin_regions
from CACScoringLib.phantom.phantom import Phantom
from numpy.typing import NDArray
from scipy import ndimage


def two_arteries() -> NDArray[np.uint8]:
    regions = np.ones((96, 80), np.uint8)
    regions[20:26, 15:50] = 2
    regions[60:72, 40:52] = 4
    return regions


def test_a_slice_without_artery_is_other_throughout() -> None:
    assert (thin_regions(np.ones((20, 20), np.uint8), np.random.default_rng(0)) == 1).all()


def test_thinned_labels_never_contradict_the_truth_and_leave_a_gap() -> None:
    truth = two_arteries()
    for seed in range(5):
        thin = thin_regions(truth, np.random.default_rng(seed))

        labelled = thin > 0
        assert (thin[labelled] == truth[labelled]).all()
        assert set(np.unique(thin)) == {0, 1, 2, 4}
        around = ndimage.binary_dilation(truth > 1, iterations=2)
        assert not (labelled & around & (truth == 1)).any(), "an artery's edge is unlabelled"
        far = ndimage.distance_transform_edt(truth == 1) > 14
        assert (thin[far] == 1).all()
        assert is_dense(truth)
        assert not is_dense(thin)


def test_thinning_follows_its_seed() -> None:
    truth = two_arteries()

    first, again, other = (thin_regions(truth, np.random.default_rng(seed)) for seed in (3, 3, 4))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("place", [(0, 0), (0, 79), (95, 79)])
def test_artery_of_one_pixel_at_the_edge_keeps_its_label(place: tuple[int, int]) -> None:
    truth = np.ones((96, 80), np.uint8)
    truth[place] = 5

    thin = thin_regions(truth, np.random.default_rng(1))

    assert thin[place] == 5
    assert thin[48, 40] == 1
    assert (thin == 0).sum() > 10


def test_slices_of_a_phantom_keep_every_artery(phantom: Phantom) -> None:
    slices = [regions for regions in phantom.car if is_dense(regions)][::6]
    assert len(slices) >= 3
    for truth in slices:
        thin = thin_regions(truth, np.random.default_rng(0))

        assert set(np.unique(thin)) - {0} == set(np.unique(truth))
        assert 0.001 < (thin == 0).mean() < 0.15
