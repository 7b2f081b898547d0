"""Calibration on data whose calibration is known, and against independent computations."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from CACScoringLib.errors import CACError
from CACScoringLib.model.calibration import HOTTEST, Scaling, fit_scaling, fit_temperature, reliability
from CACScoringLib.model.reliability_picture import ReliabilityPanel, reliability_figure
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV, calibration_curve
from sklearn.frozen import FrozenEstimator


def drawn(temperature, classes=4, count=40_000, seed=0):
    """Scores, and classes drawn from softmax(scores / temperature): calibrated at that temperature."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 3, (count, classes))
    cumulative = softmax(scores / temperature, axis=1).cumsum(axis=1)
    return scores, np.minimum((rng.random((count, 1)) > cumulative).sum(axis=1), classes - 1)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0, 4.0])
@pytest.mark.parametrize("classes", [2, 4])
def test_known_temperature_is_found(temperature, classes):
    assert fit_temperature(*drawn(temperature, classes)) == pytest.approx(temperature, rel=0.03)


def test_temperature_agrees_with_gradient_descent():
    scores, right = drawn(1.7, count=3000, seed=3)
    logits, target = torch.tensor(scores), torch.tensor(right)
    logarithm = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([logarithm], max_iter=100, line_search_fn="strong_wolfe")

    def closure():
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(logits / logarithm.exp(), target)
        loss.backward()
        return loss

    optimiser.step(closure)
    assert fit_temperature(scores, right) == pytest.approx(logarithm.exp().item(), rel=1e-4)


@given(st.integers(0, 1000), st.floats(0.2, 5))
def test_temperature_is_the_best_one(seed, temperature):
    scores, right = drawn(temperature, count=200, seed=seed)

    def likelihood(at):
        return log_softmax(scores / at, axis=1)[np.arange(right.size), right].mean()

    best = fit_temperature(scores, right)
    assert all(
        likelihood(best) >= likelihood(best * factor) - 1e-12 for factor in (0.5, 0.99, 1.01, 2, 1 / best)
    )


def test_temperature_calibrates():
    scores, right = drawn(3.0, classes=2)
    temperature = fit_temperature(scores[::2], right[::2])
    held_out, outcome = scores[1::2], right[1::2] == 1
    before = reliability(softmax(held_out, axis=1)[:, 1], outcome).expected_calibration_error
    after = reliability(softmax(held_out / temperature, axis=1)[:, 1], outcome).expected_calibration_error
    assert before > 0.1
    assert after < 0.015


def test_faultless_and_large_scores_stay_finite():
    scores = np.array([[1000.0, -1000.0], [-1000.0, 1000.0]])
    assert fit_temperature(scores, [0, 1]) == 1
    assert fit_temperature(scores, [1, 0]) == pytest.approx(HOTTEST, rel=1e-3)
    assert np.isfinite(fit_temperature(np.tile(scores, (500, 1)), [1, *[0, 1] * 499, 1]))


class Margin(ClassifierMixin, BaseEstimator):
    """A classifier whose decision is its input."""

    def fit(self, features, labels):
        self.classes_ = np.array([0, 1])
        return self

    def decision_function(self, features):
        return features[:, 0]

    def predict(self, features):
        return (features[:, 0] > 0).astype(int)


@pytest.mark.parametrize(("count", "rare"), [(20_000, 2.0), (400, 3.0), (30, 0.0)])
def test_scaling_of_two_classes_is_platts(count, rare):
    rng = np.random.default_rng(5)
    margin = rng.normal(-2, 3, count)
    right = (rng.random(count) < 1 / (1 + np.exp(rare - margin / 1.5))).astype(int)

    found = fit_scaling(np.stack([np.zeros(count), margin], axis=1), right)

    platt = CalibratedClassifierCV(FrozenEstimator(Margin().fit(margin, right)), method="sigmoid")
    platt.fit(margin[:, None], right)
    at = np.linspace(-8, 8, 33)
    scaled = found(np.stack([np.zeros(33), at], axis=1))
    np.testing.assert_allclose(
        softmax(scaled, axis=1)[:, 1], platt.predict_proba(at[:, None])[:, 1], atol=2e-3
    )


def test_scaling_brings_back_how_rare_calcium_is():
    """A loss with a weight of 0.01 for OTHER teaches odds a hundred times too high."""
    rng = np.random.default_rng(6)
    scores = rng.normal(0, 2, (200_000, 4))
    scores[:, 0] += 3
    cumulative = softmax(scores, axis=1).cumsum(axis=1)
    right = (rng.random((len(scores), 1)) > cumulative).sum(axis=1)
    taught = scores.copy()
    taught[:, 0] += np.log(0.01)

    found = fit_scaling(3 * taught, right)

    assert found.temperature == pytest.approx(3, rel=0.02)
    assert found.shift == pytest.approx(np.log(100), rel=0.02)


def test_rows_with_a_weight_are_that_many_rows():
    rng = np.random.default_rng(7)
    scores, right = rng.normal(0, 2, (300, 3)), rng.integers(0, 3, 300)
    times = rng.integers(0, 4, 300)

    weighted = fit_scaling(scores, right, times)

    repeated = fit_scaling(scores.repeat(times, axis=0), right.repeat(times))
    assert weighted == (
        pytest.approx(repeated.temperature, rel=1e-4),
        pytest.approx(repeated.shift, abs=1e-4),
    )


