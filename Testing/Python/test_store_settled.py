"""Which reader's labels of a slice count."""

from __future__ import annotations

import pytest
from CACAnnotationLib.session.session import AnnotationSession
from CACAnnotationLib.store.label_store import LabelStore
from CACAnnotationLib.store.reading_kinds import ADJUDICATION, OWN, SECOND
from CACAnnotationLib.store.settled_labels import ReadingChoice, settled_labels
from CACScoringLib.schemes import label_scheme
from session_samples import LONG, SMALL, ijk, small_scan

SHAPE = small_scan().geometry.shape
SERIES = "1.2.3"


@pytest.fixture
def store(database: str) -> LabelStore:
    return LabelStore.open(database)


def read(store: LabelStore, reader: str, kind: int, artery: str, *signed_off: int) -> None:
    """Give the long lesion an artery, and sign some slices off."""
    session = AnnotationSession(small_scan(), store.reading(SERIES, SHAPE, reader, kind), label_scheme())
    session.calcium.click(ijk(LONG[0]), artery)
    for slice_index in signed_off:
        session.slices.sign_off(slice_index, rest_is_other=True)


def arteries(store: LabelStore, choice: ReadingChoice = ReadingChoice()) -> list[int]:
    """Label of the long lesion in its three slices."""
    settled = settled_labels(store, SERIES, SHAPE, choice)
    assert settled is not None
    return [int(settled.layers["cac"][voxel]) for voxel in (LONG[0], LONG[3], LONG[4])]


def test_nobody_has_begun(store: LabelStore) -> None:
    assert settled_labels(store, SERIES, SHAPE) is None


def test_a_slice_counts_as_whoever_signed_it_off_left_it(store: LabelStore) -> None:
    read(store, "Anna", OWN, "LAD", 2)
    read(store, "Ben", OWN, "LCX", 3)
    assert arteries(store) == [2, 3, 2], "in the last slice, who began first"
    settled = settled_labels(store, SERIES, SHAPE)
    assert settled is not None
    assert settled.readers == ("Anna", "Ben")
    assert settled.signed_off.nonzero()[0].tolist() == [2, 3]
    assert settled.layers["cac"][SMALL[0]] == 1, "signed off with the rest as OTHER"
    assert arteries(store, ReadingChoice("Ben")) == [3, 3, 3]


def test_adjudication_counts_before_own_and_own_before_second(store: LabelStore) -> None:
    read(store, "Ben", SECOND, "LCX", 2, 3)
    read(store, "Anna", OWN, "LAD", 2, 3)
    read(store, "Cleo", ADJUDICATION, "RCA", 3)
    assert arteries(store) == [2, 4, 4]
    assert arteries(store, ReadingChoice(round=SECOND)) == [3, 3, 3]
    settled = settled_labels(store, SERIES, SHAPE)
    assert settled is not None
    assert settled.rounds == (OWN, ADJUDICATION)


def test_an_undone_sign_off_counts_no_more(store: LabelStore) -> None:
    read(store, "Anna", OWN, "LAD", 3)
    read(store, "Ben", OWN, "LCX", 3)
    store.reading(SERIES, SHAPE, "Anna", OWN).record_undo()
    assert arteries(store)[1] == 3
