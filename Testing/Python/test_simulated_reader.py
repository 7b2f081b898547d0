"""The simulated reader: its labels are the truth, its mistakes occur, its seconds add up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from CACAnnotationLib.effort.reader_effort import effort_of
from CACAnnotationLib.project.project import Project
from CACAnnotationLib.session.proposal import ProposedLabels
from CACAnnotationLib.session.region_drawing import brushed_pixels
from CACAnnotationLib.simulating.artery_strokes import artery_contours, artery_scribbles
from CACAnnotationLib.simulating.base_project import copy_project
from CACAnnotationLib.simulating.mistakes import Mistakes, coronary_candidates
from CACAnnotationLib.simulating.simulated_clock import CALCIUM_AND_REGIONS_S, CALCIUM_S, ActionSeconds
from CACAnnotationLib.simulating.simulated_reader import SimulatedReader
from CACAnnotationLib.store.reading_kinds import OWN
from CACAnnotationLib.store.slice_status import SIGNED_OFF
from CACScoringLib.candidates.candidates import find_candidates
from CACScoringLib.errors import CACError
from CACScoringLib.schemes import label_scheme
from simulated_scans import kinds, project_of, read_all, truth_in, two_arteries, write_truth
from volumes import scan_of

SCHEME = label_scheme(with_lm=False)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    write_truth(tmp_path / "cohort/scan", *two_arteries())
    return project_of(tmp_path / "cohort", tmp_path / "project")


def test_labels_are_the_truth(project: Project, cohort: Path, tmp_path: Path) -> None:
    for one in (project, project_of(cohort, tmp_path / "many")):
        for number, reading in enumerate(read_all(one, SimulatedReader())):
            truth = truth_in(one, number)
            candidates = find_candidates(one.read_scan(one.scans[number])).mask()
            cac, car = reading.layers["cac"], reading.layers["car"]
            assert np.array_equal(cac[candidates], truth.cac[candidates])
            assert not cac[~candidates].any()
            assert np.array_equal(car[car > 0], truth.car[car > 0])
            for labelled, true in zip(car, truth.car, strict=True):
                assert np.array_equal(np.unique(labelled[labelled > 0]), np.unique(true))
                assert (labelled == 1).mean() > 0.5
            assert all(each.status == SIGNED_OFF for each in reading.slice_status)


def test_it_clicks_brushes_and_draws_as_a_reader_would(project: Project) -> None:
    (reading,) = read_all(project, SimulatedReader())
    done = kinds(reading)
    # LAD and LCX touch bone in slice 1: a click on most of the lesion there, one in slice 2, one on the RCA
    assert done["label lesion"] == 3 - 1
    assert done["label voxels"] >= 4
    assert done["scribble"] == 3 + 3 + 1
    assert done["contour"] == 2 + 2 + 1
    assert done["sign off"] == 3
    clicks = [action for action in reading.done if action.kind == "label lesion"]
    assert {each.details["label"]: each.details["reach"] for each in clicks} == {
        "LCX": "slice",
        "RCA": "lesion",
    }


def test_a_slice_without_an_artery_gets_one_scribble(cohort: Path, tmp_path: Path) -> None:
    project = project_of(cohort, tmp_path / "project")
    entry = project.scans[0]
    SimulatedReader().label(project, entry, project.read_scan(entry), [0], truth_in(project))
    reading = project.store.reading(entry.series, entry.shape, "Simulated", OWN)
    assert [action.kind for action in reading.done] == ["scribble", "sign off"]
    assert (reading.layers["car"][0] == 1).all()
    assert not reading.layers["car"][1:].any()


def test_strokes_stay_inside_and_contours_outside_of_any_shape() -> None:
    rng = np.random.default_rng(5)
    for number in range(30):
        regions = np.ones((60, 70), np.uint8)
        for value in (2, 3, 4):
            row, column = rng.integers(0, (50, 60))
            height, width = rng.integers(1, 14, 2)
            regions[row : row + height, column : column + width] = value
        scan = scan_of(np.zeros((1, 60, 70)), (float(rng.uniform(0.3, 1)), float(rng.uniform(0.3, 1)), 3.0))
        pixel_mm = scan.geometry.spacing_mm[:2]
        for each in artery_scribbles(regions, pixel_mm):
            pixels = brushed_pixels(each.path, each.radius_mm, pixel_mm, regions.shape)
            assert (regions[pixels] == each.value).all(), number
        for line in artery_contours(regions, pixel_mm, 3.0):
            assert np.array_equal(line[0], line[-1])


def many_lesions(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """HU and truth of 10 slices with 40 lesions and 40 other small candidates each, and bone."""
    hu = np.full((20, 90, 90), 40, np.int16)
    cac = np.zeros(hu.shape, np.uint8)
    places = np.stack(np.meshgrid(range(2, 82, 9), range(2, 82, 9), indexing="ij"), -1).reshape(-1, 2)
    for index in range(0, 20, 2):
        for number, (row, column) in enumerate(rng.permutation(places)[:80]):
            hu[index, row : row + 2, column : column + 2] = 300
            cac[index, row : row + 2, column : column + 2] = 2 + number % 3 if number < 40 else 1
    hu[:, 86:, :] = 800
    cac[:, 86:, :] = 1
    return hu, cac


def test_mistakes_occur_as_often_as_they_should() -> None:
    hu, truth = many_lesions(np.random.default_rng(1))
    candidates = find_candidates(scan_of(hu))
    coronary = coronary_candidates(truth, candidates, SCHEME)
    assert (coronary.sum(), len(candidates)) == (400, 801)
    seen = Mistakes(0.2, seed=3).seen(truth, candidates, "series", SCHEME)
    first = [candidates.voxels_of(number)[0] for number in range(len(candidates))]
    before, after = truth.reshape(-1)[first], seen.reshape(-1)[first]
    missed = np.count_nonzero(coronary & (after == 1))
    wrong = np.count_nonzero(coronary & (after > 1) & (after != before))
    invented = np.count_nonzero(~coronary & (after > 1))
    assert 25 <= missed <= 55, "a tenth of 400"
    assert 25 <= wrong <= 55
    assert 1 <= invented <= 6, "a fifth of the 10 slices that have something to be mistaken"
    assert after[before.size - 1] == 1, "bone is known as such"
    assert np.array_equal(seen, Mistakes(0.2, seed=3).seen(truth, candidates, "series", SCHEME))
    for other in (
        Mistakes(0.2, seed=4).seen(truth, candidates, "series", SCHEME),
        Mistakes(0.2, seed=3).seen(truth, candidates, "another", SCHEME),
    ):
        assert not np.array_equal(seen, other)
    assert np.array_equal(Mistakes().seen(truth, candidates, "series", SCHEME), truth)
    with pytest.raises(CACError, match="cannot be wrong at a rate"):
        Mistakes(1.5)


def test_mistakes_are_labelled(project: Project) -> None:
    (reading,) = read_all(project, SimulatedReader(mistakes=Mistakes(1.0, 1)))
    truth = truth_in(project).cac
    assert not np.array_equal(reading.layers["cac"], truth)
    seen = Mistakes(1.0, 1).seen(
        truth, find_candidates(project.read_scan(project.scans[0])), project.scans[0].series, SCHEME
    )
    assert np.array_equal(reading.layers["cac"], seen)


def test_seconds_add_up(project: Project) -> None:
    (reading,) = read_all(project, SimulatedReader(seconds=ActionSeconds(10.0, 0.7, 0.11, 1.3)))
    done = kinds(reading)
    expected = (
        3 * 10.0
        + 0.7 * done["label lesion"]
        + 0.11 * (done["label voxels"] + done["scribble"])
        + 1.3 * done["contour"]
    )
    assert sum(each.seconds for each in reading.slice_status) == pytest.approx(expected)


def test_a_typical_slice_takes_what_the_paper_says() -> None:
    usual = ActionSeconds()
    assert usual.look + usual.click == CALCIUM_S == 4
    assert usual.look + usual.click + 3 * usual.stroke + usual.contour == CALCIUM_AND_REGIONS_S == 12


def test_a_right_proposal_is_accepted_untouched(project: Project, tmp_path: Path) -> None:
    truth = truth_in(project)
    plain = copy_project(project.folder, tmp_path / "plain")
    read_all(plain, SimulatedReader())
    (reading,) = read_all(project, SimulatedReader(), proposal=ProposedLabels("right", truth.cac, truth.car))
    assert kinds(reading) == {"accept proposal": 3, "sign off": 3}
    assert np.array_equal(reading.layers["cac"], truth.cac)
    assert np.array_equal(reading.layers["car"], truth.car)
    (without,), (with_,) = effort_of(plain.store), effort_of(project.store)
    assert with_.proposals.untouched_share == 1.0
    assert with_.with_proposals.slices == without.without_proposals.slices == 3
    assert with_.with_proposals.seconds == 3 * (2.5 + 1.5) < without.without_proposals.seconds


def test_a_wrong_proposal_is_corrected_or_left(project: Project) -> None:
    truth = truth_in(project)
    cac = truth.cac.copy()
    cac[1:, 42:44, 52:55] = 3  # RCA taken for LCX, the rest is right
    nonsense = np.roll(truth.car, 25, axis=1)
    (reading,) = read_all(project, SimulatedReader(), proposal=ProposedLabels("wrong", cac, nonsense))
    done = kinds(reading)
    assert np.array_equal(reading.layers["cac"], truth.cac)
    car = reading.layers["car"]
    assert np.array_equal(car[car > 0], truth.car[car > 0]), "no region of the proposal was taken"
    assert done["accept proposal"] >= 1
    assert done["label lesion"] == 1, "the RCA"
    (effort,) = effort_of(project.store)
    assert effort.proposals.lesions_untouched == effort.proposals.lesions_accepted - 1
