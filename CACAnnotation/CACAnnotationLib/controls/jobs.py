"""Work that takes its time, as a panel shows it: one job at a time, never in the reader's way."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from CACScoringLib.errors import CACError

from ..export.written import new_folder
from ..jobs.process import FAILED, JobEnd, JobProcess
from ..jobs.requests import ExportRequest, JobRequest, RankRequest
from ..project.project import Project
from .hand import Say
from .model_control import Later
from .texts import duration_text
from .words import _


class JobControl:
    """Ranks, does rounds of learning, and exports, in a process of its own.

    Parameters
    ----------
    later
        Brings what the process says into the thread of the user interface.
    say
        Told what came of a job.
    changed
        Called whenever there is something else to show.
    python
        Interpreter; 3D Slicer's own program is none.
    """

    def __init__(
        self, later: Later, say: Say, changed: Callable[[], object], python: str = sys.executable
    ) -> None:
        self._later, self._say, self._changed, self._python = later, say, changed, python
        self._process: JobProcess | None = None
        self._number = 0
        self.request: JobRequest | None = None
        """What is under way, or was asked for last."""
        self.project: Project | None = None
        """Whose job that is."""
        self.stage: str | None = None
        """What is under way; None when nothing is."""
        self.done = self.total = 0
        """Steps of the stage, ``total`` 0 where nobody knows how many."""
        self.seconds_left: float | None = None
        """What the rest of the stage will take; None where nobody knows."""
        self.end: JobEnd | None = None
        """What came of the last job; None before the first, and while one is under way."""

    @property
    def busy(self) -> bool:
        """Whether a job is under way."""
        return self._process is not None

    @property
    def pid(self) -> int | None:
        """Number of the process that works; None when none does."""
        return self._process.pid if self._process is not None else None

    def start(self, project: Project, request: JobRequest) -> None:
        """Begin a job; returns at once.

        Raises
        ------
        CACError
            If one is under way, an export is to go into a folder that holds something, or no process can be
            started.
        """
        if self.busy:
            raise CACError(_("{job} is still under way: wait for it, or cancel it").format(job=self.title))
        if isinstance(request, ExportRequest):
            new_folder(Path(request.out))
        self._number += 1
        relay = _Relay(self, self._number, self._later)
        self._process = JobProcess(self._python, project.folder, request, relay)
        self.request, self.project, self.end = request, project, None
        self.stage, self.done, self.total, self.seconds_left = _("Starting"), 0, 0, None
        self._changed()

    def cancel(self) -> None:
        """Ask the job to end; it says when it has, after some seconds at most."""
        if self._process is not None:
            self._process.cancel()
            self.stage, self.done, self.total, self.seconds_left = _("Stopping"), 0, 0, None
            self._changed()

    def stop(self) -> None:
        """End the job because the panel closes, and hear no more of it."""
        self._number += 1
        if self._process is not None:
            self._process.stop()
            self._process = None
        self.stage = None

    @property
    def title(self) -> str:
        """What the job does, as a sentence begins."""
        if isinstance(self.request, RankRequest):
            return _("The ranking")
        return _("The export") if isinstance(self.request, ExportRequest) else _("The round of learning")

    @property
    def text(self) -> str:
        """What is under way, how far it is and how long it will take; empty when nothing is."""
        if self.stage is None:
            return ""
        said = _(self.stage)
        if self.total:
            said = _("{stage}: {done} of {total}").format(stage=said, done=self.done, total=self.total)
        if self.seconds_left is not None:
            said += _(", about {time} left").format(time=duration_text(self.seconds_left))
        return said

    def progress(self, job: int, stage: str, done: int, total: int, seconds_left: float | None) -> None:
        """Take in how a job gets on."""
        if job == self._number and self.stage != _("Stopping"):
            self.stage, self.done, self.total, self.seconds_left = stage, done, total, seconds_left
            self._changed()

    def ended(self, job: int, end: JobEnd) -> None:
        """Take in what came of a job."""
        if job != self._number:
            return
        self._process, self.stage, self.end = None, None, end
        if end.state == FAILED:
            self._say(_("{job} failed: {why}").format(job=self.title, why=end.text))
        else:
            self._say(end.text[:1].upper() + end.text[1:])
        self._changed()


class _Relay:
    """Hears a job in its thread, and tells the control in that of the user interface."""

    def __init__(self, control: JobControl, job: int, later: Later) -> None:
        self._control, self._job, self._later = control, job, later

    def progress(self, stage: str, done: int, total: int, seconds_left: float | None) -> None:
        self._later(lambda: self._control.progress(self._job, stage, done, total, seconds_left))

    def ended(self, end: JobEnd) -> None:
        self._later(lambda: self._control.ended(self._job, end))
