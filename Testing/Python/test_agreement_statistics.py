"""ICC, Bland-Altman, kappa and the bootstrap: by hand, from the papers, and by other libraries."""

import numpy as np
import pandas as pd
import pingouin
import pytest
import scipy.stats
from CACScoringLib.agreement.bland_altman import bland_altman
from CACScoringLib.agreement.bootstrap import BootstrapPlan, Resampling
from CACScoringLib.agreement.icc import icc_a1, icc_f_interval, icc_features
from CACScoringLib.agreement.kappa import confusion_matrix, weighted_kappa
from CACScoringLib.agreement.paired_table import PairedReadings
from CACScoringLib.agreement.reading_agreement import measure_agreement, risk_agreement
from CACScoringLib.scoring.risk import RISK_SCHEMES
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

PLAN = BootstrapPlan("scan")

# Shrout & Fleiss 1979, Table 2: four judges rate six targets.
SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
)

# Bland & Altman 1986, Table 1: peak expiratory flow, first reading of the Wright and of the mini meter.
WRIGHT = np.array(
    [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427], float
)
MINI = np.array([512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451], float)

# Föllmer 2022, Table 5: reference in rows, automatic in columns, and the printed kappa.
MTAL_TABLE_5 = {
    "DISCHARGE": ([[267, 159, 8, 7], [3, 284, 21, 5], [0, 2, 108, 10], [0, 0, 2, 171]], 0.80),
    "orCaScore": ([[7, 1, 0, 0], [0, 8, 0, 0], [0, 0, 8, 0], [0, 0, 0, 8]], 0.97),
    "CADMAN": ([[39, 16, 4, 0], [0, 49, 3, 2], [0, 1, 18, 2], [0, 0, 1, 21]], 0.80),
}

readings = st.lists(st.tuples(*[st.integers(0, 2000)] * 2), min_size=3, max_size=40)


def skewed_readings(pairs, seed=1):
    """Scores as a cohort has them: many zeros, a long tail, some lesions missed and some invented."""
    random = np.random.default_rng(seed)
    reference = np.where(random.random(pairs) < 0.4, 0, np.exp(random.normal(4, 1.8, pairs)))
    test = np.where(random.random(pairs) < 0.05, 0, reference * np.exp(random.normal(0, 0.15, pairs)))
    test[reference == 0] += np.where(random.random(pairs) < 0.2, random.exponential(5, pairs), 0)[
        reference == 0
    ]
    return reference, test


def icc(ratings):
    return float(icc_a1(icc_features(ratings).sum(axis=0)))


def test_icc_of_shrout_and_fleiss():
    # Their Table 4 prints ICC(2,1) = .29.
    assert icc(SHROUT_FLEISS) == pytest.approx(0.29, abs=0.005)


def test_icc_of_mcgraw_and_wong():
    # (2,4), (4,6), (6,8): row means 3, 5, 7, so MSR = 2 * 8 / 2 = 8; column means 4 and 6, so
    # MSC = 3 * 2 * 1 / 1 = 6; nothing is left, MSE = 0. ICC(A,1) = 8 / (8 + 2/3 * 6) = 8/12,
    # the 0.67 that McGraw & Wong 1996 print.
    assert icc([[2, 4], [4, 6], [6, 8]]) == pytest.approx(8 / 12)


def biased_readings(subjects):
    """Readings whose F interval has degrees of freedom far from the number of subjects."""
    random = np.random.default_rng(8)
    return random.normal(0, 1, (subjects, 1)) + random.normal(0, 1, (subjects, 3)) + [0.0, 2.0, 4.0]


@pytest.mark.parametrize(
    "ratings",
    [SHROUT_FLEISS, np.stack(skewed_readings(60), axis=1), biased_readings(40)],
    ids=["paper", "cohort", "biased"],
)
def test_icc_and_its_f_interval_agree_with_pingouin(ratings):
    long = pd.DataFrame(ratings).stack().rename_axis(["target", "rater"]).rename("score").reset_index()
    table = pingouin.intraclass_corr(long, targets="target", raters="rater", ratings="score")
    row = table[(table["Type"] == "ICC(A,1)") | (table["Type"] == "ICC2")].iloc[0]
    assert icc(ratings) == pytest.approx(row["ICC"], abs=1e-9)
    interval = icc_f_interval(icc_features(ratings).sum(axis=0))
    assert interval == pytest.approx(row.filter(like="CI95").iloc[0], abs=0.005)  # printed with two digits


@given(readings)
def test_icc_is_at_most_one(pairs):
    value = icc(np.array(pairs, float))
    assert np.isnan(value) or value <= 1


