"""A job in a process of its own on this machine, as whoever asked for it sees it."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from CACScoringLib.errors import CACError, os_reason

from ..module_process import start_module
from ..proposing.messages import received, send
from .requests import ExportRequest, JobRequest, fields_of

DONE, FAILED, CANCELLED = "done", "failed", "cancelled"
PATIENCE_S = 10.0
"""So long a job that was cancelled may take to end by itself."""


class JobEnd(NamedTuple):
    """What came of a job.

    Parameters
    ----------
    state
        ``"done"``, ``"failed"`` or ``"cancelled"``.
    text
        A sentence for the reader.
    round
        Round of the queue that it started; None if it started none.
    """

    state: str
    text: str
    round: int | None = None


class JobListener(Protocol):
    """Told how a job gets on, from a thread of its own."""

    def progress(self, stage: str, done: int, total: int, seconds_left: float | None) -> None:
        """Something is under way; ``total`` is 0 and ``seconds_left`` None where nobody knows."""

    def ended(self, end: JobEnd) -> None:
        """It is over; nothing more will be told."""


class JobProcess:
    """A job that has begun.

    Parameters
    ----------
    python
        Interpreter; 3D Slicer's own program is none.
    project
        Folder of the project.
    request
        What to do.
    listener
        Told how it gets on.
    patience_s
        So long the job may take to end once it is cancelled, before it is ended.

    Raises
    ------
    CACError
        If no process can be started.
    """

    def __init__(
        self,
        python: str,
        project: Path,
        request: JobRequest,
        listener: JobListener,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._request, self._listener, self._patience_s = request, listener, patience_s
        self._cancelled = False
        try:
            self._process = start_module("CACAnnotationLib.jobs.worker", python)
        except OSError as error:
            raise CACError(f"no process can be started for this: {os_reason(error)}") from error
        self._tell("job", project=str(project), request=fields_of(request))
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    def cancel(self) -> None:
        """Ask the job to end, and end it if it does not; returns at once."""
        if not self._cancelled:
            self._cancelled = True
            self._tell("cancel")
            self._end_after(self._patience_s)

    def stop(self) -> None:
        """Let the job end because nobody waits for it any more; returns at once."""
        self._cancelled = True
        with contextlib.suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        self._end_after(self._patience_s)

    def _end_after(self, seconds: float) -> None:
        def end() -> None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
            self._process.kill()

        threading.Thread(target=end, daemon=True).start()

    def _tell(self, kind: str, **fields: Any) -> None:
        """Send a message; that the process is gone finds out, and says, the thread that reads."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            send(self._process.stdin, kind, **fields)

    def _read(self) -> None:
        """Pass on what the process says, until it has ended."""
        assert self._process.stdout is not None
        end: JobEnd | None = None
        for line in self._process.stdout:
            with contextlib.suppress(ValueError):
                message = received(line)
                if message["kind"] == "progress":
                    self._hear(message)
                else:
                    end = JobEnd(message["kind"], message["text"], message.get("round"))
        code = self._process.wait()
        self._listener.ended(end or self._without_a_word(code))

    def _hear(self, message: Mapping[str, Any]) -> None:
        self._listener.progress(message["stage"], message["done"], message["total"], message["seconds_left"])

    def _without_a_word(self, code: int) -> JobEnd:
        if self._cancelled:
            return JobEnd(CANCELLED, "stopped; what was done stays done")
        again = "start it again: it goes on where it was"
        if isinstance(self._request, ExportRequest):
            again = "export again, into another folder"
        return JobEnd(
            FAILED,
            f"the process that worked at it has ended (code {code}), by lack of memory perhaps; {again}",
        )
