"""Events of a reading in their order, each with the slice that it was about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection

from ..store.actions import LayerChange
from ..store.history import DO, UNDO
from ..store.reading_rows import Event, read_event, read_steps


class ReadEvent(NamedTuple):
    """An event.

    Parameters
    ----------
    step
        ``"do"``, ``"undo"`` or ``"redo"``.
    event
        What was done, undone or done again.
    stands
        Whether it is among what was done and not taken back in the end.
    """

    step: str
    event: Event
    stands: bool


def read_events(connection: Connection, reading_id: int, known: int) -> Iterator[ReadEvent]:
    """All events of a reading up to number ``known``, one in memory at a time."""
    steps = read_steps(connection, reading_id, known)
    standing: set[int] = set()
    for number, step, of_event in steps:
        if step == UNDO:
            standing.discard(of_event or 0)
        else:
            standing.add(of_event or number)
    for number, step, of_event in steps:
        about = of_event or number
        event = read_event(connection, reading_id, about)
        yield ReadEvent(step, event, step == DO and about in standing)


def slices_of(event: Event, shape: tuple[int, int, int]) -> set[int]:
    """Slices that an event names, or, if it names none, changes."""
    named = event.details.get("slice")
    if named is not None:
        return {int(named)}
    return {index for change in event.changes for index in change.parts(shape)}


def change_of(event: Event, layer: str) -> LayerChange | None:
    """What an event changes in a layer."""
    return next((change for change in event.changes if change.layer == layer), None)