def test_icc_of_identical_readings():
    scores = np.array([0, 10, 250.5, 1e4])
    agreement = measure_agreement(PairedReadings(scores, scores, 0), PLAN)
    assert agreement.icc.value == 1
    assert agreement.icc.bootstrap is None
    assert "same value" in agreement.icc.note
    assert agreement.icc_f_interval is None


def test_icc_without_any_variation_is_undefined():
    # 0.1 has no exact mean: what rounding leaves must not pass for variation.
    for constant in (np.zeros(5), np.full(5, 0.1)):
        agreement = measure_agreement(PairedReadings(constant, constant, 0), PLAN)
        assert agreement.icc.value is None
        assert "undefined" in agreement.icc.note
        assert agreement.bland_altman.bias.value == 0


def test_icc_of_scans_that_do_not_differ_is_zero():
    # Readings 5 and 6 of every scan: no variance between scans, all of it between readings.
    assert icc([[5, 6]] * 4) == 0


def test_icc_of_a_resample_that_drew_one_scan_only_is_undefined():
    # Identical readings: nothing varies in that resample, whatever rounding leaves of its sums.
    first = icc_features([[0.1, 0.1], [7.3, 7.3], [1234.7, 1234.7]])[0]
    assert np.isnan(icc_a1(3 * first))


def test_icc_survives_a_large_offset():
    # A shift changes no mean square: no digits may be lost to squares of 1e8.
    ratings = SHROUT_FLEISS[:, :2]
    assert icc(ratings + 1e8) == pytest.approx(icc(ratings), rel=1e-6)


def test_bland_altman_of_bland_and_altman():
    # Bland & Altman 1986 print: mean difference -2.1 (Wright minus mini), SD 38.8, 95 % interval of the bias
    # -22.0 to 17.8; 95 % limits with 2 SD -79.7 and 75.5, here with 1.96 SD.
    analysis = bland_altman(MINI, WRIGHT, PLAN)
    assert analysis.bias.value == pytest.approx(-2.1, abs=0.05)
    assert analysis.sd == pytest.approx(38.8, abs=0.05)
    # They round SD / sqrt(17) to 9.4 before they multiply by t = 2.12.
    assert analysis.bias.t_interval == pytest.approx((-22.0, 17.8), abs=0.1)
    assert analysis.lower.value == pytest.approx(analysis.bias.value - 1.96 * analysis.sd, abs=0.01)
    assert analysis.upper.value == pytest.approx(analysis.bias.value + 1.96 * analysis.sd, abs=0.01)


def test_bland_altman_by_hand():
    # Differences 1, 2, 3: bias 2, SD 1; t(0.975, 2) = 4.3027; limits 2 ± 1.95996. Standard error of a limit:
    # sqrt(1/3 + 3.8415 / 4) = 1.13741, so its interval reaches 4.30265 * 1.13741 = 4.8939 to either side.
    analysis = bland_altman(np.array([0.0, 5, 9]), np.array([1.0, 7, 12]), PLAN)
    assert analysis.bias.value == pytest.approx(2)
    assert analysis.sd == pytest.approx(1)
    assert analysis.bias.t_interval == pytest.approx((2 - 4.3027 / 3**0.5, 2 + 4.3027 / 3**0.5), abs=1e-3)
    assert analysis.upper.value == pytest.approx(3.95996, abs=1e-4)
    assert analysis.upper.t_interval == pytest.approx((3.95996 - 4.8939, 3.95996 + 4.8939), abs=1e-3)


def test_limits_agree_with_pingouin():
    from matplotlib.figure import Figure

    reference, test = skewed_readings(60)
    axes = pingouin.plot_blandaltman(test, reference, ax=Figure().subplots())
    drawn = sorted({round(float(line.get_ydata()[0]), 6) for line in axes.get_lines()})
    analysis = bland_altman(reference, test, PLAN)
    for limit in (analysis.lower, analysis.bias, analysis.upper):
        # pingouin takes 1.96, not 1.95996.
        assert min(abs(limit.value - each) for each in drawn) < 1e-4 * analysis.sd


@pytest.mark.parametrize(("counts", "printed"), MTAL_TABLE_5.values(), ids=MTAL_TABLE_5)
def test_kappas_of_mtal_table_5(counts, printed):
    assert weighted_kappa(np.array(counts)) == pytest.approx(printed, abs=0.005)


def test_kappa_by_hand():
    # Marginals (2, 2) and (1, 3) of 4 pairs; observed distance 1 / 4. By chance 2*3 / 16 + 2*1 / 16 = 1 / 2.
    # Kappa 1 - (1/4) / (1/2) = 1/2.
    assert weighted_kappa(np.array([[1, 1], [0, 2]])) == pytest.approx(0.5)


