"""What is proposed stays beside the labels until the reader takes it over."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from CACAnnotationLib.session.changes import SessionChange, Topic
from CACAnnotationLib.session.origins import (
    CALCIUM_BY_MODEL,
    CALCIUM_BY_READER,
    REGION_BY_MODEL,
    REGION_BY_READER,
)
from CACAnnotationLib.session.proposal import ProposedLabels
from CACAnnotationLib.session.session import AnnotationSession
from CACScoringLib.schemes import label_scheme
from session_samples import BONE, LONG, SMALL, ijk, labelled, open_session


@pytest.fixture
def session(tmp_path: Path) -> AnnotationSession:
    session = open_session(tmp_path)
    session.proposals.show(proposal())
    return session


def proposal() -> ProposedLabels:
    """LAD for the long lesion, RCA for the small one, OTHER for bone; regions in slice 2 alone."""
    cac, car = np.zeros((2, 6, 20, 24), np.uint8)
    for voxels, value in ((LONG, 2), (SMALL, 4), (BONE, 1)):
        cac[tuple(np.transpose(voxels))] = value
    car[2] = 1
    car[2, 8, 6:8] = 2
    return ProposedLabels("demo", cac, car)


def test_nothing_is_labelled_by_a_proposal_alone(session: AnnotationSession) -> None:
    assert labelled(session) == labelled(session, "car") == {}
    assert session.scores.total.agatston == 0
    calcium, regions = session.proposals.pending(2)
    assert (calcium[8, 6], regions[8, 6], regions[0, 0]) == (2, 2, 1)
    session.proposals.dismiss()
    assert not session.proposals.accept()
    assert not session.proposals.pending(2)[0].any()


def test_accepting_a_slice_and_the_scan(session: AnnotationSession) -> None:
    assert session.proposals.accept(2)
    expected = {each: 2 for each in LONG if each[0] == 2} | dict.fromkeys(SMALL, 4)
    expected |= {each: 1 for each in BONE if each[0] == 2}
    assert labelled(session) == expected
    origin = session.desk.layers["origin"]
    assert origin[2, 8, 6] == CALCIUM_BY_MODEL | REGION_BY_MODEL
    assert origin[2, 0, 0] == REGION_BY_MODEL
    assert session.desk.reading.done[-1].details["model"] == "demo"

    assert session.proposals.accept()
    assert labelled(session) == dict.fromkeys(LONG, 2) | dict.fromkeys(SMALL, 4) | dict.fromkeys(BONE, 1)
    assert not session.proposals.accept()
    session.undo()
    session.undo()
    assert labelled(session) == labelled(session, "car") == labelled(session, "origin") == {}


def test_accepting_all_keeps_what_the_reader_labelled(session: AnnotationSession) -> None:
    session.calcium.click(ijk(LONG[0]), "LCX")
    session.regions.scribble(2, [(3, 3)], 0.3, "RCA")
    session.proposals.accept()

    assert {labelled(session)[each] for each in LONG} == {3}
    assert {labelled(session, "origin")[each] & 3 for each in LONG} == {CALCIUM_BY_READER}
    assert labelled(session, "car") == {(2, 3, 3): 4}
    assert labelled(session, "origin")[2, 3, 3] == REGION_BY_READER


def test_accepting_a_lesion_replaces_its_label(session: AnnotationSession) -> None:
    session.calcium.click(ijk(LONG[0]), "LCX")
    assert session.proposals.accept_lesion(ijk(LONG[0]))
    assert labelled(session) == dict.fromkeys(LONG, 2)
    assert labelled(session, "origin") == dict.fromkeys(LONG, CALCIUM_BY_MODEL)
    assert not session.proposals.accept_lesion((0, 0, 0))


def test_rejecting_a_lesion_is_the_readers_other(session: AnnotationSession) -> None:
    assert session.proposals.reject_lesion(ijk(SMALL[0]))
    assert labelled(session) == dict.fromkeys(SMALL, 1)
    assert labelled(session, "origin") == dict.fromkeys(SMALL, CALCIUM_BY_READER)
    session.proposals.accept()
    assert labelled(session)[SMALL[0]] == 1


def test_correcting_an_accepted_lesion_makes_it_the_readers(session: AnnotationSession) -> None:
    session.proposals.accept(2)
    session.calcium.click(ijk(SMALL[0]), "LAD")
    assert labelled(session, "origin")[SMALL[0]] == CALCIUM_BY_READER | REGION_BY_MODEL
    session.undo()
    assert labelled(session, "origin")[SMALL[0]] == CALCIUM_BY_MODEL | REGION_BY_MODEL


def test_a_lesion_without_a_proposal_cannot_be_accepted(session: AnnotationSession) -> None:
    other = proposal()
    other.cac[tuple(np.transpose(SMALL))] = 0
    session.proposals.show(other)
    assert not session.proposals.accept_lesion(ijk(SMALL[0]))
    assert not session.proposals.reject_lesion(ijk(SMALL[0]))
    assert not session.desk.reading.done


def test_interpolation_keeps_the_models_proposal(session: AnnotationSession) -> None:
    session.regions.no_artery(3)
    session.regions.no_artery(5)
    session.proposals.interpolate(3, 5)
    current = session.proposals.current
    assert current is not None
    assert (current.made_by, current.interpolated) == ("demo", {4})
    assert current.cac[LONG[0]] == 2
    assert session.proposals.pending(2)[1].any()


def test_listeners_are_told_and_can_stop(session: AnnotationSession) -> None:
    told: list[SessionChange] = []
    end = session.listen(told.append)
    session.proposals.show(proposal())
    session.proposals.accept(2)
    session.active = "RCA"
    session.active = "rca"
    session.undo()
    assert [each.topic for each in told] == [Topic.PROPOSAL, Topic.LABELS, Topic.ACTIVE, Topic.LABELS]
    assert told[1].slices == told[3].slices == (2,)
    assert {each.layer for each in told[1].layers} == {"cac", "car", "origin"}
    for change in told[3].layers:
        now = session.desk.layers[change.layer].reshape(-1)[change.voxels]
        np.testing.assert_array_equal(change.after, now)
    end()
    end()
    session.redo()
    assert len(told) == 4


def test_a_proposal_for_another_scan_is_refused(session: AnnotationSession) -> None:
    wrong = np.zeros((5, 20, 24), np.uint8)
    with pytest.raises(ValueError, match="does not fit"):
        session.proposals.show(ProposedLabels("demo", wrong, wrong))


def test_left_main_belongs_to_lad_where_it_is_not_kept_apart(tmp_path: Path) -> None:
    session = open_session(tmp_path, with_lm=False)
    proposed = np.zeros(session.desk.scan.geometry.shape, np.uint8)
    proposed[LONG[0]] = label_scheme()["LM"].value
    session.proposals.show(ProposedLabels("demo", proposed, proposed))
    session.proposals.accept()
    assert session.desk.layers["cac"][LONG[0]] == label_scheme()["LAD"].value
    assert session.desk.layers["car"][LONG[0]] == label_scheme()["LAD"].value
