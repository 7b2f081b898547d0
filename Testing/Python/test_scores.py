"""Scores against figures worked out by hand and against a plain implementation."""

import dataclasses
import math

import numpy as np
import pytest
from CACScoringLib.scoring.protocol import PRESETS, ScoringProtocol, protocol_named
from CACScoringLib.scoring.scores import coronary_voxels, score_scan
from plain import plain_scores
from volumes import blocks, random_scan, scan_of

SHAPE = (6, 20, 20)


def labels_where(hu, value=2):
    return np.where(hu >= 130, value, 0).astype(np.uint8)


def test_one_lesion_by_hand():
    # 2 x 3 pixels of 0.5 x 0.5 mm in two slices of 3 mm, peaks 250 and 420: 1.5 mm² x 2 + 1.5 mm² x 4 = 9.
    hu = blocks(SHAPE, (2, slice(4, 6), slice(4, 7), 200), (3, slice(4, 6), slice(4, 7), 200))
    hu[2, 4, 4], hu[3, 5, 6] = 250, 420
    scan = scan_of(hu, (0.5, 0.5, 3.0))
    scores = score_scan(scan, labels_where(hu), dataclasses.replace(ScoringProtocol(), mass_factor=0.8))
    total = scores.total
    assert total.agatston == pytest.approx(9.0)
    assert total.volume_mm3 == pytest.approx(12 * 0.75)
    mean_hu = (10 * 200 + 250 + 420) / 12
    assert total.mass_mg == pytest.approx(0.8 * mean_hu * 9.0 / 1000)
    assert total.density == pytest.approx(9.0 / 3.0)
    (lesion,) = scores.lesions
    assert (lesion.id, lesion.artery, lesion.slices, lesion.peak_hu) == (1, "LAD", (2, 3), 420)
    # The centre is column 5, row 4.5, slice 2.5: LPS (2.5, 2.25, 7.5), RAS with the first two signs turned.
    assert lesion.centroid_ras_mm == pytest.approx((-2.5, -2.25, 7.5))
    assert scores.vessels == 1


@pytest.mark.parametrize(
    ("peak", "weight"), [(130, 1), (199, 1), (200, 2), (299, 2), (300, 3), (399, 3), (400, 4), (3071, 4)]
)
def test_weights_by_peak(peak, weight):
    hu = blocks(SHAPE, (2, slice(4, 6), 4, peak))
    assert score_scan(scan_of(hu), labels_where(hu), ScoringProtocol()).total.agatston == 2 * weight


@pytest.mark.parametrize(
    ("increment", "factor"), [(3.0, 1.0), (1.5, 0.5), (2.5, 2.5 / 3), (0.625, 0.625 / 3)]
)
def test_increment_normalisation(increment, factor):
    hu = blocks(SHAPE, (2, slice(4, 6), 4, 250))
    scan = scan_of(hu, (1, 1, increment))
    assert score_scan(scan, labels_where(hu), ScoringProtocol()).total.agatston == pytest.approx(4 * factor)
    assert score_scan(scan, labels_where(hu), protocol_named("hong2022")).total.agatston == pytest.approx(4)


def test_diagonal_pixels_are_two_components_in_a_slice():
    # Weights come from each component's own peak: 1 mm² x 4 and 1 mm² x 1, not 2 mm² x 4.
    hu = blocks(SHAPE, (2, 4, 4, 450), (2, 5, 5, 150))
    scores = score_scan(scan_of(hu), labels_where(hu), ScoringProtocol())
    assert scores.total.agatston == 5
    assert scores.total.lesions == 2


def test_one_lesion_may_be_two_components_in_a_slice():
    hu = blocks(SHAPE, (2, 4, 4, 450), (2, 4, 6, 150), (3, 4, slice(4, 7), 250))
    scores = score_scan(scan_of(hu), labels_where(hu), ScoringProtocol())
    assert scores.total.lesions == 1
    assert scores.total.agatston == 4 + 1 + 3 * 2


def test_components_do_not_span_arteries():
    hu = blocks(SHAPE, (2, 4, 4, 450), (2, 4, 5, 150))
    labels = labels_where(hu)
    labels[2, 4, 5] = 3
    scores = score_scan(scan_of(hu), labels, ScoringProtocol())
    assert scores.arteries["LAD"].agatston == 4
    assert scores.arteries["LCX"].agatston == 1
    assert scores.vessels == 2


def test_voxels_below_the_threshold_never_count():
    hu = blocks(SHAPE, (2, slice(4, 6), 4, 250))
    everything = np.full(SHAPE, 4, np.uint8)
    scores = score_scan(scan_of(hu), everything, ScoringProtocol())
    assert scores.arteries["RCA"].agatston == 4
    assert scores.total.volume_mm3 == 6


def test_threshold_at_or_above_and_strictly_above():
    hu = blocks(SHAPE, (2, slice(4, 6), 4, 130))
    at_or_above = score_scan(scan_of(hu), labels_where(hu), protocol_named("agatston"))
    strictly_above = score_scan(scan_of(hu), labels_where(hu), protocol_named("orcascore"))
    assert (at_or_above.total.agatston, strictly_above.total.agatston) == (2, 0)


def test_other_never_counts():
    hu = blocks(SHAPE, (2, slice(4, 6), 4, 250))
    scores = score_scan(scan_of(hu), labels_where(hu, 1), ScoringProtocol())
    assert scores.total.agatston == 0
    assert scores.total.density is None
    assert scores.lesions == ()