@given(st.lists(st.tuples(*[st.integers(0, 4)] * 2), min_size=2, max_size=60))
def test_kappa_agrees_with_scikit_learn(pairs):
    reference, test = np.array(pairs).T
    kappa = float(weighted_kappa(confusion_matrix(reference, test, 5)))
    if np.unique(pairs).size == 1:
        assert np.isnan(kappa)
    else:
        expected = cohen_kappa_score(reference, test, labels=range(5), weights="linear")
        assert kappa == pytest.approx(expected, abs=1e-12)


@given(st.lists(st.integers(0, 4), min_size=2).filter(lambda each: len(set(each)) > 1))
def test_kappa_of_identical_readings_is_one(categories):
    assert weighted_kappa(confusion_matrix(np.array(categories), np.array(categories), 5)) == 1


def test_kappa_with_one_category_is_undefined():
    zeros = PairedReadings(np.zeros(6), np.zeros(6), 0)
    agreement = risk_agreement(zeros, RISK_SCHEMES["standard"], PLAN)
    assert agreement.kappa.value is None
    assert "one category" in agreement.kappa.note
    assert agreement.same_category == 6


def test_risk_categories_are_counted_by_reference_and_test():
    pairs = PairedReadings(np.array([0, 5, 50, 500.0]), np.array([0.5, 5, 500, 500]), 0)
    expected = np.zeros((5, 5))
    expected[[0, 1, 2, 4], [1, 1, 4, 4]] = 1
    np.testing.assert_array_equal(risk_agreement(pairs, RISK_SCHEMES["standard"], PLAN).confusion, expected)


def two_way_icc(reference, test, axis=-1):
    """ICC(A,1) for two readings, written from the variances of means and differences."""
    n = reference.shape[axis]
    difference = test - reference
    subjects = 2 * np.var((reference + test) / 2, axis=axis, ddof=1)
    residual = np.var(difference, axis=axis, ddof=1) / 2
    between = n * difference.mean(axis=axis) ** 2 / 2
    return (subjects - residual) / (subjects + residual + 2 / n * (between - residual))


def test_bootstrap_interval_agrees_with_scipy():
    reference, test = skewed_readings(200)
    ours = measure_agreement(PairedReadings(reference, test, 0), BootstrapPlan("scan", 8000)).icc
    theirs = scipy.stats.bootstrap(
        (reference, test), two_way_icc, paired=True, n_resamples=8000, method="BCa", random_state=1
    ).confidence_interval
    assert ours.value == pytest.approx(two_way_icc(reference, test))
    width = theirs.high - theirs.low
    # Two draws of 8,000 resamples: quantiles of one differ from the other's by a few hundredths of the width.
    assert ours.bootstrap.low == pytest.approx(theirs.low, abs=0.1 * width)
    assert ours.bootstrap.high == pytest.approx(theirs.high, abs=0.1 * width)


def test_bootstrap_covers_the_mean_about_as_often_as_it_claims():
    random = np.random.default_rng(5)
    plan = BootstrapPlan("scan", 400)
    covered = 0
    for _ in range(300):
        sample = random.exponential(1, 40)
        interval = Resampling(np.stack([np.ones(40), sample], axis=1), plan).estimate(
            lambda sums: sums[..., 1] / sums[..., 0]
        )
        covered += interval.bootstrap.low <= 1 <= interval.bootstrap.high
    # BCa on 40 exponential values covers about 93 %; the standard error of 300 trials is 1.5 %.
    assert 0.88 <= covered / 300 <= 0.98


def test_bootstrap_is_repeatable_and_seeded():
    reference, test = skewed_readings(50)
    pairs = PairedReadings(reference, test, 0)
    first, again, other = (
        measure_agreement(pairs, BootstrapPlan("scan", 500, seed)).icc for seed in (3, 3, 4)
    )
    assert first == again
    assert first.bootstrap != other.bootstrap


def test_bootstrap_with_too_few_units_says_so():
    estimate = Resampling([[1.0, 3.0], [1.0, 5.0]], PLAN).estimate(lambda sums: sums[..., 1] / sums[..., 0])
    assert estimate.value == 4
    assert estimate.bootstrap is None
    assert "fewer than 3 scans" in estimate.note


def test_bootstrap_leaves_out_undefined_resamples_and_counts_them():
    # One unit in four has the denominator: (3/4)^4 = 32 % of the resamples have none.
    rows = [[1.0, 2.0], [0.0, 1.0], [0.0, 0.0], [0.0, 0.0]]
    estimate = Resampling(rows, PLAN).estimate(lambda sums: sums[..., 1] / sums[..., 0])
    undefined = int(estimate.note.split()[0])
    assert undefined / 2000 == pytest.approx(0.75**4, abs=0.04)
    assert estimate.bootstrap.low <= estimate.value <= estimate.bootstrap.high
