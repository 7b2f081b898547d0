"""A process with Slicer core of its own for one reader."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import sys
import time
from pathlib import Path

from CACScoringLib.errors import CACError

KEY_HEADER = "X-CAC-Key"
"""Header by which a process knows that a request came through the gate."""
_WORKER = "CACAnnotationLib.workbench.worker"
_END_WITHIN_S = 10.0


class ReaderProcess:
    """Starts a process, knows where it listens, and ends it.

    It listens on a port of this machine, which others on it can reach, and answers only who knows its key.
    It ends by itself when its standard input does: no process is left behind if this one is killed.

    Parameters
    ----------
    project
        Folder of the project.
    """

    def __init__(self, project: Path) -> None:
        self.key = secrets.token_urlsafe(24)
        self.last_used = time.monotonic()
        self._project = project
        self._port: asyncio.Task[int] = asyncio.create_task(self._start())
        self._process: asyncio.subprocess.Process | None = None

    @property
    def ready(self) -> bool:
        """Whether it listens."""
        return self._port.done() and not self._port.cancelled() and self._port.exception() is None

    @property
    def gone(self) -> bool:
        """Whether it has ended, or never began."""
        if self._process is not None and self._process.returncode is not None:
            return True
        return self.failed

    @property
    def failed(self) -> bool:
        """Whether it has ended before it listened."""
        return self._port.done() and not self.ready

    async def port(self) -> int:
        """Wait until it listens, and return where.

        Raises
        ------
        CACError
            If it ended before.
        """
        return await asyncio.shield(self._port)

    async def stop(self) -> None:
        """End it, and wait for that; labels are stored before."""
        self._port.cancel()
        process = self._process
        if process is None or process.returncode is not None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), _END_WITHIN_S)
        except asyncio.TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _start(self) -> int:
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            _WORKER,
            str(self._project),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{self.key}\n".encode())
        async for line in process.stdout:
            word, _space, port = line.decode(errors="replace").strip().partition(" ")
            if word == "listening":
                return int(port)
        raise CACError("the workbench ended before it had begun")