def test_a_few_faultless_labels_make_nobody_sure():
    scores = np.array([[2.0, -1.0]] * 3 + [[0.5, 1.0]] * 2)
    right = np.array([0, 0, 0, 1, 1])

    found = fit_scaling(scores, right)

    probability = softmax(found(scores), axis=1)[:, 1]
    np.testing.assert_allclose(probability, [1 / 5] * 3 + [3 / 4] * 2, atol=1e-4)


@pytest.mark.parametrize("only", [0, 1])
def test_nothing_is_shifted_where_a_class_does_not_occur(only):
    scores, _ = drawn(1.0, classes=2, count=200)
    right = np.full(200, only)
    assert fit_scaling(scores, right) == Scaling(fit_temperature(scores, right), 0.0)
    weight = np.r_[np.ones(200), 0]
    assert fit_scaling(np.r_[scores, [[9, 0]]], np.r_[right, 1 - only], weight).shift == 0


def test_reliability_by_hand():
    found = reliability([0.0, 0.1, 0.5, 0.5, 0.9, 1.0], [False, True, True, False, True, True], bins=2)
    # the edge 0.5 belongs to the lower bin
    assert found.count.tolist() == [4, 2]
    assert found.came_true.tolist() == [2, 2]
    np.testing.assert_allclose(found.predicted, [1.1 / 4, 0.95])
    np.testing.assert_allclose(found.observed, [0.5, 1])
    assert found.expected_calibration_error == pytest.approx(4 / 6 * 0.225 + 2 / 6 * 0.05)


def test_error_above_first_bin_leaves_out_the_easy_ones():
    doubtful = [0.3, 0.5, 0.9], [True, False, True]
    alone = reliability(*doubtful, bins=5).expected_calibration_error
    among_many = reliability([*doubtful[0], *[0.01] * 997], [*doubtful[1], *[False] * 997], bins=5)
    assert alone == pytest.approx((0.7 + 0.5 + 0.1) / 3)
    assert among_many.expected_calibration_error == pytest.approx((1.3 + 9.97) / 1000)
    assert among_many.error_above_first_bin == pytest.approx(alone)
    assert np.isnan(reliability([0.01, 0.02], [False, True], bins=5).error_above_first_bin)


def test_reliability_agrees_with_scikit_learn_and_a_plain_loop():
    rng = np.random.default_rng(1)
    probability = rng.beta(0.4, 0.8, 5000)
    true = rng.random(5000) < probability**1.5
    found = reliability(probability, true, bins=10)
    observed, predicted = calibration_curve(true, probability, n_bins=10)
    filled = found.count > 0
    np.testing.assert_allclose(found.observed[filled], observed)
    np.testing.assert_allclose(found.predicted[filled], predicted)
    error = 0.0
    for number in range(10):
        inside = (probability > number / 10) & (probability <= (number + 1) / 10)
        error += inside.mean() * abs(probability[inside].mean() - true[inside].mean())
    assert found.expected_calibration_error == pytest.approx(error)


def test_perfectly_calibrated_predictions_have_no_error():
    probability = np.repeat([0.2, 0.8], 10)
    true = np.r_[np.arange(10) < 2, np.arange(10) < 8]
    assert reliability(probability, true).expected_calibration_error == pytest.approx(0, abs=1e-12)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=50), st.integers(1, 20))
def test_every_prediction_is_in_one_bin(pairs, bins):
    probability, true = zip(*pairs, strict=True)
    found = reliability(probability, true, bins)
    assert found.count.sum() == len(pairs)
    assert found.came_true.sum() == sum(true)
    assert 0 <= found.expected_calibration_error <= 1


def test_nothing_to_calibrate_on_is_said():
    with pytest.raises(CACError, match="no labelled"):
        reliability([], [])
    with pytest.raises(CACError, match="no labelled"):
        fit_temperature(np.zeros((0, 2)), [])
    with pytest.raises(CACError, match="no labelled"):
        fit_scaling(np.zeros((0, 2)), [])


@pytest.mark.parametrize("wrong", [[1.2], [-0.1], [np.nan]])
def test_what_is_no_probability_is_refused(wrong):
    with pytest.raises(ValueError, match="between 0 and 1"):
        reliability(wrong, [True])


def test_picture_shows_every_filled_bin(tmp_path):
    scores, right = drawn(3.0, classes=2, count=2000)
    before, after = (
        reliability(np.clip(softmax(scores / temperature, axis=1)[:, 1], 0.21, 1), right == 1, bins=10)
        for temperature in (1.0, 3.0)
    )
    figure = reliability_figure(
        [ReliabilityPanel("Calcium", before, after), ReliabilityPanel("Regions", None, before)]
    )
    curves, histograms = figure.axes[:2], figure.axes[2:]
    shown = [[line.get_xydata() for line in curve.lines if line.get_marker() == "o"] for curve in curves]
    for points, found in zip([*shown[0], *shown[1]], [before, after, before], strict=True):
        filled = found.count > 0
        np.testing.assert_allclose(points, np.c_[found.predicted, found.observed][filled])
        assert not filled[0]
    for histogram, found in zip(histograms, [after, before], strict=True):
        assert [bar.get_height() for bar in histogram.patches] == found.count.tolist()
    said = [text.get_text() for text in curves[0].get_legend().get_texts()]
    assert said == [
        f"before calibration: error {before.expected_calibration_error:.4f}",
        f"after it: error {after.expected_calibration_error:.4f}",
    ]
    figure.savefig(tmp_path / "reliability.png")
    assert (tmp_path / "reliability.png").stat().st_size > 5000
