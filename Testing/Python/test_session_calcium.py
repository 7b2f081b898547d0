"""Labelling calcium in a session: what a click, a brush and a lasso change, and what they leave alone."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from CACAnnotationLib.session.calcium import Exclusion, Reach
from CACAnnotationLib.session.origins import CALCIUM_BY_READER
from CACAnnotationLib.session.picking import ViewStroke
from CACAnnotationLib.session.session import AnnotationSession
from CACScoringLib.errors import CACError
from CACScoringLib.geometry import VolumeGeometry
from session_samples import BONE, LONG, LOW, SMALL, ijk, labelled, open_session, small_scan

AXIAL, CORONAL = (0, 0, 1), (0, 1, 0)


@pytest.fixture
def session(tmp_path: Path) -> AnnotationSession:
    return open_session(tmp_path)


def stroke(session: AnnotationSession, places: list[tuple[float, float, float]], normal=AXIAL) -> ViewStroke:
    """A line through places given as column, row and slice."""
    return ViewStroke.of(session.desk.scan.geometry.ras_of(places), normal)


def test_a_click_labels_the_whole_lesion_and_says_who_did(session: AnnotationSession) -> None:
    assert session.calcium.click(ijk(LONG[0]), "LAD")

    assert labelled(session) == dict.fromkeys(LONG, 2)
    assert labelled(session, "origin") == dict.fromkeys(LONG, CALCIUM_BY_READER)
    assert session.scores.arteries["LAD"].lesions == 1
    assert not session.calcium.click(ijk(LONG[0]), "LAD")
    assert len(session.desk.reading.done) == 1


def test_a_click_may_take_the_part_in_its_slice_alone(session: AnnotationSession) -> None:
    session.calcium.click(ijk(LONG[0]), "RCA", Reach.SLICE)

    assert labelled(session) == dict.fromkeys([each for each in LONG if each[0] == 2], 4)


def test_a_lesion_can_be_cleared_whole_or_in_a_slice(session: AnnotationSession) -> None:
    session.calcium.click(ijk(LONG[0]), "LCX")
    session.calcium.clear(ijk(LONG[3]), Reach.SLICE)
    assert labelled(session) == dict.fromkeys([each for each in LONG if each[0] != 3], 3)
    session.calcium.clear(ijk(LONG[0]))
    assert labelled(session) == labelled(session, "origin") == {}
    assert not session.calcium.clear(ijk(LONG[0]))


@pytest.mark.parametrize(("columns_beside", "found"), [(1.5, True), (1.6, False), (-1.4, True)])
def test_a_click_beside_a_lesion_takes_it_up_to_1_5_mm(
    session: AnnotationSession, columns_beside: float, found: bool
) -> None:
    slice_index, row, column = SMALL[1] if columns_beside > 0 else SMALL[0]

    assert session.calcium.click((column + columns_beside, row, slice_index), "LAD") is found
    assert labelled(session) == (dict.fromkeys(SMALL, 2) if found else {})


def test_the_nearest_of_several_is_taken(tmp_path: Path) -> None:
    scan = small_scan()
    scan.values[2, 14, 18] = 200
    session = open_session(tmp_path, scan)

    session.calcium.click((17.1, 14, 2), "LAD")

    assert labelled(session) == {(2, 14, 18): 2}


@pytest.mark.parametrize("place", [(-1.4, 18, 2), (2.9, 18.5, 5.4), (8, 20.9, 0)])
def test_a_click_outside_the_scan_is_no_error(
    session: AnnotationSession, place: tuple[float, float, float]
) -> None:
    session.calcium.click(place, "OTHER")
    assert set(labelled(session)) <= set(BONE)


def test_a_brush_labels_candidates_under_it_in_its_slice(session: AnnotationSession) -> None:
    session.calcium.brush(stroke(session, [(5, 8, 2), (6.8, 8, 2)]), 0.5, "LAD")

    assert labelled(session) == {(2, 8, 6): 2, (2, 8, 7): 2}


def test_a_brush_bridges_the_events_a_view_drops(session: AnnotationSession) -> None:
    session.calcium.brush(stroke(session, [(3, 18, 1), (8, 18, 1)]), 0.3, "OTHER")

    assert labelled(session) == dict.fromkeys([each for each in BONE if each[0] == 1], 1)
    session.calcium.brush_clear(stroke(session, [(5, 18, 1)]), 0.3)
    assert labelled(session) == dict.fromkeys([e for e in BONE if e[0] == 1 and e[2] != 5], 1)


def test_a_brush_in_a_coronal_view_labels_slices_one_above_the_other(session: AnnotationSession) -> None:
    session.calcium.brush(stroke(session, [(5, 18, 1), (5, 18, 3)], CORONAL), 0.4, "OTHER")

    assert labelled(session) == {(k, 18, 5): 1 for k in (1, 2, 3)}


def test_a_brush_in_an_oblique_volume_takes_one_layer(tmp_path: Path) -> None:
    scan = small_scan()
    turn = np.deg2rad(30)
    direction = ((np.cos(turn), 0, np.sin(turn)), (0, 1, 0), (-np.sin(turn), 0, np.cos(turn)))
    flat = tuple(float(each) for row in direction for each in row)
    geometry = dataclasses.replace(scan.geometry, direction=flat)
    session = open_session(tmp_path, dataclasses.replace(scan, geometry=geometry))
    normal = geometry.ijk_to_ras[:3, 2]

    session.calcium.brush(stroke(session, [(3, 18, 4), (8, 18, 4)], normal), 0.3, "OTHER")

    assert labelled(session) == dict.fromkeys([each for each in BONE if each[0] == 4], 1)


def test_a_lasso_labels_what_lies_inside_whole(session: AnnotationSession) -> None:
    around = [(4, 6, 2), (10, 6, 2), (10, 11, 2), (4, 11, 2)]

    assert session.calcium.lasso(stroke(session, around), "LAD")
    assert labelled(session) == dict.fromkeys(LONG, 2)
    assert not session.calcium.lasso(stroke(session, [(0, 0, 2), (2, 0, 2), (2, 2, 2)]), "LAD")
    assert not session.calcium.lasso(stroke(session, around[:2]), "LAD")


def test_a_lasso_leaves_out_what_lies_mostly_outside(session: AnnotationSession) -> None:
    half = [(2, 17, 0), (4.5, 17, 0), (4.5, 19, 0), (2, 19, 0)]
    assert not session.calcium.lasso(stroke(session, half), "OTHER")
    most = [(2, 17, 0), (7.5, 17, 0), (7.5, 19, 0), (2, 19, 0)]
    assert session.calcium.lasso(stroke(session, most), "OTHER")
    assert labelled(session) == dict.fromkeys(BONE, 1)


def test_the_rest_is_other_in_a_slice_and_in_the_scan(session: AnnotationSession) -> None:
    session.calcium.click(ijk(LONG[0]), "LAD")
    session.calcium.rest_is_other(2)
    expected = dict.fromkeys(LONG, 2)
    expected |= {each: 1 for each in (*SMALL, *LOW, *BONE) if each[0] == 2}
    assert labelled(session) == expected
    session.calcium.rest_is_other()
    assert labelled(session) == dict.fromkeys((*SMALL, *LOW, *BONE), 1) | dict.fromkeys(LONG, 2)
    assert not session.calcium.rest_is_other()
    assert session.calcium.unlabelled().size == 0


def test_a_stent_does_not_count_until_it_does_again(session: AnnotationSession) -> None:
    session.calcium.click(ijk(LONG[0]), "LAD")
    session.calcium.click(ijk(SMALL[0]), "LCX")
    alone = session.scores.arteries["LCX"].agatston
    session.calcium.exclude(ijk(LONG[0]), Exclusion.STENT)
    assert session.scores.total.agatston == alone > 0
    assert labelled(session, "excluded") == dict.fromkeys(LONG, 1)
    assert labelled(session)[LONG[0]] == 2
    session.calcium.include(ijk(LONG[0]))
    assert session.scores.arteries["LAD"].agatston > 0
    session.undo()
    assert session.scores.total.agatston == alone


def test_metal_without_a_label_becomes_other(session: AnnotationSession) -> None:
    session.calcium.exclude(ijk(BONE[0]), Exclusion.METAL)
    assert labelled(session) == dict.fromkeys(BONE, 1)
    assert labelled(session, "excluded") == dict.fromkeys(BONE, 2)
    session.calcium.clear(ijk(BONE[0]))
    assert labelled(session, "excluded") == {}


def test_a_threshold_changes_what_can_be_clicked_and_loses_no_label(session: AnnotationSession) -> None:
    session.calcium.click(ijk(LOW[0]), "LAD")
    before = session.scores.total.agatston
    original = session.desk.protocol

    session.desk.protocol = dataclasses.replace(original, threshold_hu=200.0)

    assert session.scores.total.agatston == 0 < before
    assert labelled(session) == dict.fromkeys(LOW, 2)
    assert not session.calcium.click(ijk(LOW[0]), "RCA")
    session.desk.protocol = original
    assert session.scores.total.agatston == before


def test_a_label_that_the_scheme_lacks_is_refused(tmp_path: Path) -> None:
    session = open_session(tmp_path, with_lm=False)
    with pytest.raises(CACError, match="label 'LM' is not one of"):
        session.calcium.click(ijk(LONG[0]), "LM")
    assert not session.active_by_key("5")
    assert session.active_by_key("4")
    assert session.active == "RCA"


def test_a_row_of_the_lesion_table_can_get_another_artery(session: AnnotationSession) -> None:
    session.calcium.click(ijk(LONG[0]), "LAD")
    voxels = session.desk.candidates.voxels_of(session.desk.candidates.lesion_at(ijk(LONG[0])) or 0)
    session.calcium.relabel(voxels, "RCA")
    assert labelled(session) == dict.fromkeys(LONG, 4)
    session.undo()
    assert labelled(session) == dict.fromkeys(LONG, 2)


def test_geometry_in_two_axes_of_a_mirrored_scan(tmp_path: Path) -> None:
    scan = small_scan()
    mirrored = dataclasses.replace(scan.geometry, direction=(-1.0, 0, 0, 0, 1.0, 0, 0, 0, -1.0))
    assert isinstance(mirrored, VolumeGeometry)
    session = open_session(tmp_path, dataclasses.replace(scan, geometry=mirrored))
    session.calcium.brush(stroke(session, [(6, 8, 2)]), 0.2, "LAD")
    assert labelled(session) == {(2, 8, 6): 2}
