"""A reader made of truth: labels slices through the session that people use, click by click."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.schemes import OTHER, UNLABELLED
from CACScoringLib.scoring.protocol import ScoringProtocol
from numpy.typing import NDArray

from ..project.project import Project
from ..session.proposal import ProposedLabels
from ..session.session import AnnotationSession
from ..store.reading_kinds import OWN
from ..store.scan_register import ScanEntry
from .artery_strokes import (
    FARTHEST_CONTOUR_MM,
    NEAREST_CONTOUR_MM,
    artery_contours,
    artery_scribbles,
)
from .calcium_hand import CalciumAction, act, calcium_actions
from .mistakes import Mistakes
from .simulated_clock import ActionSeconds, SimulatedClock
from .truth import ScanTruth

ACCEPTABLE_F1 = 0.5
"""Proposed regions of a slice are accepted if the F1 of their artery pixels is at least this: MTAL's own
reach 0.45 to 0.47 on whole scans (Table 2)."""
_NOTHING_MM = 2.0
"""Radius of the brush with which OTHER is scribbled."""


@dataclass(frozen=True)
class SimulatedReader:
    """Labels calcium and regions of slices as the truth has them, or nearly so.

    A slice gets a click for each lesion in it that has no label yet, brush strokes where a lesion spans
    several arteries, a scribble along each artery and contours around them, or, without an artery, a scribble
    of OTHER; then it is signed off, with the rest as OTHER. Regions are drawn without mistakes.

    Parameters
    ----------
    name
        Of the reader.
    mistakes
        How often calcium is mistaken.
    seconds
        How long actions take.
    """

    name: str = "Simulated"
    mistakes: Mistakes = field(default_factory=Mistakes)
    seconds: ActionSeconds = field(default_factory=ActionSeconds)

    def label(
        self,
        project: Project,
        entry: ScanEntry,
        scan: CTScan,
        slices: Sequence[int],
        truth: ScanTruth,
        proposal: ProposedLabels | None = None,
    ) -> None:
        """Label and sign off slices of a scan.

        Parameters
        ----------
        project, entry, scan
            Which scan.
        slices
            Slice indices, in the order in which they are read.
        truth
            Of the scan.
        proposal
            What a model proposes for it; what is right of it is accepted, and the rest corrected.

        Raises
        ------
        CACError
            If labels cannot be stored.
        """
        clock = SimulatedClock()
        reading = project.store.reading(entry.series, entry.shape, self.name, OWN)
        protocol = ScoringProtocol(keep_lm_apart=project.with_lm)
        session = AnnotationSession(scan, reading, project.scheme, protocol, order=slices, now=clock)
        if proposal is not None:
            session.proposals.show(proposal)
        wanted = self.mistakes.seen(truth.cac, session.desk.candidates, entry.series, project.scheme)
        hand = _Hand(self, session, clock, entry.series, ScanTruth(wanted, truth.car))
        for slice_index in slices:
            hand.label(slice_index)
        session.close()


class _Hand:
    """Works on one scan."""

    def __init__(
        self,
        reader: SimulatedReader,
        session: AnnotationSession,
        clock: SimulatedClock,
        series: str,
        seen: ScanTruth,
    ) -> None:
        self._seconds, self._session, self._clock = reader.seconds, session, clock
        self._seen, self._seed = seen, (reader.mistakes.seed, zlib.crc32(series.encode()))

    def label(self, slice_index: int) -> None:
        """Label a slice and sign it off."""
        session = self._session
        session.slices.show(slice_index)
        self._pass(self._seconds.look)
        self._accept_what_helps(slice_index)
        for action in self._calcium_actions(session.desk.layers["cac"][slice_index], slice_index):
            act(session, action)
            self._pass(self._seconds.stroke if action.reach is None else self._seconds.click)
        if not session.regions.has_regions(slice_index):
            self._draw(slice_index)
        session.slices.sign_off(slice_index, rest_is_other=True)

    def _accept_what_helps(self, slice_index: int) -> None:
        """Accept a proposal if its regions will do, or its calcium takes less correcting than labelling."""
        session = self._session
        calcium, regions = session.proposals.pending(slice_index)
        good_regions = bool(regions.any()) and self._acceptable(regions, slice_index)
        if good_regions or self._less_to_do_with(calcium, slice_index):
            if not good_regions:
                self._draw(slice_index)  # regions that a slice has are no longer proposed
            session.proposals.accept(slice_index)
            self._pass(self._seconds.click)

    def _acceptable(self, regions: NDArray[np.uint8], slice_index: int) -> bool:
        other = self._session.desk.scheme[OTHER].value
        truth = self._seen.car[slice_index]
        right, true, proposed = (
            float(np.count_nonzero(each))
            for each in ((regions == truth) & (truth > other), truth > other, regions > other)
        )
        return true + proposed == 0 or 2 * right / (true + proposed) >= ACCEPTABLE_F1

    def _less_to_do_with(self, calcium: NDArray[np.uint8], slice_index: int) -> bool:
        """Whether less is to be done in a slice after a proposal is accepted, its own click counted."""
        now = self._session.desk.layers["cac"][slice_index]
        after = np.where(now == UNLABELLED, calcium, now)
        left, without = (len(self._calcium_actions(each, slice_index)) for each in (after, now))
        return left + 1 < without

    def _calcium_actions(self, labels: NDArray[np.uint8], slice_index: int) -> list[CalciumAction]:
        return calcium_actions(self._session.desk, labels, self._seen.cac, slice_index)

    def _draw(self, slice_index: int) -> None:
        session = self._session
        names = {label.value: label.name for label in session.desk.scheme.labels}
        pixel_mm = session.desk.scan.geometry.spacing_mm[:2]
        regions = self._seen.car[slice_index]
        scribbles = artery_scribbles(regions, pixel_mm)
        if not scribbles:
            rows, columns = regions.shape
            across = [(columns / 3, rows / 2), (2 * columns / 3, rows / 2)]
            session.regions.scribble(slice_index, across, _NOTHING_MM, OTHER)
            self._pass(self._seconds.stroke)
        for each in scribbles:
            session.regions.scribble(slice_index, each.path, each.radius_mm, names[each.value])
            self._pass(self._seconds.stroke)
        rng = np.random.default_rng((*self._seed, slice_index))
        gap_mm = float(rng.uniform(NEAREST_CONTOUR_MM, FARTHEST_CONTOUR_MM))
        for line in artery_contours(regions, pixel_mm, gap_mm):
            session.regions.contour(slice_index, line)
            self._pass(self._seconds.contour)

    def _pass(self, seconds: float) -> None:
        self._clock.move(seconds)
        self._session.slices.clock.active()
