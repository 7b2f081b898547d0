"""Where passes doubt a proposal: its lesions, and candidates that might be calcium though it says OTHER."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...scans.ct_scan import CTScan
from ...schemes import OTHER, label_scheme
from ...scoring.protocol import ScoringProtocol
from ...scoring.scores import LesionScore, score_scan
from ..proposed_lesions import proposed_lesions
from ..uncertainty import Uncertainty
from .gathered_passes import GatheredPasses
from .proposal import Proposal
from .threshold import label_at_threshold

POSSIBLE = 0.1
"""A candidate voxel with less chance to be coronary calcium is left to OTHER without asking."""
DOUBTFUL = 0.1
"""A lesion whose labels are wrong with less chance than this need not be shown to a reader."""
MOST_LISTED = 50
"""Of a network that knows nothing, thousands of candidates are doubtful; no reader looks at more."""


class LesionDoubt(NamedTuple):
    """What passes say of some voxels together; voxels that are no candidates of the network do not count.

    Parameters
    ----------
    doubt
        Chance that the proposal's label of one of its voxels is wrong, 0 to 1.
    labels
        Share of passes' votes that each label has, those with any, OTHER included.
    uncertainty
        Means over the voxels.
    """

    doubt: float
    labels: dict[str, float]
    uncertainty: dict[str, float]

    def as_document(self) -> dict[str, Any]:
        """Return a JSON-able dictionary."""
        return {"doubt": self.doubt, "labels": self.labels, **self.uncertainty}


@dataclass(frozen=True)
class DoubtfulLesion:
    """Voxels that touch each other and might be one lesion of coronary calcium, as a reader has to see it.

    Parameters
    ----------
    score
        What all of it would score under the protocol; its ``artery`` means nothing.
    lesions
        Numbers of the proposal's lesions in it, none where the proposal calls all of it OTHER.
    label
        Label that the proposal gives it, the most frequent one of an artery where there is one.
    peak_ijk
        Column, row and slice of its brightest voxel: where to look, and what to click.
    said
        What passes say of it.
    """

    score: LesionScore
    lesions: tuple[int, ...]
    label: str
    peak_ijk: tuple[int, int, int]
    said: LesionDoubt

    @property
    def at_stake(self) -> float:
        """Agatston score that is in doubt: the larger, the more a look at this lesion is worth."""
        return self.said.doubt * self.score.agatston

    def as_document(self) -> dict[str, Any]:
        """Return a JSON-able dictionary."""
        score = dataclasses.asdict(self.score)
        del score["id"], score["artery"]
        return {
            "label": self.label,
            "lesions": list(self.lesions),
            "at_stake": self.at_stake,
            **self.said.as_document(),
            "peak_ijk": list(self.peak_ijk),
            **score,
        }


class Doubts:
    """What passes make of a proposal.

    The chance of a candidate voxel to be coronary calcium is the mean over passes of the network's
    probability of calcium where the proposal sees an artery's region; elsewhere, calcium would be of the
    aorta or a valve, and the share of passes that give an artery's label takes its place. The chance of an
    artery's label is that times its share among the passes that give any artery's.

    Parameters
    ----------
    gathered
        The passes.
    proposal, scan, protocol
        What was proposed for what, and how it is scored.
    """

    def __init__(
        self, gathered: GatheredPasses, proposal: Proposal, scan: CTScan, protocol: ScoringProtocol
    ) -> None:
        self._gathered, self._scan, self._protocol = gathered, scan, protocol
        other = label_scheme()[OTHER].value
        self._cac = proposal.cac
        self._proposed = proposal.cac.reshape(-1)[gathered.voxels].copy()
        if not protocol.keep_lm_apart:
            self._proposed[self._proposed == label_scheme()["LM"].value] = label_scheme()["LAD"].value
        artery = self._proposed > other
        artery_votes = gathered.votes[other + 1 :].sum(axis=0)
        probability = gathered.uncertainty.probability
        if proposal.car is None:
            coronary = probability
        else:
            coronary = np.where(proposal.car.reshape(-1)[gathered.voxels] > other, probability, artery_votes)
        own_votes = gathered.votes[self._proposed, np.arange(gathered.voxels.size)]
        share = np.divide(own_votes, artery_votes, out=np.ones_like(own_votes), where=artery_votes > 0)
        self._possible = artery | (coronary >= POSSIBLE)
        self._doubt = np.where(artery, 1 - coronary * share, coronary)

    def of_proposal(self) -> list[LesionDoubt | None]:
        """Return what passes say of each lesion of the proposal, in the order of their numbers.

        None of a lesion that counts only voxels of exactly 130 HU: the network says nothing of them.
        """
        return [
            self._said_of(each.voxels) for each in proposed_lesions(self._scan, self._cac, self._protocol)
        ]

    def doubtful_lesions(self) -> list[DoubtfulLesion]:
        """Return what a reader ought to look at, what matters most to the score first.

        A lesion here is what hangs together of all voxels that the proposal gives an artery or that might be
        calcium with a chance of :data:`POSSIBLE`, whole bones thus not. Those that would count nothing under
        the protocol, being too small, are not among them, nor are those of which nothing counts but voxels of
        exactly 130 HU.
        """
        possible = np.zeros(self._scan.geometry.shape, np.uint8)
        possible.reshape(-1)[self._gathered.voxels[self._possible]] = label_scheme()["LAD"].value
        label_at_threshold(possible, self._scan, self._protocol)
        scores = score_scan(self._scan, possible, self._protocol).lesions
        lesions = proposed_lesions(self._scan, possible, self._protocol)
        number = np.zeros(self._gathered.voxels.size, np.int32)
        for lesion in proposed_lesions(self._scan, self._cac, self._protocol):
            number[self._positions(lesion.voxels)] = lesion.id
        found = []
        for score, each in zip(scores, lesions, strict=True):
            said = self._said_of(each.voxels)
            if said is not None and said.doubt >= DOUBTFUL:
                found.append(self._lesion(score, each.voxels, number, said))
        return sorted(found, key=lambda lesion: -lesion.at_stake)

    def _lesion(
        self, score: LesionScore, voxels: NDArray[np.intp], number: NDArray[np.int32], said: LesionDoubt
    ) -> DoubtfulLesion:
        """Put together what a reader has to see; ``number`` tells each candidate voxel's proposed lesion."""
        position = self._positions(voxels)
        inside = np.unique(number[position])
        labels = np.bincount(self._proposed[position])
        # OTHER comes before the arteries, and wins only where there is none
        labels[: label_scheme()[OTHER].value + 1] = 0
        label = label_scheme().of_value(int(labels.argmax())).name if labels.any() else OTHER
        peak = voxels[self._scan.hu.reshape(-1)[voxels].argmax()]
        k, j, i = (int(index) for index in np.unravel_index(peak, self._scan.geometry.shape))
        return DoubtfulLesion(score, tuple(inside[inside > 0].tolist()), label, (i, j, k), said)

    def _positions(self, voxels: NDArray[np.intp]) -> NDArray[np.intp]:
        """Where some voxels are among the network's candidates; those at exactly 130 HU are not."""
        position = np.searchsorted(self._gathered.voxels, voxels)
        inside = position < self._gathered.voxels.size
        position, voxels = position[inside], voxels[inside]
        return position[self._gathered.voxels[position] == voxels]

    def _said_of(self, voxels: NDArray[np.intp]) -> LesionDoubt | None:
        """What passes say of some voxels; None where none of them is a candidate of the network."""
        position = self._positions(voxels)
        if not position.size:
            return None
        # shares of few passes are short numbers, which float32 makes long ones
        votes = self._gathered.votes[:, position].mean(axis=1, dtype=np.float64).round(6)
        means = (float(values[position].mean()) for values in self._gathered.uncertainty)
        return LesionDoubt(
            float(self._doubt[position].mean()),
            {
                label.name: float(votes[label.value])
                for label in label_scheme().labels
                if votes[label.value] > 0
            },
            dict(zip(Uncertainty._fields, means, strict=True)),
        )
