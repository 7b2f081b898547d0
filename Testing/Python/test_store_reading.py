"""A reading: what was recorded is there again, with everything that can be undone and redone."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sqlalchemy")

from CACAnnotationLib.store.actions import Action, LayerChange, slice_status_detail
from CACAnnotationLib.store.label_store import LabelStore
from CACAnnotationLib.store.schema import EVENTS, SLICE_LABELS
from CACAnnotationLib.store.slice_status import SliceStatus
from CACAnnotationLib.store.stored_reading import StoredReading
from CACScoringLib.errors import CACError
from sqlalchemy import select
from store_samples import SHAPE, PlainReading, change, label, random_action, same_layers


def opened(database: str, reader: str = "Anna", number: int = 1) -> StoredReading:
    return LabelStore.open(database).reading("1.2.3", SHAPE, reader, number)


def rows(database: str, table: object) -> list:
    with LabelStore.open(database).engine.connect() as connection:
        return list(connection.execute(select(table)))


def test_random_actions_with_undo_and_redo_follow_a_plain_model(database: str) -> None:
    rng = np.random.default_rng(5)
    reading, plain = opened(database), PlainReading()
    for step in range(250):
        what = rng.random()
        if what < 0.3 and plain.position:
            reading.record_undo()
            plain.position -= 1
        elif what < 0.5 and plain.position < len(plain.states) - 1:
            reading.record_redo()
            plain.position += 1
        else:
            action = random_action(rng, plain.layers)
            reading.record(action)
            plain.record(action)
        if step % 50 == 49:
            reading = opened(database)
        assert same_layers(reading.layers, plain.layers)
        assert len(reading.done) == plain.position
        assert len(reading.undone) == len(plain.states) - 1 - plain.position
    while reading.done:
        reading.record_undo()
    assert not any(array.any() for array in reading.layers.values())
    assert rows(database, SLICE_LABELS) == []
    assert all(each.status == "untouched" for each in reading.slice_status)


def test_actions_come_back_as_they_were(database: str) -> None:
    reading = opened(database)
    first = Action(
        "accept proposal",
        (change(reading.layers, "cac", [3, 900], [2, 4]), change(reading.layers, "origin", [900], 7)),
        {"model": "demo", "digest": "ab12", "click": (np.int64(4), 2, 1), "threshold": np.float32(0.5)},
    )
    reading.record(first)
    reading.record(label(reading, [5], 3))
    reading.record_undo()
    assert reading.done[-1] is first

    again = opened(database)

    (action,) = again.done
    assert action.kind == "accept proposal"
    assert action.details == {"model": "demo", "digest": "ab12", "click": [4, 2, 1], "threshold": 0.5}
    assert [each.layer for each in action.changes] == ["cac", "origin"]
    for stored, made in zip(action.changes, first.changes, strict=True):
        for name in ("voxels", "before", "after"):
            assert np.array_equal(getattr(stored, name), getattr(made, name))
            assert getattr(stored, name).dtype == getattr(made, name).dtype
    assert again.undone[0].changes[0].after.tolist() == [3]
    again.record_redo()
    assert opened(database).layers["cac"].reshape(-1)[5] == 3


def test_a_new_action_ends_what_could_be_redone_but_nothing_is_deleted(database: str) -> None:
    reading = opened(database)
    for value in (1, 2):
        reading.record(label(reading, [7], value))
    reading.record_undo()
    reading.record(label(reading, [7], 4))
    assert not reading.undone
    assert not opened(database).undone

    events = rows(database, EVENTS)

    assert [(event.number, event.step, event.of_event) for event in events] == [
        (1, "do", None),
        (2, "do", None),
        (3, "undo", 2),
        (4, "do", None),
    ]
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    assert all((event.reader, event.round) == ("Anna", 1) for event in events)
    assert all(timedelta() <= now - event.at < timedelta(minutes=1) for event in events)


def test_readers_and_rounds_and_scans_are_apart(database: str) -> None:
    store = LabelStore.open(database)
    keys = [("1.2.3", "Anna", 1), ("1.2.3", "Anna", 2), ("1.2.3", "Bo", 1), ("1.2.4", "Anna", 1)]
    for value, (series, reader, number) in enumerate(keys, start=1):
        reading = store.reading(series, SHAPE, reader, number)
        assert not reading.done
        reading.record(label(reading, [value], value))
    for value, (series, reader, number) in enumerate(keys, start=1):
        labels = store.reading(series, SHAPE, f" {reader} ", number).layers["cac"]
        assert np.flatnonzero(labels).tolist() == [value]


def test_status_of_slices_follows_undo_and_redo(database: str) -> None:
    reading = opened(database)
    reading.record(label(reading, [0, 2 * 20 * 24], 2))
    assert [each.status for each in reading.slice_status[:3]] == ["in work", "untouched", "in work"]
    rest = Action(
        "sign off",
        (change(reading.layers, "cac", [1], 1),),
        {"slice_status": [slice_status_detail(0, "signed off")]},
    )
    reading.record(rest)
    reading.record(Action("flag", (), {"slice_status": [slice_status_detail(5, "flagged", "motion")]}))
    reading.add_seconds(5, 3.5)
    reading.add_seconds(5, 1)
    expected = [
        SliceStatus("signed off"),
        SliceStatus(),
        SliceStatus("in work"),
        *[SliceStatus()] * 2,
        SliceStatus("flagged", "motion", 4.5),
    ]
    assert reading.slice_status == expected
    assert opened(database).slice_status == expected

    reading = opened(database)
    reading.record_undo()
    reading.record_undo()

    assert reading.slice_status[0] == SliceStatus("in work")
    assert reading.slice_status[5] == SliceStatus(seconds=4.5)
    assert opened(database).slice_status == reading.slice_status
    reading.record_redo()
    assert opened(database).slice_status[0].status == "signed off"


def test_mistakes_of_the_program_are_refused_and_leave_nothing(database: str) -> None:
    reading = opened(database)
    reading.record(label(reading, [9], 2))
    one, two = np.array([9]), np.array([3, 9])
    byte = np.array([2], np.uint8)
    wrong = [
        Action("before", (LayerChange("cac", one, np.array([5], np.uint8), byte),)),
        Action("layer", (LayerChange("bones", one, byte, byte),)),
        Action("twice", (LayerChange("cac", one, byte, byte),) * 2),
        Action("order", (LayerChange("car", two[::-1], byte.repeat(2) * 0, byte.repeat(2)),)),
        Action("outside", (LayerChange("car", one + 10**6, byte * 0, byte),)),
        Action("length", (LayerChange("car", two, byte, byte),)),
        Action("type", (LayerChange("car", one, byte.astype(int), byte),)),
        Action("status", (), {"slice_status": [slice_status_detail(0, "done")]}),
        Action("slice", (), {"slice_status": [slice_status_detail(6, "skipped")]}),
    ]
    for action in wrong:
        with pytest.raises(ValueError, match=r"."):
            reading.record(action)
    with pytest.raises(TypeError, match="JSON"):
        reading.record(Action("details", (), {"path": Path()}))
    reading.record_undo()
    for nothing_there in (reading.record_undo, lambda: reading.add_seconds(6, 1)):
        with pytest.raises(ValueError, match=r"."):
            nothing_there()
    with pytest.raises(ValueError, match="read-only"):
        reading.layers["cac"][0, 0, 0] = 1
    reading.record_redo()
    assert np.flatnonzero(opened(database).layers["cac"]).tolist() == [9]
    assert len(rows(database, EVENTS)) == 3


def test_names_and_shapes_that_will_not_do(database: str) -> None:
    reading = opened(database)
    reading.record(label(reading, [9], 2))
    store = LabelStore.open(database)
    for name, said in (("  ", "no name"), ("A\x00", "cannot be shown"), ("x" * 300, "too long")):
        with pytest.raises(CACError, match=said):
            store.reading("1.2.3", SHAPE, name, 1)
    with pytest.raises(CACError, match="round -1"):
        store.reading("1.2.3", SHAPE, "Anna", -1)
    with pytest.raises(CACError, match="made on 6 slices of 20 x 24, but it now has 7"):
        store.reading("1.2.3", (7, 20, 24), "Anna", 1)


def test_composed_and_decomposed_letters_are_one_name(database: str) -> None:
    reading = opened(database, "Zo\u00eb  M")
    reading.record(label(reading, [9], 2))
    assert opened(database, "Zoe\u0308 M").done
