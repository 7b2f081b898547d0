"""Uncertainty over passes with dropout, recomputed by hand from the passes."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from CACScoringLib.candidates.candidates import find_candidates
from CACScoringLib.errors import CACError
from CACScoringLib.model.configuration import NetworkConfig
from CACScoringLib.model.dropout import monte_carlo_dropout
from CACScoringLib.model.inputs import network_input
from CACScoringLib.model.networks import build_network
from CACScoringLib.model.score_distribution import ScoreDistribution, ScorePasses
from CACScoringLib.model.uncertainty import PassStatistics
from CACScoringLib.scoring.protocol import ScoringProtocol, protocol_named
from CACScoringLib.scoring.risk import RISK_SCHEMES, risk_category
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from plain import plain_candidates, plain_scores
from torch import nn
from volumes import blocks, random_scan, scan_of

LN2 = np.log(2)


def gathered(passes):
    statistics = PassStatistics(np.shape(passes)[1])
    for each in passes:
        statistics.add(each)
    return statistics.uncertainty()


def plain_entropy(p):
    return -sum(q * np.log(q) if q > 0 else 0.0 for q in (p, 1 - p))


def test_three_voxels_by_hand():
    # sure and agreed; unsure and agreed (no information to gain); each pass sure, passes split (all of it)
    found = gathered([[1.0, 0.5, 0.0], [1.0, 0.5, 1.0]])
    np.testing.assert_allclose(found.probability, [1, 0.5, 0.5])
    np.testing.assert_allclose(found.variance, [0, 0, 0.25])
    np.testing.assert_allclose(found.entropy, [0, LN2, LN2])
    np.testing.assert_allclose(found.mutual_information, [0, 0, LN2])


def test_streaming_agrees_with_stored_passes():
    passes = np.random.default_rng(3).beta(0.3, 0.3, (10, 500))
    found = gathered(passes)
    np.testing.assert_allclose(found.probability, passes.mean(0), atol=1e-12)
    np.testing.assert_allclose(found.variance, passes.var(0), atol=1e-12)
    entropy = [plain_entropy(p) for p in passes.mean(0)]
    expected = [np.mean([plain_entropy(p) for p in voxel]) for voxel in passes.T]
    np.testing.assert_allclose(found.entropy, entropy, atol=1e-12)
    np.testing.assert_allclose(found.mutual_information, np.subtract(entropy, expected), atol=1e-12)


@given(
    arrays(
        np.float64,
        array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=8),
        elements=st.floats(0, 1),
    )
)
def test_bounds(passes):
    found = gathered(passes)
    assert np.all((found.probability >= 0) & (found.probability <= 1))
    assert np.all((found.variance >= 0) & (found.variance <= 0.25 + 1e-12))
    assert np.all(found.mutual_information >= 0)
    assert np.all(found.mutual_information <= found.entropy)
    assert np.all(found.entropy <= LN2 + 1e-12)
    # Pinsker: disagreement measured in nats is never less than twice the variance
    assert np.all(found.mutual_information >= 2 * found.variance - 1e-9)


@given(arrays(np.float64, (6, 4), elements=st.floats(0, 1)), st.permutations(range(6)))
def test_order_of_passes_does_not_matter(passes, order):
    for one, other in zip(gathered(passes), gathered(passes[order]), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


def test_small_variance_of_single_precision_survives():
    passes = (0.9 + 1e-6 * np.random.default_rng(0).standard_normal((10, 100))).astype(np.float32)
    np.testing.assert_allclose(gathered(passes).variance, passes.astype(float).var(0), rtol=1e-6)


@pytest.mark.parametrize("wrong", [[0.5], [0.5, 1.1], [0.5, np.nan], [-0.1, 0.5]])
def test_what_is_no_probability_is_refused(wrong):
    with pytest.raises(ValueError, match=r"pass of shape|between 0 and 1"):
        PassStatistics(2).add(wrong)


def test_nothing_comes_of_no_pass():
    with pytest.raises(ValueError, match="no pass"):
        PassStatistics(2).uncertainty()
    with pytest.raises(ValueError, match="no pass"):
        ScorePasses(scan_of(np.zeros((1, 4, 4))), ScoringProtocol()).distribution()


def test_lesions_and_slices_are_means_over_their_voxels():
    scan, _ = random_scan(5)
    hu = scan.hu.copy()
    hu[4] = 40
    scan = scan_of(hu)
    candidates, mask = find_candidates(scan), hu >= 130
    passes = np.random.default_rng(5).uniform(0, 1, (10, mask.sum()))
    found = gathered(passes)
    volume = np.full(hu.shape, np.nan)
    volume[mask] = passes.var(0)

    by_slice = found.of_slices(np.flatnonzero(mask), hu.shape).variance
    group = np.repeat(candidates.component, candidates.runs.length)
    by_lesion = found.mean_over(group, len(candidates)).variance

    assert by_slice[4] == 0
    expected = [volume[k][mask[k]].mean() if mask[k].any() else 0 for k in range(len(hu))]
    np.testing.assert_allclose(by_slice, expected, atol=1e-12)
    assert by_lesion.size == len(plain_candidates(scan)) > 10
    for lesion in range(len(candidates)):
        voxels = volume.reshape(-1)[candidates.voxels_of(lesion)]
        assert by_lesion[lesion] == pytest.approx(voxels.mean(), abs=1e-12)


def test_scan_without_candidates():
    found = gathered(np.zeros((2, 0)))
    nothing = np.zeros(0, np.intp)
    assert found.mean_over(nothing, 0).variance.size == 0
    np.testing.assert_array_equal(found.of_slices(nothing, (3, 4, 4)).variance, [0, 0, 0])


def score_passes(scan, labels, protocol) -> ScoreDistribution:
    passes = ScorePasses(scan, protocol)
    for each in labels:
        passes.add(each)
    return passes.distribution()


def test_score_distribution_by_hand():
    # two lesions of 4 mm² with weights 1 and 4; LAD in two of four passes, RCA in one, once none at all
    hu = blocks((4, 8, 8), (1, slice(0, 2), slice(0, 2), 150), (2, slice(4, 6), slice(4, 6), 450))
    lad, rca = np.where(hu == 150, 2, 0), np.where(hu == 450, 4, 0)
    labels = [each.astype(np.uint8) for each in (lad, lad + rca, 0 * lad, np.minimum(lad, 1))]
    found = score_passes(scan_of(hu), labels, ScoringProtocol())
    assert found.total.tolist() == [4, 20, 0, 0]
    assert found.arteries["LAD"].tolist() == [4, 4, 0, 0]
    assert found.arteries["RCA"].tolist() == [0, 16, 0, 0]
    assert found.zero_probability == 0.5
    assert found.risk_probabilities == {
        "0": 0.5, "(0,10]": 0.25, "(10,100]": 0.25, "(100,400]": 0, ">400": 0,
    }  # fmt: skip
    document = json.loads(json.dumps(found.as_document(), allow_nan=False))
    assert document["total"]["mean"] == 6
    assert document["total"]["median"] == 2
    assert document["total"]["agatston"] == [4, 20, 0, 0]


@pytest.mark.parametrize("preset", ["agatston", "mtal2022", "hong2022"])
def test_score_distribution_agrees_with_plain_scores(preset):
    protocol = protocol_named(preset)
    scan, labels = random_scan(8)
    rng = np.random.default_rng(8)
    passes = [np.where(rng.random(labels.shape) < 0.8, labels, 1).astype(np.uint8) for _ in range(4)]
    found = score_passes(scan, passes, protocol)
    for number, each in enumerate(passes):
        plain = {name: score for name, (score, _) in plain_scores(scan, each, protocol).items()}
        for name in found.arteries:
            assert found.arteries[name][number] == pytest.approx(plain[name])
        assert found.total[number] == pytest.approx(sum(plain[name] for name in found.arteries))
    assert ("LM" in found.arteries) == protocol.keep_lm_apart
    assert len(set(found.total)) == 4


@given(st.lists(st.floats(0, 2000), min_size=1, max_size=20), st.sampled_from(sorted(RISK_SCHEMES)))
def test_risk_probabilities_are_shares(scores, scheme):
    found = ScoreDistribution(np.array(scores), {"LAD": np.array(scores)}, scheme)
    shares = found.risk_probabilities
    assert sum(shares.values()) == pytest.approx(1)
    for category, share in shares.items():
        same = sum(risk_category(score, scheme) == category for score in scores)
        assert share == pytest.approx(same / len(scores))
    assert found.zero_probability == scores.count(0) / len(scores)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return build_network(NetworkConfig(first_channels=4, channels=(4, 8, 8)))


def test_dropout_is_on_in_all_layers_and_everything_comes_back(network):
    network.train()
    network.encoder.eval()
    before = [(module.training, getattr(module, "p", None)) for module in network.modules()]

    def fail_between():
        with monte_carlo_dropout(network, 0.25):
            dropouts = [module for module in network.modules() if isinstance(module, nn.Dropout)]
            assert len(dropouts) == 3 + 3 + 3 + 1
            assert all(layer.training and layer.p == 0.25 for layer in dropouts)
            assert not any(module.training for module in network.modules() if module not in dropouts)
            raise KeyError

    with pytest.raises(KeyError):
        fail_between()
    assert [(module.training, getattr(module, "p", None)) for module in network.modules()] == before


def test_passes_differ_repeat_and_leave_batch_norm_alone(network):
    network.eval()
    image = torch.rand(2, 2, 16, 16)
    state = {name: value.clone() for name, value in network.state_dict().items()}
    with torch.inference_mode():
        plain = network(image).lesion
        with monte_carlo_dropout(network, 0.1):
            torch.manual_seed(1)
            first, second = network(image).lesion, network(image).lesion
            torch.manual_seed(1)
            again = network(image).lesion
        with monte_carlo_dropout(network, 0.0):
            assert torch.equal(network(image).lesion, plain)
        assert torch.equal(network(image).lesion, plain)
    assert not torch.equal(first, second)
    assert torch.equal(first, again)
    assert all(torch.equal(state[name], value) for name, value in network.state_dict().items())


@pytest.mark.parametrize("rate", [-0.1, 1.0, float("nan")])
def test_impossible_dropout_rate_is_refused(network, rate):
    with pytest.raises(CACError, match="dropout rate"), monte_carlo_dropout(network, rate):
        pass


def test_passes_of_a_network_end_to_end(network):
    scan, _ = random_scan(2, (3, 16, 16))
    mask = scan.hu >= 130
    statistics, stored = PassStatistics(int(mask.sum())), []
    with torch.inference_mode(), monte_carlo_dropout(network, 0.01):
        for _ in range(10):
            calcium = network(network_input(scan.hu)).lesion.softmax(1)[:, 1].numpy()[mask]
            statistics.add(calcium)
            stored.append(calcium.astype(float))
    np.testing.assert_allclose(
        statistics.uncertainty().of_slices(np.flatnonzero(mask), scan.hu.shape).variance,
        [np.var(stored, axis=0)[np.nonzero(mask)[0] == k].mean() for k in range(3)],
        rtol=1e-9,
    )
