"""What the steps of a round share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..project.project import Project
from .outcome import ROUNDS_NAME
from .plan import RoundPlan


@dataclass(frozen=True)
class Steps:
    """A round at work.

    Parameters
    ----------
    project, plan
        Of which project, and how.
    folder
        What the round leaves behind.
    progress, cancelled, tell
        As of :func:`~.run.run_round`.
    """

    project: Project
    plan: RoundPlan
    folder: Path
    progress: Callable[[str, int, int], object]
    cancelled: Callable[[], bool] | None
    tell: Callable[[str], object]

    @property
    def cache(self) -> Path:
        """Folder of slices that all rounds share."""
        return self.project.folder / ROUNDS_NAME / "slices"
