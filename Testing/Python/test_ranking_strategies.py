"""Strategies against the plain way: sort everything, compare everything."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from CACAnnotationLib.ranking.label_information import ClassStatistics, joint_label
from CACAnnotationLib.ranking.risk import category_of, expected_change
from CACAnnotationLib.ranking.selection import draw, histogram, least_of_largest
from CACAnnotationLib.ranking.slice_doubts import SliceDoubt
from CACAnnotationLib.ranking.spread import farthest_first
from CACAnnotationLib.ranking.strategies import SHORTLIST, STRATEGIES, RankedSlice
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.scoring.protocol import PRESETS
from CACScoringLib.scoring.risk import RISK_SCHEMES
from CACScoringLib.scoring.scores import score_scan
from CACScoringLib.scoring.slice_scores import slice_agatston
from doubt_samples import Doubts, some_doubts


def chosen(strategy: str, doubts: Doubts, budget: int, seed: int = 0) -> list[RankedSlice]:
    return STRATEGIES[strategy].choose(doubts, budget, seed)


@pytest.mark.parametrize(
    ("strategy", "measure"),
    [
        ("variance", "variance"),
        ("entropy", "entropy"),
        ("bald", "mutual_information"),
        ("region", "label_information"),
        ("risk", "risk_change"),
    ],
)
def test_the_most_uncertain_come_first(strategy: str, measure: str) -> None:
    doubts = some_doubts()
    ranked = chosen(strategy, Doubts(doubts), 25)
    assert [each.doubt for each in ranked] == sorted(doubts, key=lambda each: -getattr(each, measure))[:25]
    assert [each.score for each in ranked] == [getattr(each.doubt, measure) for each in ranked]
    assert [each.rank for each in ranked] == list(range(1, 26))
    digits = 3 if strategy == "risk" else 4
    assert f"{ranked[0].score:.{digits}g}" in ranked[0].reason


def test_where_no_category_would_change_the_score_decides() -> None:
    doubts = [each._replace(risk_change=0.0) for each in some_doubts()]
    ranked = chosen("risk", Doubts(doubts), 9)
    assert [each.doubt for each in ranked] == sorted(doubts, key=lambda each: -each.agatston_change)[:9]
    assert "would not move the scan's risk category" in ranked[0].reason


def test_hybrid_draws_from_the_most_uncertain_fifth_each_with_the_same_chance() -> None:
    doubts = some_doubts()
    fifth = set(sorted(doubts, key=lambda each: -each.variance)[:80])
    drawn = [chosen("hybrid", Doubts(doubts), 20, seed) for seed in range(300)]
    assert all({each.doubt for each in ranked} <= fifth and len(ranked) == 20 for ranked in drawn)
    counted = Counter(each.doubt for ranked in drawn for each in ranked)
    times = np.array([counted[one] for one in fifth])
    assert times.sum() == 300 * 20
    assert times.min() > 40, "a quarter of the draws has each"
    assert times.max() < 115
    assert chosen("hybrid", Doubts(doubts), 20, 7) == drawn[7]


def test_hybrid_with_equal_ones_and_with_fewer_than_asked_for() -> None:
    equal = Doubts([each._replace(variance=0.0) for each in some_doubts(50)])
    assert len(chosen("hybrid", equal, 30)) == 30
    assert len(chosen("hybrid", equal, 80)) == 50
    for strategy in STRATEGIES:
        assert chosen(strategy, Doubts([]), 5) == []


def test_random_draws_all_slices_alike_and_in_any_order() -> None:
    doubts = Doubts(some_doubts(40))
    draws = [chosen("random", doubts, 10, seed) for seed in range(400)]
    times = np.bincount([each.doubt.slice_index for ranked in draws for each in ranked], minlength=40)
    assert times.min() > 60
    assert times.max() < 140
    firsts = np.bincount([ranked[0].doubt.slice_index for ranked in draws], minlength=40)
    assert firsts.max() < 30, "no slice is first more often than others"


@pytest.mark.parametrize("seed", range(6))
def test_the_border_of_the_largest_is_that_of_sorting(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.choice([0, 1e-38, 1e-6, 0.1, 0.25, 3e4], 500) * rng.integers(0, 4, 500)
    if seed % 2:
        values = rng.exponential(1e-4, 20_000)
    rounded = np.sort(values.astype(np.float32))[::-1]
    counts = histogram(values.tolist())
    for count in (1, 2, values.size // 5, values.size - 1, values.size):
        least = least_of_largest(values.tolist(), counts, count)
        assert least.value == rounded[count - 1]
        assert least.above == (rounded > least.value).sum()
        assert least.above + least.room == count


def test_streams_are_gone_through_without_being_kept() -> None:
    alive = most = 0

    class Counted(float):
        def __init__(self, _value: float) -> None:
            nonlocal alive, most
            alive += 1
            most = max(most, alive)

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    def stream() -> itertools.chain:
        return itertools.chain(Counted(number % 977) for number in range(20_000))

    least_of_largest(stream(), histogram(stream()), 4000)
    draw(stream(), 50, np.random.default_rng(0))
    assert most < 60


def test_those_chosen_lie_far_apart() -> None:
    rng = np.random.default_rng(1)
    groups = np.repeat(rng.normal(0, 100, (8, 5)), 30, axis=0)
    points = (groups + rng.normal(0, 0.1, groups.shape)).astype(np.float32)
    rows = [row for row, _ in farthest_first(points, 8)]
    assert rows[0] == 0
    assert sorted(row // 30 for row in rows) == list(range(8)), "one of each group"
    for number, (row, distance) in enumerate(farthest_first(points, 20)[1:], start=1):
        before = [each for each, _ in farthest_first(points, 20)[:number]]
        nearest = np.linalg.norm(points[:, None] - points[None, before], axis=2).min(axis=1)
        assert distance == pytest.approx(nearest.max(), rel=1e-6)
        assert nearest[row] == pytest.approx(distance, rel=1e-6)
    same = farthest_first(np.ones((4, 3), np.float32), 9)
    assert [row for row, _ in same] == [0, 1, 2, 3], "no row twice, not even of equal ones"


def test_diverse_spreads_over_the_shortlist_alone() -> None:
    doubts = some_doubts()
    features = np.random.default_rng(2).normal(size=(400, 3)).astype(np.float32)
    ranked = chosen("diverse", Doubts(doubts, features), 4)
    shortlist = sorted(doubts, key=lambda each: -each.variance)[: SHORTLIST * 4]
    rows = farthest_first(features[[doubts.index(each) for each in shortlist]], 4)
    assert [each.doubt for each in ranked] == [shortlist[row] for row, _ in rows]
    assert [each.score for each in ranked][1:] == [distance for _, distance in rows[1:]]
    without = chosen("diverse", Doubts(doubts), 4)
    assert [each.doubt for each in without] == shortlist[:4]


@pytest.mark.parametrize("scheme", RISK_SCHEMES.values(), ids=lambda scheme: scheme.name)
def test_risk_is_what_trying_all_pairs_of_passes_finds(scheme) -> None:
    rng = np.random.default_rng(5)
    for known in (0.0, 95.0):
        agatston = rng.choice([0, 0, 0, 1.3, 12.7, 60, 90], (7, 5)).astype(float)
        agatston[3] = 11.0
        found = expected_change(agatston, known, scheme)
        for index in range(7):
            risk, score = [], []
            for p, q in itertools.permutations(range(5), 2):
                before, after = agatston[:, p].copy(), agatston[:, p].copy()
                after[index] = agatston[index, q]
                risk.append(abs(scheme.index(known + before.sum()) - scheme.index(known + after.sum())))
                score.append(abs(before[index] - after[index]))
            assert found.risk[index] == pytest.approx(np.mean(risk), abs=1e-12)
            assert found.agatston[index] == pytest.approx(np.mean(score), abs=1e-12)
        assert found.risk[3] == found.agatston[3] == 0, "all passes agree"
        assert found.risk.max() > 0
    scores = np.array([0, 0.5, 1, 9.9, 10, 10.1, 100, 300, 399, 400, 401])
    assert category_of(scores, scheme).tolist() == [scheme.index(score) for score in scores.tolist()]


def test_a_slice_with_the_only_calcium_decides_on_zero() -> None:
    agatston = np.zeros((40, 4))
    agatston[17, 1] = 0.1 + 0.2
    found = expected_change(agatston, 0.0, RISK_SCHEMES["standard"])
    assert found.risk[17] == 0.5, "half of the pairs have it in one pass alone"
    assert np.delete(found.risk, 17).max() == 0


@pytest.mark.parametrize("preset", PRESETS)
def test_scores_of_slices_sum_to_the_score(preset: str) -> None:
    rng = np.random.default_rng(4)
    hu = rng.integers(60, 600, (5, 24, 24)).astype(np.int16)
    scan = CTScan(hu, VolumeGeometry(hu.shape[::-1], (0.6, 0.6, 2.5)))
    labels = np.where(rng.random(hu.shape) < 0.5, rng.integers(0, 6, hu.shape), 0).astype(np.uint8)
    labels[2] = 0
    protocol = PRESETS[preset]
    found = slice_agatston(scan, labels, protocol)
    assert found.sum() == pytest.approx(score_scan(scan, labels, protocol).total.agatston)
    assert found[2] == 0
    if protocol.too_small in ("component_area", "nothing"):
        alone = np.zeros_like(labels)
        alone[3] = labels[3]
        assert score_scan(scan, alone, protocol).total.agatston == pytest.approx(found[3])
    assert not slice_agatston(scan, np.zeros_like(labels), protocol).any()


def test_information_on_a_label_is_the_mutual_information_of_its_joint_distribution() -> None:
    rng = np.random.default_rng(6)
    regions = rng.dirichlet(np.ones(4), (5, 3)).transpose(0, 2, 1).astype(np.float32)
    calcium = rng.random((5, 3)).astype(np.float32)
    statistics = ClassStatistics(4, 3)
    labels = []
    for one_region, one_calcium in zip(regions, calcium, strict=True):
        label = joint_label(one_calcium, one_region, one_region)
        np.testing.assert_allclose(label.sum(axis=0), 1)
        np.testing.assert_allclose(label[2], one_region[2] * one_calcium, rtol=1e-6)
        labels.append(label)
        statistics.add(label)
    entropy, information = statistics.entropy_and_information()
    for voxel in range(3):
        # I(L; W) = KL of the joint distribution of label and pass from the product of its margins
        joint = np.array(labels)[:, :, voxel] / 5
        margins = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
        assert information[voxel] == pytest.approx((joint * np.log(joint / margins)).sum())
        mean = joint.sum(axis=0)
        assert entropy[voxel] == pytest.approx(-(mean * np.log(mean)).sum())
    single = joint_label(calcium[0], None, regions[0])
    np.testing.assert_array_equal(single, regions[0].astype(float))


def test_doubt_of_the_artery_alone_counts_where_calcium_is_sure() -> None:
    def information(calcium: float) -> float:
        statistics = ClassStatistics(3, 1)
        for region in ([0.0, 1.0, 0.0], [0.0, 0.0, 1.0]):
            array = np.array(region, np.float32)[:, None]
            statistics.add(joint_label(np.array([calcium], np.float32), array, array))
        return float(statistics.entropy_and_information()[1][0])

    assert information(1.0) == pytest.approx(np.log(2))
    assert information(0.0) == 0
    assert SliceDoubt(1, 2).risk_change is None
