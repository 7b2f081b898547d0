"""Phantoms: the same bytes each time, and a truth that agrees with the image."""

import hashlib
import json

import numpy as np
import pytest
from CACScoringLib.phantom.calcium import HU_PER_MG_CM3
from CACScoringLib.phantom.phantom import PhantomOptions, make_phantom
from CACScoringLib.schemes import label_scheme
from phantom_samples import SEED, difficult_phantom
from scipy import ndimage
from scipy.spatial import cKDTree

SCHEME = label_scheme()
OTHER = SCHEME["OTHER"].value


@pytest.fixture(scope="module")
def difficult(tmp_path_factory):
    return difficult_phantom(tmp_path_factory)


def digest(phantom) -> str:
    arrays = b"".join(
        np.ascontiguousarray(array).tobytes() for array in (phantom.hu, phantom.cac, phantom.car)
    )
    return hashlib.sha256(arrays + json.dumps([phantom.truth, repr(phantom.points)]).encode()).hexdigest()


def test_same_seed_gives_the_same_bytes(phantom):
    assert digest(make_phantom(SEED, PhantomOptions(calcium=True))) == digest(phantom)


def test_scan_looks_like_a_calcium_scoring_ct(phantom):
    assert phantom.hu.dtype == np.int16
    assert phantom.hu.shape == phantom.geometry.shape == (phantom.geometry.size[2], 512, 512)
    assert phantom.hu.min() >= -1024
    assert phantom.hu.max() <= 3071
    assert phantom.geometry.increment_mm == phantom.slice_thickness_mm
    assert phantom.kvp == 120
    middle = phantom.hu[len(phantom.hu) // 2]
    assert (middle < -700).mean() > 0.15  # lungs
    heart = middle[230:280, 230:300].astype(float)
    assert heart.mean() == pytest.approx(45, abs=12)
    assert heart.std() == pytest.approx(phantom.truth["noise_hu"], rel=0.25)


def test_noise_is_grainy_but_not_white(phantom):
    rows = phantom.hu[len(phantom.hu) // 2, 230:280, 230:300].astype(float)
    rows -= ndimage.gaussian_filter(rows, 8)
    neighbours = np.corrcoef(rows[:, :-1].ravel(), rows[:, 1:].ravel())[0, 1]
    assert 0.3 < neighbours < 0.95


def test_every_candidate_has_a_label_and_nothing_else_has(phantom, difficult):
    for one in (phantom, difficult):
        assert np.array_equal(one.cac > 0, one.hu >= 130)
        assert one.cac.dtype == one.car.dtype == np.uint8
        assert one.car.min() == OTHER


def test_coronary_calcium_lies_in_the_region_of_its_artery(phantom):
    coronary = phantom.cac > OTHER
    assert coronary.any()
    assert np.array_equal(phantom.car[coronary], phantom.cac[coronary])
    assert {SCHEME["LAD"].value, SCHEME["LCX"].value, SCHEME["RCA"].value, SCHEME["LM"].value} <= set(
        np.unique(phantom.car).tolist()
    )
    assert (phantom.car > OTHER).mean() < 0.01


def test_candidates_number_in_the_thousands(phantom):
    assert 1000 < ndimage.label(phantom.hu >= 130)[1] < 15000


def test_points_lie_on_candidates_and_reproduce_the_labels(phantom, difficult):
    for one in (phantom, difficult):
        components, _ = ndimage.label(one.hu >= 130)
        by_component: dict[int, list] = {}
        for point in one.points:
            i, j, k = np.rint(one.geometry.ijk_of_ras(point.ras_mm)).astype(int)
            assert one.cac[k, j, i] == SCHEME[point.artery].value
            by_component.setdefault(int(components[k, j, i]), []).append(point)
        labelled = np.where(one.hu >= 130, OTHER, 0).astype(np.uint8)
        boxes = ndimage.find_objects(components)
        for component, points in by_component.items():
            box = boxes[component - 1]
            voxels = np.argwhere(components[box] == component) + [part.start for part in box]
            tree = cKDTree([point.ras_mm for point in points])
            nearest = tree.query(one.geometry.ras_of(voxels[:, ::-1]))[1]
            labelled[tuple(voxels.T)] = [SCHEME[points[index].artery].value for index in nearest]
        assert np.array_equal(labelled, one.cac)


def test_truth_adds_up(phantom):
    truth = json.loads(json.dumps(phantom.truth))
    assert truth["seed"] == SEED
    assert truth["lesions"]
    for quantity in ("true_mass_mg", "true_volume_mm3"):
        whole = sum(lesion[quantity] for lesion in truth["lesions"])
        assert truth["total"][quantity] == pytest.approx(whole, abs=0.01)
        assert sum(artery[quantity] for artery in truth["arteries"].values()) == pytest.approx(
            whole, abs=0.01
        )
    for lesion in truth["lesions"]:
        mean = 1000 * lesion["true_mass_mg"] / lesion["true_volume_mm3"]
        assert 0.3 * lesion["peak_concentration_mg_cm3"] < mean < lesion["peak_concentration_mg_cm3"]
    detected = {lesion["artery"] for lesion in truth["lesions"] if lesion["detected"]}
    assert detected == {point.artery for point in phantom.points} - {"OTHER"}


def test_the_image_holds_the_true_mass(phantom):
    without = make_phantom(SEED, PhantomOptions(calcium=False))
    added = (phantom.hu.astype(float) - without.hu).sum() * phantom.geometry.voxel_volume_mm3
    assert added / HU_PER_MG_CM3 / 1000 == pytest.approx(phantom.truth["total"]["true_mass_mg"], rel=0.02)
    assert not (without.cac > OTHER).any()
    assert without.points == ()
    assert without.truth["total"]["true_mass_mg"] == 0


def test_options_show(phantom, difficult):
    assert difficult.truth["noise_hu"] > 1.3 * phantom.truth["noise_hu"]
    assert any("stent" in implant for implant in difficult.truth["implants"])
    assert len(difficult.truth["implants"]) == 2
    assert (difficult.hu == 3071).any()
    # The moving artery sweeps a wider region; the others stay where they are.
    size = {
        name: (difficult.car == SCHEME[name].value).sum() / (phantom.car == SCHEME[name].value).sum()
        for name in ("RCA", "LAD")
    }
    assert size["RCA"] > 1.3
    assert size["LAD"] == pytest.approx(1, abs=0.1)
    # What is in the patient is the same, moving or not.
    assert difficult.truth["total"]["true_mass_mg"] == pytest.approx(
        phantom.truth["total"]["true_mass_mg"], rel=0.01
    )
