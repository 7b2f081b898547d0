"""The figures of a run for TensorBoard, where it is installed."""

from __future__ import annotations

import importlib.util
import io
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from CACScoringLib.errors import CACError, os_reason
from CACScoringLib.whole_files import write_whole

from .history import Row

TENSORBOARD_NAME = "tensorboard"


class TensorBoardLog:
    """Writes a file of events each time a run starts or goes on; it begins with the epochs before.

    PyTorch's writer does this in a thread, and a disk that fills up makes the thread print a traceback.

    Parameters
    ----------
    folder
        Of the run.
    history
        The epochs before.
    """

    def __init__(self, folder: Path, history: Sequence[Row]) -> None:
        self._path: Path | None = None
        if importlib.util.find_spec("tensorboard") is None:
            return
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog

        place = folder / TENSORBOARD_NAME
        # the number makes TensorBoard read the files in their order
        self._path = place / f"events.out.tfevents.{len(list(place.glob('events.out.tfevents.*'))):04}"
        # what earlier files say of epoch 1 and all after it is void
        start = Event(wall_time=time.time(), step=1, session_log=SessionLog(status=SessionLog.START))
        version = Event(wall_time=time.time(), file_version="brain.Event:2")
        write_whole(self._path, _records([version, start, *map(_event, history)]))

    def add(self, row: Row) -> None:
        """Add an epoch."""
        if self._path is None:
            return
        try:
            with self._path.open("ab") as file:
                file.write(_records([_event(row)]))
        except OSError as error:
            raise CACError(
                f"cannot write {self._path}: {os_reason(error)}; make room and run the same command again"
            ) from error


def _event(row: Row) -> Any:
    """All figures of an epoch; undefined ones are left out."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

    values = [
        Summary.Value(tag=_tag(name), simple_value=value)
        for name, value in row.items()
        if name != "epoch" and value == value
    ]
    return Event(wall_time=time.time(), step=int(row["epoch"]), summary=Summary(value=values))


def _tag(name: str) -> str:
    """Name of a figure under the heading that TensorBoard shows it under."""
    figure = name.removeprefix("validation_")
    return f"training/{name}" if figure == name else f"validation/{figure}"


def _records(events: Sequence[Any]) -> bytes:
    from tensorboard.summary.writer.record_writer import RecordWriter

    written = io.BytesIO()
    writer = RecordWriter(written)
    for event in events:
        writer.write(event.SerializeToString())
    return written.getvalue()
