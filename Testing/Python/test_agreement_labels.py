"""Overlap of two label maps: by hand, by scikit-learn, and at the edges."""

import numpy as np
import pytest
from CACScoringLib.agreement.bootstrap import BootstrapPlan
from CACScoringLib.agreement.label_agreement import label_agreement, lesion_counts
from CACScoringLib.agreement.paired_voxels import pair_voxels
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.scoring.protocol import protocol_named
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage
from sklearn.metrics import confusion_matrix, f1_score, precision_score, recall_score

OTHER, LAD, LCX, RCA, LM = 1, 2, 3, 4, 5
PLAN = BootstrapPlan("lesion", 200)
label_maps = arrays(np.uint8, (3, 4, 5), elements=st.integers(0, 5))
hu_values = arrays(np.int16, (3, 4, 5), elements=st.sampled_from([40, 129, 130, 131, 400]))


def scan_of(hu, spacing_mm=(1.0, 1.0, 3.0)):
    return CTScan(np.asarray(hu, np.int16), VolumeGeometry(np.shape(hu)[::-1], spacing_mm))


def agreement_of(hu, reference, test, protocol="agatston", **changes):
    from dataclasses import replace

    rules = replace(protocol_named(protocol), **changes)
    return label_agreement(pair_voxels(scan_of(hu), np.asarray(reference), np.asarray(test), rules), PLAN)


def row(*labels):
    """One line of voxels as a volume of one slice."""
    return np.array([[labels]], np.uint8)


def test_by_hand():
    # Voxel            0    1    2    3    4    5      6    7    8      9
    reference = row(LAD, LAD, LAD, 0, LCX, LCX, OTHER, 0, RCA, LAD)
    test = row(LAD, LAD, RCA, 0, LCX, 0, LCX, 0, 0, LAD)
    hu = np.full((1, 1, 10), 200)
    hu[..., 9] = 129  # below the threshold: agreed on by both, and still nothing
    agreement = agreement_of(hu, reference, test)
    # Arteries: right are voxels 0, 1, 4 (TP 3). Reference has 6 (0 1 2 4 5 8), test has 5 (0 1 2 4 6).
    # FP = 2 (voxel 2 as RCA, 6), FN = 3 (2, 5, 8): micro-F1 = 6 / (6 + 2 + 3) = 6/11.
    assert agreement.micro_f1.value == pytest.approx(6 / 11)
    # LAD: TP 2, FN 1, FP 0; LCX: TP 1, FP 1, FN 1; RCA: TP 0, FP 1, FN 1.
    assert {name: each.value for name, each in agreement.artery_f1.items()} == pytest.approx(
        {"LAD": 4 / 5, "LCX": 1 / 2, "RCA": 0}
    )
    # Any artery: both say calcium in 0 1 2 4; sensitivity 4/6, PPV 4/5, F1 8/11.
    assert agreement.by_voxel.sensitivity.value == pytest.approx(4 / 6)
    assert agreement.by_voxel.ppv.value == pytest.approx(4 / 5)
    assert agreement.by_voxel.f1.value == pytest.approx(8 / 11)
    # Lesions of the reference: 0-2, 4-5, 8; found are the first two. Lesions of the test: 0-2, 4, 6;
    # confirmed are the first two. Sensitivity 2/3, PPV 2/3, F1 2/3.
    assert (agreement.by_lesion.reference, agreement.by_lesion.found) == (3, 2)
    assert (agreement.by_lesion.test, agreement.by_lesion.confirmed) == (3, 2)
    assert agreement.by_lesion.f1.value == pytest.approx(2 / 3)
    # Together they make three components to resample: 0-2, 4-6 (with two lesions of the test) and 8.
    assert agreement.lesions_resampled == 3
    assert agreement.voxels.reference_left_out.below_threshold == 1
    # unlabelled, OTHER, LAD, LCX, RCA; voxels 3 and 7 are candidates without a label.
    expected = [[2, 0, 0, 0, 0], [0, 0, 0, 1, 0], [0, 0, 2, 0, 1], [1, 0, 0, 1, 0], [1, 0, 0, 0, 0]]
    np.testing.assert_array_equal(agreement.confusion, expected)


