"""Rows of a reading: its events, labels, statuses and times, as SQL that every database understands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Connection, Engine, and_, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from .actions import LayerChange
from .history import Step
from .packing import damaged_labels, pack_changes, unpack_changes
from .schema import EVENTS, READINGS, SLICE_LABELS, SLICE_STATUS, SLICE_TIMES
from .slice_status import UNTOUCHED, SliceStatus, StatusChange

if TYPE_CHECKING:
    from .stored_reading import ReadingKey


# Statements of every action are made once: to make them takes longer than the database does.
_COUNT_EVENT = (
    update(READINGS)
    .where(READINGS.c.id == bindparam("of_reading"), READINGS.c.events == bindparam("known"))
    .values(events=READINGS.c.events + 1)
)
_ADD_EVENT = insert(EVENTS)
_READ_EVENT = select(EVENTS).where(
    EVENTS.c.reading_id == bindparam("of_reading"), EVENTS.c.number == bindparam("of_number")
)
_DROP_LABELS = delete(SLICE_LABELS).where(
    SLICE_LABELS.c.reading_id == bindparam("of_reading"),
    SLICE_LABELS.c.layer == bindparam("of_layer"),
    SLICE_LABELS.c.slice_index == bindparam("of_slice"),
)
_ADD_LABELS = insert(SLICE_LABELS)
_DROP_STATUS = delete(SLICE_STATUS).where(
    SLICE_STATUS.c.reading_id == bindparam("of_reading"), SLICE_STATUS.c.slice_index == bindparam("of_slice")
)
_ADD_STATUS = insert(SLICE_STATUS)


@dataclass(frozen=True, eq=False)
class Event:
    """One line of a reading's history; undo and redo hold no changes, they name the event that does.

    Parameters
    ----------
    step
        ``"do"``, ``"undo"`` or ``"redo"``.
    of_event
        Number of the event that is undone or redone.
    kind, details, changes
        As in :class:`~.actions.Action`.
    statuses
        Slices that change their status, as it is after this event.
    """

    step: str
    of_event: int | None
    kind: str
    details: Mapping[str, Any]
    statuses: tuple[StatusChange, ...]
    changes: tuple[LayerChange, ...]


def now_utc() -> datetime:
    """Return the time in UTC, without a zone: not every database keeps one."""
    return datetime.now(timezone.utc).replace(tzinfo=None)


def find_reading(connection: Connection, key: ReadingKey) -> tuple[int, int, tuple[int, int, int]] | None:
    """Return id, number of events and shape of a reading; None if nothing was recorded yet."""
    found = connection.execute(select(READINGS).where(_is(key))).first()
    return None if found is None else (found.id, found.events, (found.slices, found.rows, found.columns))


def make_reading(engine: Engine, key: ReadingKey, shape: tuple[int, int, int]) -> int:
    """Return the id of a reading's row; it is made unless another process was quicker."""
    slices, rows, columns = shape
    try:
        with engine.begin() as connection:
            connection.execute(
                insert(READINGS).values(
                    series=key.series,
                    reader=key.reader,
                    round=key.round,
                    slices=slices,
                    rows=rows,
                    columns=columns,
                    events=0,
                )
            )
    except IntegrityError:
        pass
    with engine.connect() as connection:
        return int(connection.execute(select(READINGS.c.id).where(_is(key))).scalar_one())


def add_event(
    connection: Connection, reading_id: int, known: int, key: ReadingKey, event: Event, at: datetime
) -> bool:
    """Add an event to the ``known`` ones; False, and nothing is written, where there are others by now.

    This must be the first statement of its transaction: it takes the right to write before anything is read.
    """
    counted = connection.execute(_COUNT_EVENT, {"of_reading": reading_id, "known": known})
    if counted.rowcount != 1:
        return False
    row = {
        "reading_id": reading_id,
        "number": known + 1,
        "at": at,
        "reader": key.reader,
        "round": key.round,
        **_content(event),
    }
    connection.execute(_ADD_EVENT, row)
    return True


def is_last_event(connection: Connection, reading_id: int, number: int, event: Event, at: datetime) -> bool:
    """Tell whether a reading's last event is this one, made at this time."""
    if connection.scalar(select(READINGS.c.events).where(READINGS.c.id == reading_id)) != number:
        return False
    found = connection.execute(_READ_EVENT, {"of_reading": reading_id, "of_number": number}).mappings().one()
    return found["at"] == at and all(found[name] == value for name, value in _content(event).items())


