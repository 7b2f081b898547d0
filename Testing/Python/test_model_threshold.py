"""Voxels of exactly 130 HU take the label that they touch most; scores of passes against plain ones."""

from __future__ import annotations

import numpy as np
import pytest
from CACScoringLib.model.prediction.focus import candidate_voxels, whole
from CACScoringLib.model.prediction.gathered_passes import PassOptions, gather_passes
from CACScoringLib.model.prediction.passes import candidate_passes
from CACScoringLib.model.prediction.threshold import label_at_threshold, voxels_at_threshold
from CACScoringLib.scoring.protocol import ScoringProtocol, protocol_named
from numpy.typing import NDArray
from plain import plain_scores
from prediction_models import noisy_scan, scan_of_values, small_model

_AGATSTON = ScoringProtocol()


def _labelled(labels: NDArray[np.uint8], values: NDArray[np.int16]) -> NDArray[np.uint8]:
    found = labels.copy()
    label_at_threshold(found, scan_of_values(values), _AGATSTON)
    return found


def _plainly_labelled(labels: NDArray[np.uint8], values: NDArray[np.int16]) -> NDArray[np.uint8]:
    """Label voxel by voxel, what lies beyond the volume being nothing."""
    around = np.pad(labels, 1)
    found = labels.copy()
    for place in np.argwhere(values == 130):
        votes = [0] * 6
        for axis in range(3):
            for step in (-1, 1):
                neighbour = place + 1
                neighbour[axis] += step
                votes[around[tuple(neighbour)]] += 1
        arteries = votes[2:]
        if any(arteries):
            found[tuple(place)] = 2 + arteries.index(max(arteries))
    return found


@pytest.mark.parametrize(
    ("beside", "label"),
    [
        ({(1, 1, 0): 3}, 3),
        ({(1, 1, 0): 2, (1, 0, 1): 3, (0, 1, 1): 3}, 3),
        # as often each: the lower label
        ({(1, 1, 0): 4, (1, 1, 2): 3}, 3),
        ({(1, 1, 0): 5, (2, 1, 1): 5, (1, 2, 1): 4, (1, 0, 1): 4}, 4),
        # OTHER gives nothing, nor does what touches by an edge or a corner
        ({(1, 1, 0): 1}, 0),
        ({(1, 0, 0): 2, (0, 0, 0): 2, (0, 1, 0): 2}, 0),
    ],
)
def test_a_voxel_takes_the_label_that_it_touches_most(
    beside: dict[tuple[int, int, int], int], label: int
) -> None:
    values, labels = np.full((3, 3, 3), 40, np.int16), np.zeros((3, 3, 3), np.uint8)
    values[1, 1, 1] = 130
    for place, value in beside.items():
        values[place], labels[place] = 300, value
    assert _labelled(labels, values)[1, 1, 1] == label


def test_labels_go_one_voxel_far_and_not_around_the_edge() -> None:
    values, labels = np.full((2, 2, 4), 130, np.int16), np.zeros((2, 2, 4), np.uint8)
    values[0, 0, 3], labels[0, 0, 3] = 300, 2
    found = _labelled(labels, values)
    assert np.argwhere(found).tolist() == [[0, 0, 2], [0, 0, 3], [0, 1, 3], [1, 0, 3]]


@pytest.mark.parametrize("hu", [129, 131])
def test_only_exactly_130_hu_is_meant(hu: int) -> None:
    values, labels = np.full((1, 1, 2), hu, np.int16), np.array([[[2, 0]]], np.uint8)
    assert np.array_equal(_labelled(labels, values), labels)


def test_a_protocol_that_leaves_130_hu_out_finds_none() -> None:
    scan = scan_of_values(np.array([[[300, 130]]], np.int16))
    voxels, labels = voxels_at_threshold(
        np.array([0]), np.array([2], np.uint8), scan, ScoringProtocol(strictly_above=True)
    )
    assert voxels.size == labels.size == 0


@pytest.mark.parametrize("seed", range(5))
def test_labels_are_those_found_voxel_by_voxel(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.choice(np.array([40, 130, 131, 300], np.int16), (5, 9, 8))
    labels = np.where(values > 130, rng.integers(1, 6, values.shape), 0).astype(np.uint8)
    found = _labelled(labels, values)
    assert np.array_equal(found, _plainly_labelled(labels, values))
    assert np.count_nonzero(found) > np.count_nonzero(labels)


@pytest.mark.parametrize(("preset", "with_lm"), [("agatston", True), ("mtal2022", False), ("hong2022", True)])
def test_scores_of_passes_are_the_plain_ones(preset: str, with_lm: bool) -> None:
    protocol, model = protocol_named(preset), small_model(with_lm=with_lm)
    values = noisy_scan((4, 32, 40)).values.copy()
    values[(values > 110) & (values < 150)] = 130
    scan = scan_of_values(values)
    found = gather_passes(model, scan, whole(scan), protocol, PassOptions(3, 0.3, 5))
    passes = list(candidate_passes(model, scan, 3, 0.3, 5))
    assert np.array_equal(found.voxels, candidate_voxels(scan))
    for number, each in enumerate(passes):
        labels = np.zeros(values.shape, np.uint8)
        labels.reshape(-1)[found.voxels] = each.labels
        if protocol.is_candidate(np.array(130)):
            labels = _plainly_labelled(labels, values)
        plain = {name: score for name, (score, _) in plain_scores(scan, labels, protocol).items()}
        for name, scores in found.scores.arteries.items():
            assert scores[number] == pytest.approx(plain[name])
        assert found.scores.total[number] == pytest.approx(sum(plain[name] for name in found.scores.arteries))
    assert len(set(found.scores.total)) == 3


@pytest.mark.parametrize("apart", [True, False])
def test_votes_for_the_left_main_go_to_lad_unless_it_is_kept_apart(apart: bool) -> None:
    model, scan = small_model(with_lm=True), noisy_scan((3, 32, 32))
    protocol = ScoringProtocol(keep_lm_apart=apart)
    found = gather_passes(model, scan, whole(scan), protocol, PassOptions(4, 0.3))
    labels = np.array([each.labels for each in candidate_passes(model, scan, 4, 0.3)])
    assert (labels == 5).any()
    shares = np.array([(labels == value).mean(axis=0) for value in range(6)])
    if not apart:
        shares[2] += shares[5]
        shares[5] = 0
    assert found.votes == pytest.approx(shares)
