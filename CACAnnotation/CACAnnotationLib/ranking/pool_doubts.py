"""Doubts of the slices that are in a project's pool now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from CACScoringLib.errors import CACError
from CACScoringLib.scoring.protocol import ScoringProtocol
from CACScoringLib.scoring.risk import risk_scheme
from numpy.typing import NDArray

from ..project.pool import pool_of
from ..project.project import Project
from ..store.scan_register import ScanEntry
from .doubt_file import DoubtFile
from .known_scores import known_agatston
from .risk import expected_change
from .slice_doubts import SliceDoubt

Unreadable = Callable[[ScanEntry, CACError], object]
"""Told of a scan that cannot be read, and why."""


class UndoubtedPool:
    """All slices of the pool, of which nothing is known: what ``random`` needs.

    Parameters
    ----------
    project
        The project.
    """

    def __init__(self, project: Project) -> None:
        self._project = project

    def __iter__(self) -> Iterator[SliceDoubt]:
        for entry, slices in pool_of(self._project):
            for index in slices:
                yield SliceDoubt(entry.id, index)

    def features_of(self, slices: Iterable[SliceDoubt]) -> Sequence[NDArray[np.float32] | None]:
        """Return none."""
        return [None for _ in slices]


class DoubtedPool:
    """Slices of the pool that passes have gone over, scan by scan; slices signed off since are left out.

    Parameters
    ----------
    project, doubts
        What is in the pool, and what passes doubt.
    protocol, passes
        How passes were scored, and how many there were.
    risk
        Whether to work out what slices are worth to the score.
    unreadable
        Told of scans that are left out because their signed-off slices cannot be scored.
    """

    def __init__(
        self,
        project: Project,
        doubts: DoubtFile,
        protocol: ScoringProtocol,
        passes: int,
        *,
        risk: bool = False,
        unreadable: Unreadable | None = None,
    ) -> None:
        self._project, self._doubts = project, doubts
        self._protocol, self._passes = protocol, passes
        self._risk, self._unreadable = risk, unreadable

    def __iter__(self) -> Iterator[SliceDoubt]:
        for entry, slices in pool_of(self._project):
            yield from self.with_risk(entry, slices) if self._risk else self._doubts.of_scan(entry.id, slices)

    def features_of(self, slices: Iterable[SliceDoubt]) -> Sequence[NDArray[np.float32] | None]:
        """Features of slices; None where a slice has no candidates."""
        return self._doubts.features_of(slices)

    def with_risk(self, entry: ScanEntry, slices: Sequence[int]) -> list[SliceDoubt]:
        """Return the doubts of a scan's slices in the pool, with what each is worth to the score."""
        doubts = self._doubts.of_scan(entry.id, slices)
        agatston = self._doubts.agatston_of_scan(entry.id, slices, self._passes)
        if not agatston.any():
            return [each._replace(risk_change=0.0, agatston_change=0.0) for each in doubts]
        known = 0.0
        if len(slices) < entry.slices:
            try:
                known = known_agatston(self._project, entry, self._protocol, self._doubts)
            except CACError as error:
                if self._unreadable is not None:
                    self._unreadable(entry, error)
                return []
        change = expected_change(agatston, known, risk_scheme(self._protocol.risk_scheme))
        place = {index: row for row, index in enumerate(slices)}
        return [
            each._replace(
                risk_change=float(change.risk[place[each.slice_index]]),
                agatston_change=float(change.agatston[place[each.slice_index]]),
            )
            for each in doubts
        ]
