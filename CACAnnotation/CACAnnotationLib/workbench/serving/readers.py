"""Which reader has which process."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from CACScoringLib.errors import CACError

from .reader_process import ReaderProcess

MOST_READERS = 16
"""At once; each takes about half a gigabyte with a scan open."""
_IDLE_S = 30 * 60
"""So long after a reader has left, or a laptop was closed, the process waits for a reload."""


class Readers:
    """Starts a process for each session, ends those that nobody uses.

    Parameters
    ----------
    project
        Folder of the project.
    """

    def __init__(self, project: Path) -> None:
        self._project = project
        self._processes: dict[str, ReaderProcess] = {}
        self._spare: ReaderProcess | None = None

    def prepare(self) -> None:
        """Start a process for the reader who comes first: Slicer core takes seconds to load."""
        self._spare = ReaderProcess(self._project)

    def process_of(self, session: str) -> ReaderProcess:
        """Return the process of a session, started if there is none any more.

        Raises
        ------
        CACError
            If as many readers as one machine bears are here already.
        """
        process = self._processes.get(session)
        if process is not None and process.failed:
            # Said once; who loads the page again tries again.
            del self._processes[session]
            raise CACError("the workbench could not start; what is wrong stands where it was started")
        if process is None or process.gone:
            running = sum(not each.gone for each in self._processes.values())
            if running >= MOST_READERS:
                raise CACError(f"{running} readers are at work here; come back when one of them has left")
            process, self._spare = self._spare, None
            if process is None or process.gone:
                process = ReaderProcess(self._project)
            self._processes[session] = process
        process.last_used = time.monotonic()
        return process

    async def end_idle(self, in_use: set[str]) -> None:
        """End processes of sessions that have been away for long.

        Parameters
        ----------
        in_use
            Sessions with an open page.
        """
        now = time.monotonic()
        for session, process in tuple(self._processes.items()):
            if session in in_use:
                process.last_used = now
            elif process.gone or now - process.last_used > _IDLE_S:
                del self._processes[session]
                await process.stop()

    async def stop(self) -> None:
        """End all."""
        processes = [*self._processes.values(), *([self._spare] if self._spare is not None else [])]
        await asyncio.gather(*(each.stop() for each in processes))