def read_event(connection: Connection, reading_id: int | None, number: int) -> Event:
    """Read one event."""
    found = connection.execute(_READ_EVENT, {"of_reading": reading_id, "of_number": number}).first()
    if found is None:
        raise damaged_labels()
    return Event(
        found.step,
        found.of_event,
        found.kind,
        json.loads(found.details),
        tuple(StatusChange(*each) for each in json.loads(found.statuses)),
        unpack_changes(found.changes) if found.changes else (),
    )


def read_steps(connection: Connection, reading_id: int | None, known: int) -> list[Step]:
    """Read which events there are, up to number ``known``, in their order, without what they changed."""
    found = connection.execute(
        select(EVENTS.c.number, EVENTS.c.step, EVENTS.c.of_event)
        .where(EVENTS.c.reading_id == reading_id, EVENTS.c.number <= known)
        .order_by(EVENTS.c.number)
    )
    return [(number, step, of_event) for number, step, of_event in found]


def read_slices(connection: Connection, reading_id: int | None) -> Iterator[tuple[str, int, bytes]]:
    """Layer, slice index and packed labels of every slice that has labels."""
    table = SLICE_LABELS.c
    found = connection.execute(
        select(table.layer, table.slice_index, table.labels).where(table.reading_id == reading_id)
    )
    yield from ((layer, index, blob) for layer, index, blob in found)


def write_slices(
    connection: Connection, reading_id: int, blobs: Mapping[tuple[str, int], bytes | None]
) -> None:
    """Replace packed labels by layer and slice index; None where a slice has no labels any more."""
    if not blobs:
        return
    keys = [{"of_reading": reading_id, "of_layer": layer, "of_slice": index} for layer, index in blobs]
    connection.execute(_DROP_LABELS, keys)
    kept = [
        {"reading_id": reading_id, "layer": layer, "slice_index": index, "labels": blob}
        for (layer, index), blob in blobs.items()
        if blob is not None
    ]
    if kept:
        connection.execute(_ADD_LABELS, kept)


def read_statuses(connection: Connection, reading_id: int | None) -> dict[int, SliceStatus]:
    """Read status, note and seconds of every slice that has any, by slice index."""
    table, times = SLICE_STATUS.c, SLICE_TIMES.c
    statuses = {
        index: SliceStatus(status, note)
        for index, status, note in connection.execute(
            select(table.slice_index, table.status, table.note).where(table.reading_id == reading_id)
        )
    }
    seconds = connection.execute(
        select(times.slice_index, func.sum(times.seconds))
        .where(times.reading_id == reading_id)
        .group_by(times.slice_index)
    )
    for index, total in seconds:
        known = statuses.get(index, SliceStatus())
        statuses[index] = SliceStatus(known.status, known.note, float(total))
    return statuses


def write_statuses(connection: Connection, reading_id: int, statuses: tuple[StatusChange, ...]) -> None:
    """Replace the status of slices; an untouched slice has no row."""
    if not statuses:
        return
    keys = [{"of_reading": reading_id, "of_slice": each.slice_index} for each in statuses]
    connection.execute(_DROP_STATUS, keys)
    kept = [
        {
            "reading_id": reading_id,
            "slice_index": each.slice_index,
            "status": each.status_after,
            "note": each.note_after,
        }
        for each in statuses
        if (each.status_after, each.note_after) != (UNTOUCHED, "")
    ]
    if kept:
        connection.execute(_ADD_STATUS, kept)


def add_seconds(connection: Connection, reading_id: int, slice_index: int, seconds: float) -> None:
    """Note a time spent on a slice."""
    connection.execute(
        insert(SLICE_TIMES).values(
            reading_id=reading_id, slice_index=slice_index, at=now_utc(), seconds=seconds
        )
    )


def _content(event: Event) -> dict[str, Any]:
    """What an event's row says beside whose it is and when it was."""
    return {
        "step": event.step,
        "of_event": event.of_event,
        "kind": event.kind,
        "details": _json(event.details),
        "statuses": _json(event.statuses),
        "changes": pack_changes(event.changes) if event.changes else None,
    }


def _is(key: ReadingKey) -> Any:
    table = READINGS.c
    return and_(table.series == key.series, table.reader == key.reader, table.round == key.round)


def _json(value: Any) -> str:
    return json.dumps(value, default=_plain, ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"details of an action hold a {type(value).__name__}, which JSON cannot")