def test_one_lesion_that_the_test_splits():
    # The reference's one lesion is found; both of the test's are confirmed, a third is not: S = 1, P = 2/3.
    agreement = agreement_of(
        np.full((1, 1, 7), 300), row(LAD, LAD, LAD, LAD, 0, 0, 0), row(LAD, 0, LAD, 0, 0, 0, LAD)
    )
    assert agreement.by_lesion.sensitivity.value == 1
    assert agreement.by_lesion.ppv.value == pytest.approx(2 / 3)
    assert agreement.by_lesion.f1.value == pytest.approx(2 * (2 / 3) / (1 + 2 / 3))


def test_a_lesion_of_the_wrong_artery_is_found():
    agreement = agreement_of(np.full((1, 1, 2), 300), row(LAD, LAD), row(RCA, RCA))
    assert agreement.by_lesion.f1.value == 1
    assert agreement.micro_f1.value == 0


def test_diagonal_neighbours_are_two_lesions():
    labels = np.zeros((2, 2, 2), np.uint8)
    labels[0, 0, 0] = labels[1, 1, 1] = labels[0, 1, 1] = LAD
    assert agreement_of(np.full((2, 2, 2), 300), labels, labels).by_lesion.reference == 2


def test_left_main_is_lad_unless_kept_apart():
    hu, reference, test = np.full((1, 1, 4), 300), row(LM, LM, LAD, LAD), row(LAD, LAD, LAD, LAD)
    assert agreement_of(hu, reference, test).micro_f1.value == 1
    apart = agreement_of(hu, reference, test, "hong2022", smallest=0.0)
    assert apart.micro_f1.value == pytest.approx(0.5)
    assert apart.artery_f1["LM"].value == 0


def test_threshold_is_the_protocols():
    hu = np.array([[[130, 131]]])
    labels = row(LAD, LAD)
    assert agreement_of(hu, labels, labels).by_voxel.reference == 2
    assert agreement_of(hu, labels, labels, "orcascore").by_voxel.reference == 1


def test_small_lesions_count_for_nothing_where_the_protocol_drops_them():
    # Voxels of 3 mm³: at a smallest volume of 5 mm³ a lesion of one voxel is dropped, one of two stays.
    hu, reference, test = np.full((1, 1, 5), 300), row(LAD, 0, 0, LAD, LAD), row(0, 0, 0, LAD, LAD)
    assert agreement_of(hu, reference, test, "mtal2022").by_lesion.sensitivity.value == pytest.approx(0.5)
    dropped = agreement_of(hu, reference, test, "mtal2022", smallest=5.0)
    assert dropped.by_lesion.sensitivity.value == 1
    assert dropped.voxels.reference_left_out.too_small == 1
    # What is not coronary is not a lesion and never too small.
    other = row(OTHER, 0, 0, LAD, LAD)
    assert agreement_of(hu, other, test, "mtal2022", smallest=5.0).confusion[1, 0] == 1


def test_no_calcium_in_either_is_undefined():
    nothing = row(0, OTHER, 0)
    agreement = agreement_of(np.full((1, 1, 3), 300), nothing, nothing)
    metrics = [agreement.micro_f1, *agreement.artery_f1.values()]
    for binary in (agreement.by_voxel, agreement.by_lesion):
        metrics += [binary.sensitivity, binary.ppv, binary.f1]
    for metric in metrics:
        assert metric.value is None
        assert metric.bootstrap is None
        assert metric.note.startswith("undefined")


