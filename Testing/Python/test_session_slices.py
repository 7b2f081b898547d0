"""Going from slice to slice: order, status, sign-off and the time spent."""

from __future__ import annotations

from pathlib import Path

import pytest
from CACAnnotationLib.session.session import AnnotationSession
from CACScoringLib.errors import CACError
from session_samples import LONG, SMALL, Clock, ijk, labelled, open_session


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def session(tmp_path: Path, clock: Clock) -> AnnotationSession:
    return open_session(tmp_path, clock=clock, order=[2, 3, 4])


def seconds(session: AnnotationSession) -> list[float]:
    return [each.seconds for each in session.desk.reading.slice_status]


def test_slices_with_candidates_come_first(tmp_path: Path) -> None:
    from session_samples import small_scan

    scan = small_scan()
    scan.values[:2] = 40
    assert open_session(tmp_path, scan).slices.order.order == (2, 3, 4, 5, 0, 1)


def test_next_goes_on_to_what_is_not_signed_off_and_skipped_ones_come_last(
    session: AnnotationSession,
) -> None:
    slices = session.slices
    assert slices.current is None
    assert slices.next() == 2
    slices.skip(2, "noisy")
    assert slices.next() == 3
    slices.sign_off(3, rest_is_other=True)
    assert slices.next() == 4
    assert slices.back() == 3
    assert slices.back() == 2
    assert slices.back() is None
    assert slices.current == 2
    assert slices.next() == 4
    slices.sign_off(4, rest_is_other=True)
    assert slices.next() == 2
    slices.sign_off(2, rest_is_other=True)
    assert slices.next() is None
    assert slices.order.signed_off == 3


def test_signing_off_needs_a_label_for_every_candidate(session: AnnotationSession) -> None:
    session.calcium.click(ijk(LONG[0]), "LAD")
    session.calcium.click(ijk(SMALL[0]), "LCX")
    with pytest.raises(CACError, match="7 candidate voxels of slice 3 have no label"):
        session.slices.sign_off(2)
    assert session.slices.status(2).status == "in work"

    assert session.slices.sign_off(2, rest_is_other=True)

    assert session.slices.status(2).status == "signed off"
    assert sum(value == 1 for value in labelled(session).values()) == 7
    assert str(session.review) == "not reviewed, 1 of 6 slices"
    assert not session.slices.sign_off(2)
    session.undo()
    assert session.slices.status(2).status == "in work"
    assert 1 not in labelled(session).values()


def test_a_score_is_reviewed_once_every_slice_is_signed_off(tmp_path: Path) -> None:
    session = open_session(tmp_path)
    for slice_index in range(6):
        assert not session.review.complete
        session.slices.sign_off(slice_index, rest_is_other=True)
    assert session.review.complete
    session.undo()
    assert not session.review.complete


def test_a_flag_keeps_its_note(session: AnnotationSession) -> None:
    assert session.slices.flag(2, "stent?")
    assert not session.slices.flag(2, "stent?")
    session.slices.sign_off(2, rest_is_other=True)
    assert session.slices.status(2).note == "stent?"
    session.undo()
    session.undo()
    assert session.slices.status(2).status == "untouched"
    assert session.slices.status(2).note == ""


def test_time_counts_for_the_slice_shown_and_pauses_do_not(session: AnnotationSession, clock: Clock) -> None:
    session.slices.show(2)
    clock.seconds += 20
    session.slices.clock.active()
    clock.seconds += 61
    session.slices.clock.active()
    clock.seconds += 60
    session.slices.show(3)
    clock.seconds += 5
    session.close()
    clock.seconds += 9
    session.close()

    assert seconds(session) == [0, 0, 80, 5, 0, 0]


def test_time_is_kept_over_sessions(tmp_path: Path, clock: Clock) -> None:
    for _ in range(2):
        session = open_session(tmp_path, clock=clock)
        session.slices.show(1)
        clock.seconds += 10
        session.close()
    assert seconds(open_session(tmp_path)) == [0, 20, 0, 0, 0, 0]


def test_a_slice_the_scan_lacks_is_refused(session: AnnotationSession) -> None:
    with pytest.raises(ValueError, match="no slice 6"):
        session.slices.show(6)
