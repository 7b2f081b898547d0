"""One reader's labels of one scan in one round, as they are on the disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from CACScoringLib.errors import CACError
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine

from . import reading_rows as rows
from .actions import LAYERS, Action, LayerChange, check_action
from .history import DO, REDO, UNDO, History
from .packing import pack_slice, unpack_slice
from .plain_errors import plain_errors
from .slice_status import SliceStatus, StatusChange, status_changes


@dataclass(frozen=True)
class ReadingKey:
    """Which reading: a label belongs to a series, a reader and a round."""

    series: str
    reader: str
    round: int


class StoredReading:
    """Labels of one series, reader and round; made by :meth:`~.label_store.LabelStore.reading`.

    When :meth:`record`, :meth:`record_undo` or :meth:`record_redo` returns, the action is on the disk. If it
    raises a :class:`CACError` nothing has changed, neither on the disk nor here, and it may be called again.

    Parameters
    ----------
    engine, place
        The database, and what messages call it.
    key
        Which reading.
    shape
        Slices, rows and columns of the scan.
    """

    def __init__(self, engine: Engine, place: str, key: ReadingKey, shape: tuple[int, int, int]) -> None:
        self.series, self.reader, self.round = key.series, key.reader, key.round
        self.shape = shape
        self._engine, self._place, self._key = engine, place, key
        self._arrays = {layer: np.zeros(shape, np.uint8) for layer in LAYERS}
        self.layers: dict[str, NDArray[np.uint8]] = {}
        """Layers after the last recorded action, ``[slice, row, column]``; only recording changes them."""
        for layer, array in self._arrays.items():
            self.layers[layer] = array.view()
            self.layers[layer].flags.writeable = False
        self.slice_status = [SliceStatus()] * shape[0]
        """Status, note and seconds of every slice, by slice index."""
        self._history: History | None = None
        # When the step was tried of which nobody has said that it is on the disk.
        self._tried: datetime | None = None
        with plain_errors(place), engine.connect() as connection:
            self._load(connection)

    @property
    def done(self) -> Sequence[Action]:
        """Actions that can be undone, oldest first; actions are read from the disk as they are asked for."""
        return self._stacks.done

    @property
    def undone(self) -> Sequence[Action]:
        """Actions that can be redone, the one undone last at the end."""
        return self._stacks.undone

    def record(self, action: Action) -> None:
        """Put an action on the disk and then on the layers.

        Raises
        ------
        CACError
            If the database cannot be written, or the reading was changed elsewhere since it was opened.
        ValueError
            If the action does not fit the scan, or says that voxels were other than they are.
        """
        check_action(action, self.shape)
        history = self._stacks
        for change in action.changes:
            if not np.array_equal(self._arrays[change.layer].reshape(-1)[change.voxels], change.before):
                raise ValueError(
                    f"'{action.kind}' says that voxels of '{change.layer}' are what they are not"
                )
        touched = {index for change in action.changes for index in change.parts(self.shape)}
        statuses = status_changes(action, touched, self.slice_status)
        event = rows.Event(DO, None, action.kind, action.details, statuses, action.changes)
        self._commit(event, action.changes, statuses)
        history.did(self._events, action)

    def record_undo(self) -> None:
        """Take back the last action of :attr:`done`, as an event of its own. Errors as :meth:`record`."""
        if not self.done:
            raise ValueError("there is nothing to undo")
        self._revert_or_repeat(UNDO, self._stacks.done.numbers[-1])
        self._stacks.undid()

    def record_redo(self) -> None:
        """Do the last action of :attr:`undone` again, as an event of its own. Errors as :meth:`record`."""
        if not self.undone:
            raise ValueError("there is nothing to redo")
        self._revert_or_repeat(REDO, self._stacks.undone.numbers[-1])
        self._stacks.redid()

    def add_seconds(self, slice_index: int, seconds: float) -> None:
        """Add to the time spent on a slice, in seconds."""
        if not (0 <= slice_index < self.shape[0] and np.isfinite(seconds) and seconds >= 0):
            raise ValueError(f"{seconds} s on slice {slice_index} of {self.shape[0]} is impossible")
        with plain_errors(self._place):
            reading_id = self._row()
            with self._engine.begin() as connection:
                rows.add_seconds(connection, reading_id, slice_index, float(seconds))
        status = self.slice_status[slice_index]
        self.slice_status[slice_index] = replace(status, seconds=status.seconds + float(seconds))

    @property
    def _stacks(self) -> History:
        if self._history is None:
            with plain_errors(self._place), self._engine.connect() as connection:
                steps = rows.read_steps(connection, self._id, self._events)
            self._history = History(steps, self._read_action)
        return self._history

    def _read_action(self, number: int) -> Action:
        with plain_errors(self._place), self._engine.connect() as connection:
            event = rows.read_event(connection, self._id, number)
        return Action(event.kind, event.changes, event.details)

    def _load(self, connection: Connection) -> None:
        # The count of events comes first: if labels are newer than it, the next recording is refused.
        self._id: int | None
        self._id, self._events, shape = rows.find_reading(connection, self._key) or (None, 0, self.shape)
        if shape != self.shape:
            raise CACError(
                "the labels of this scan were made on {} slices of {} x {}, but it now has {} of {} x {}; "
                "put the scan back as it was".format(*shape, *self.shape)
            )
        for layer, index, blob in rows.read_slices(connection, self._id):
            unpack_slice(blob, self._arrays[layer][index])
        for index, status in rows.read_statuses(connection, self._id).items():
            self.slice_status[index] = status

    def _row(self) -> int:
        """Id of this reading's row, which the first thing that is recorded makes."""
        if self._id is None:
            self._id = rows.make_reading(self._engine, self._key, self.shape)
        return self._id

    def _revert_or_repeat(self, step: str, number: int) -> None:
        with plain_errors(self._place), self._engine.connect() as connection:
            of_event = rows.read_event(connection, self._id, number)
        changes, statuses = of_event.changes, of_event.statuses
        if step == UNDO:
            changes = tuple(change.reversed() for change in changes)
            statuses = tuple(status.reversed() for status in statuses)
        self._commit(rows.Event(step, number, step, {}, statuses, ()), changes, statuses)

    def _commit(
        self, event: rows.Event, changes: tuple[LayerChange, ...], statuses: tuple[StatusChange, ...]
    ) -> None:
        """Write event, labels and statuses in one transaction; memory follows once the disk has them."""
        blobs: dict[tuple[str, int], bytes | None] = {}
        for change in changes:
            for index, labels in self._slices_after(change).items():
                blobs[change.layer, index] = pack_slice(labels) if labels.any() else None
        with plain_errors(self._place):
            reading_id, at = self._row(), rows.now_utc()
            with self._engine.begin() as connection:
                if rows.add_event(connection, reading_id, self._events, self._key, event, at):
                    self._tried = at
                    rows.write_slices(connection, reading_id, blobs)
                    rows.write_statuses(connection, reading_id, statuses)
                elif not self._is_stored(connection, reading_id, event):
                    raise CACError(
                        f"since it was opened here this scan was labelled elsewhere, as {self.reader} in "
                        f"round {self.round}; the last step was not stored: close the scan and open it again"
                    )
        self._tried = None
        self._events += 1
        for change in changes:
            self._arrays[change.layer].reshape(-1)[change.voxels] = change.after
        for each in statuses:
            current = self.slice_status[each.slice_index]
            self.slice_status[each.slice_index] = replace(
                current, status=each.status_after, note=each.note_after
            )

    def _is_stored(self, connection: Connection, reading_id: int, event: rows.Event) -> bool:
        """Tell whether a step that seemed to fail, and is done again, had reached the disk after all.

        A connection to a server may break when all is written, before the server has said so.
        """
        return self._tried is not None and rows.is_last_event(
            connection, reading_id, self._events + 1, event, self._tried
        )

    def _slices_after(self, change: LayerChange) -> dict[int, NDArray[np.uint8]]:
        """Slices that a change touches as they are after it, by slice index."""
        size = self.shape[1] * self.shape[2]
        after = {}
        for index, part in change.parts(self.shape).items():
            labels = self._arrays[change.layer][index].copy()
            labels.reshape(-1)[change.voxels[part] - index * size] = change.after[part]
            after[index] = labels
        return after
