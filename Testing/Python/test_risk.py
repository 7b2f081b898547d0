import math

import pytest
from CACScoringLib.errors import CACError
from CACScoringLib.scoring.risk import RISK_SCHEMES, arterial_age_years, risk_category


@pytest.mark.parametrize(
    ("scheme", "score", "category"),
    [
        *[("standard", score, "0") for score in (0,)],
        *[("standard", score, "(0,10]") for score in (0.2, 1, 10)],
        *[("standard", score, "(10,100]") for score in (10.001, 100)],
        *[("standard", score, "(100,400]") for score in (100.5, 400)],
        ("standard", 400.01, ">400"),
        ("mtal", 0, "0"),
        *[("mtal", score, "(0,100)") for score in (0.5, 1, 99.99)],
        *[("mtal", score, "[100,300)") for score in (100, 299.99)],
        ("mtal", 300, ">=300"),
        *[("mmwfanet", score, "<1") for score in (0, 0.99)],
        *[("mmwfanet", score, "[1,10)") for score in (1, 9.99)],
        ("mmwfanet", 10, "[10,100)"),
        ("mmwfanet", 100, "[100,400)"),
        ("mmwfanet", 400, ">=400"),
        ("cac-drs", 0, "A0"),
        ("cac-drs", 99, "A1"),
        ("cac-drs", 100, "A2"),
        ("cac-drs", 300, "A3"),
    ],
)
def test_boundaries(scheme, score, category):
    assert risk_category(score, scheme) == category


def test_cac_drs_counts_vessels():
    assert risk_category(150, "cac-drs", vessels=3) == "A2/N3"
    assert risk_category(150, "standard", vessels=3) == "(100,400]"


def test_categories_are_ordered_by_score():
    for scheme in RISK_SCHEMES.values():
        found = [scheme.index(score / 4) for score in range(2400)]
        assert found == sorted(found)
        assert set(found) == set(range(len(scheme.categories)))


@pytest.mark.parametrize("score", [-1, math.nan])
def test_impossible_scores(score):
    with pytest.raises(ValueError, match="cannot be"):
        risk_category(score)


def test_unknown_scheme():
    with pytest.raises(CACError, match="cac-drs"):
        risk_category(1, "framingham")


def test_arterial_age():
    # McClelland 2009: no calcium is an arterial age of 39.1 years; 100 is 39.1 + 7.25 ln 101 = 72.56.
    assert arterial_age_years(0) == 39.1
    assert arterial_age_years(100) == pytest.approx(72.56, abs=0.005)