def test_calcium_in_one_only():
    hu, empty, full = np.full((1, 1, 3), 300), row(0, 0, 0), row(LAD, 0, LCX)
    missed, invented = agreement_of(hu, full, empty), agreement_of(hu, empty, full)
    assert (missed.by_lesion.sensitivity.value, missed.by_lesion.ppv.value) == (0, None)
    assert (invented.by_lesion.sensitivity.value, invented.by_lesion.ppv.value) == (None, 0)
    assert missed.micro_f1.value == missed.by_lesion.f1.value == invented.by_voxel.f1.value == 0


def test_bootstrap_resamples_lesions():
    # Ten lesions, seven found: sensitivity 0.7 with an interval about as wide as a binomial's (0.35 to 0.93).
    labels = np.zeros((1, 1, 20), np.uint8)
    labels[..., ::2] = LAD
    found = labels.copy()
    found[..., :6] = 0
    estimate = agreement_of(np.full(labels.shape, 300), labels, found).by_lesion.sensitivity
    assert estimate.value == pytest.approx(0.7)
    assert estimate.bootstrap.low == pytest.approx(0.35, abs=0.1)
    assert estimate.bootstrap.high == pytest.approx(0.93, abs=0.08)


@settings(deadline=None)
@given(hu_values, label_maps, label_maps)
def test_agrees_with_scikit_learn_and_scipy(hu, reference, test):
    agreement = agreement_of(hu, reference, test, keep_lm_apart=True)
    candidate = hu >= 130
    flat_reference, flat_test = reference[candidate], test[candidate]
    np.testing.assert_array_equal(
        agreement.confusion,
        confusion_matrix(flat_reference, flat_test, labels=range(6))
        if flat_reference.size
        else np.zeros((6, 6)),
    )
    arteries = [LAD, LCX, RCA, LM]
    if (flat_reference > 1).any() or (flat_test > 1).any():
        micro = f1_score(flat_reference, flat_test, labels=arteries, average="micro", zero_division=0)
        assert agreement.micro_f1.value == pytest.approx(micro)
    if (flat_reference > 1).any() and (flat_test > 1).any():
        binary = agreement.by_voxel
        assert binary.sensitivity.value == pytest.approx(recall_score(flat_reference > 1, flat_test > 1))
        assert binary.ppv.value == pytest.approx(precision_score(flat_reference > 1, flat_test > 1))
        assert binary.f1.value == pytest.approx(f1_score(flat_reference > 1, flat_test > 1))
    positive, other = (reference > 1) & candidate, (test > 1) & candidate
    lesions, count = ndimage.label(positive)
    assert agreement.by_lesion.reference == count
    assert agreement.by_lesion.found == np.setdiff1d(lesions[positive & other], 0).size


@settings(deadline=None)
@given(hu_values, label_maps, label_maps)
def test_f1_is_the_same_either_way_round(hu, reference, test):
    one, other = agreement_of(hu, reference, test), agreement_of(hu, test, reference)
    assert one.micro_f1.value == pytest.approx(other.micro_f1.value)
    assert one.by_voxel.f1.value == pytest.approx(other.by_voxel.f1.value)
    assert one.by_lesion.f1.value == pytest.approx(other.by_lesion.f1.value)
    assert one.by_voxel.sensitivity.value == pytest.approx(other.by_voxel.ppv.value)


@settings(deadline=None)
@given(hu_values, label_maps, label_maps)
def test_what_lesions_add_is_the_whole(hu, reference, test):
    voxels = pair_voxels(scan_of(hu), reference, test, protocol_named("agatston"))
    total = lesion_counts(voxels)[:, :-4].sum(axis=0).reshape(4, 4)
    merged = np.zeros((4, 4), int)
    for (row_index, column), count in np.ndenumerate(voxels.confusion()):
        merged[max(row_index - 1, 0), max(column - 1, 0)] += count
    merged[0, 0] = 0  # no lesion holds what neither reading calls an artery
    np.testing.assert_array_equal(total, merged)
