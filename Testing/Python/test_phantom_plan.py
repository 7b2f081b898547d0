"""The statistics of the synthetic cohort that need no rendering."""

import numpy as np
import pytest
from CACScoringLib.phantom.calcium import NO_CALCIUM, plan_lesions
from CACScoringLib.phantom.coronaries import STEP_MM, grow_coronaries
from CACScoringLib.phantom.fields import points_of
from CACScoringLib.phantom.heart import Heart
from CACScoringLib.phantom.patient import draw_patient
from CACScoringLib.phantom.protocol import draw_protocol

ARTERY = {"L": "LCX", "R": "RCA", "A": "RCA", "P": "RCA", "O": "LCX", "D": "LAD"}


@pytest.fixture(scope="module")
def plans():
    return [plan(seed) for seed in range(1500)]


def plan(seed, **options):
    rng = np.random.default_rng(seed)
    return plan_lesions(rng, draw_patient(rng), **options)


def artery_of(branch: str) -> str:
    return "LAD" if branch in ("LM", "LAD") else ARTERY[branch[0]]


def test_two_in_five_patients_have_no_calcium(plans):
    share = np.mean([not lesions for lesions in plans])
    assert share == pytest.approx(NO_CALCIUM, abs=0.04)


def test_calcium_can_be_forced_in_and_out():
    for seed in range(40):
        assert plan(seed, calcium=True)
        assert not plan(seed, calcium=False)


def test_forcing_calcium_changes_no_patient_who_has_it(plans):
    for seed in range(40):
        if plans[seed]:
            assert plan(seed, calcium=True) == plans[seed]


@pytest.mark.parametrize(
    ("artery", "training", "test"),
    [
        ("LAD", 344 / 140, 2375 / 1047),
        ("LCX", 168 / 140, 1042 / 1047),
        ("RCA", 338 / 140, 1872 / 1047),
    ],
)
def test_lesions_per_scan_and_artery_follow_mtal_table_1(plans, artery, training, test):
    # Table 1 counts candidates. Of the lesions planned here, neighbours melt into one candidate, small ones
    # do not show, and long ones break into several.
    planned = np.mean([sum(artery_of(lesion.branch) == artery for lesion in lesions) for lesions in plans])
    assert test < planned < 1.5 * training


def test_old_men_have_calcium_more_often_than_young_women():
    rng = np.random.default_rng(0)
    patients = [draw_patient(rng) for _ in range(1500)]
    calcified = {patient: bool(plan_lesions(rng, patient)) for patient in patients}
    old_men = [has for who, has in calcified.items() if who.sex == "M" and who.age_years >= 65]
    young_women = [has for who, has in calcified.items() if who.sex == "F" and who.age_years < 55]
    assert np.mean(old_men) > 0.7
    assert np.mean(young_women) < 0.4


def test_masses_are_heavy_tailed(plans):
    totals = np.array([sum(lesion.mass_mg for lesion in lesions) for lesions in plans if lesions])
    assert totals.mean() > 2.5 * np.median(totals)
    assert totals.min() >= 3.2


def test_patients_and_protocols_vary_within_the_ranges_of_calcium_scoring():
    rng = np.random.default_rng(5)
    patients = [draw_patient(rng) for _ in range(300)]
    protocols = [draw_protocol(rng, patient, severe_noise=False) for patient in patients]
    pixels = np.array([protocol.pixel_mm for protocol in protocols])
    slices = np.array([protocol.geometry.size[2] for protocol in protocols])
    noise = np.array([protocol.noise_hu for protocol in protocols])
    assert 0.3 <= pixels.min() < 0.35
    assert 0.42 < pixels.max() <= 0.5
    assert (slices.min(), slices.max()) == (40, 60)
    assert {protocol.thickness_mm for protocol in protocols} == {2.5, 3.0}
    assert 12 <= noise.min() < 18
    assert 30 < noise.max() <= 35
    assert {patient.sex for patient in patients} == {"F", "M"}


@pytest.mark.parametrize("seed", range(3))
def test_coronary_arteries_lie_on_the_heart_and_hang_together(seed):
    rng = np.random.default_rng(seed)
    heart = Heart(rng, draw_patient(rng))
    tree = grow_coronaries(rng, heart)
    assert {"LM", "LAD", "D1", "LCX", "OM1", "RCA", "AM", "PDA"} <= set(tree)
    for branch in tree.values():
        steps = np.linalg.norm(np.diff(branch.line_mm, axis=0), axis=1)
        assert np.abs(steps - STEP_MM).max() < 0.1
        height = heart.muscle(points_of(branch.line_mm))
        assert np.median(height) == pytest.approx(np.median(branch.radius_mm) + 0.9, abs=0.9)
    for child, parent in [("LAD", "LM"), ("LCX", "LM"), ("D1", "LAD"), ("OM1", "LCX"), ("AM", "RCA")]:
        gap = np.linalg.norm(tree[parent].line_mm - tree[child].line_mm[0], axis=1).min()
        assert gap < 1.0, (child, parent)


def test_every_patient_has_a_different_tree():
    lines = []
    for seed in (1, 2):
        rng = np.random.default_rng(seed)
        heart = Heart(rng, draw_patient(rng))
        lines.append(grow_coronaries(rng, heart)["LAD"].line_mm[100])
    assert np.linalg.norm(lines[0] - lines[1]) > 1