def test_left_main_in_lad_or_apart():
    hu = blocks(SHAPE, (2, 4, 4, 450), (2, 4, 5, 150))
    labels = labels_where(hu)
    labels[2, 4, 5] = 5
    together = score_scan(scan_of(hu), labels, protocol_named("agatston"))
    assert list(together.arteries) == ["LAD", "LCX", "RCA"]
    assert together.arteries["LAD"].agatston == 2 * 4
    assert together.arteries["LAD"].lesions == 1
    apart = score_scan(scan_of(hu), labels, protocol_named("hong2022"))
    assert apart.arteries["LM"].agatston == 1
    assert apart.arteries["LAD"].agatston == 4


def test_too_small_rules():
    # Pixels of 0.5 x 0.5 mm, 3 mm increment: one voxel is 0.25 mm² and 0.75 mm³.
    three_then_one = blocks(SHAPE, (2, 4, slice(4, 7), 250), (3, 4, 4, 250))
    scan, labels = scan_of(three_then_one, (0.5, 0.5, 3.0)), labels_where(three_then_one)

    def agatston(name):
        return score_scan(scan, labels, protocol_named(name)).total.agatston

    assert agatston("agatston") == 0  # 0.75 and 0.25 mm² in their slices
    assert agatston("hong2022") == pytest.approx(2 * 1.0)  # 1.00 mm² over both slices
    assert agatston("mtal2022") == pytest.approx(2 * 1.0)  # 3.0 mm³
    assert agatston("orcascore") == pytest.approx(2 * 1.0)

    one = blocks(SHAPE, (2, 4, 4, 250))
    scan, labels = scan_of(one, (0.5, 0.5, 3.0)), labels_where(one)
    assert [agatston(name) for name in ("agatston", "hong2022", "mtal2022")] == [0, 0, 0]
    assert agatston("orcascore") == pytest.approx(2 * 0.25)


def test_what_is_too_small_counts_nowhere():
    hu = blocks(SHAPE, (2, slice(4, 8), 4, 250), (3, 4, 4, 250), (5, 15, 15, 250))
    scores = score_scan(scan_of(hu, (0.5, 0.5, 3.0)), labels_where(hu), ScoringProtocol())
    assert scores.total.lesions == 1
    assert scores.total.volume_mm3 == pytest.approx(4 * 0.75)


def test_exactly_one_square_millimetre_counts_whatever_its_rounding():
    hu = blocks(SHAPE, (2, slice(4, 14), slice(4, 14), 250))
    assert score_scan(scan_of(hu, (0.1, 0.1, 3.0)), labels_where(hu), ScoringProtocol()).total.lesions == 1


def test_totals_are_sums_and_density_is_recomputed():
    hu = blocks(SHAPE, (2, slice(4, 8), 4, 450), (2, slice(4, 6), 10, 150))
    labels = labels_where(hu)
    labels[2, :, 10] *= 2
    scores = score_scan(scan_of(hu), labels, ScoringProtocol())
    assert scores.total.agatston == sum(artery.agatston for artery in scores.arteries.values()) == 18
    assert scores.total.density == pytest.approx((4 * 4 + 2 * 1) / 6)


def test_no_mass_without_calibration():
    hu = blocks(SHAPE, (2, slice(4, 8), 4, 450))
    scores = score_scan(scan_of(hu), labels_where(hu), ScoringProtocol())
    assert scores.total.mass_mg is None
    assert scores.lesions[0].mass_mg is None


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("seed", range(3))
def test_against_plain_implementation(name, seed):
    scan, labels = random_scan(seed)
    protocol = PRESETS[name]
    scores, expected = score_scan(scan, labels, protocol), plain_scores(scan, labels, protocol)
    assert scores.total.lesions > 40, "the scan must be a test"
    for artery, got in scores.arteries.items():
        assert (got.agatston, got.volume_mm3) == pytest.approx(expected[artery])


def test_padding_scores_as_air():
    hu = blocks(SHAPE, (2, slice(4, 8), 4, 450))
    padding = np.zeros(SHAPE, bool)
    padding[2, 4] = True
    scan = dataclasses.replace(scan_of(hu), padding=padding)
    assert score_scan(scan, labels_where(hu), ScoringProtocol()).total.volume_mm3 == 9


def test_coronary_voxels_are_all_arteries_and_nothing_else():
    rng = np.random.default_rng(0)
    for density in (0, 0.02, 1):
        labels = rng.integers(0, 6, (9, 5, 7)).astype(np.uint8)
        labels[rng.random(labels.shape) > density] = 1
        assert coronary_voxels(labels).tolist() == np.flatnonzero(labels > 1).tolist()


def test_labels_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        score_scan(scan_of(blocks(SHAPE)), np.zeros((2, 2, 2), np.uint8), ScoringProtocol())


def test_lesions_are_numbered_by_their_place():
    hu = blocks(SHAPE, (4, 2, 2, 300), (1, 9, 9, 300), (1, 3, slice(3, 5), 300))
    lesions = score_scan(scan_of(hu), labels_where(hu), ScoringProtocol()).lesions
    assert [(lesion.id, lesion.slices[0]) for lesion in lesions] == [(1, 1), (2, 1), (3, 4)]
    assert math.isclose(lesions[0].centroid_ras_mm[1], -3)
