"""A model's passes over the slices of one scan: the part of a ranking that takes time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from CACScoringLib.model.prediction.focus import Focus, candidate_voxels, heart_and_candidates
from CACScoringLib.model.prediction.pass_engines import PassEngines
from CACScoringLib.model.prediction.passes import AnsweredSlices, answered_passes
from CACScoringLib.model.prediction.proposal import label_values
from CACScoringLib.model.prediction.slices import SliceProgress
from CACScoringLib.model.prediction.threshold import voxels_at_threshold
from CACScoringLib.model.uncertainty import PassStatistics
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.schemes import OTHER, label_scheme
from CACScoringLib.scoring.protocol import ScoringProtocol
from CACScoringLib.scoring.slice_scores import slice_agatston
from numpy.typing import NDArray

from .label_information import ClassStatistics, joint_label
from .slice_doubts import ScanDoubts, SliceDoubt

if TYPE_CHECKING:
    from CACScoringLib.model.prediction.gathered_passes import PassOptions


@dataclass(frozen=True, eq=False)
class AskedScan:
    """A scan that was read, and what is asked about it.

    Parameters
    ----------
    id, scan
        Number of the scan in the project, and the scan.
    slices
        Slice indices that are asked about, ascending.
    focus
        The heart's part of those slices that have candidates there.
    voxels
        Ascending flat indices of these candidates.
    """

    id: int
    scan: CTScan
    slices: Sequence[int]
    focus: Focus
    voxels: NDArray[np.intp]


def asked_scan(id_: int, scan: CTScan, slices: Sequence[int]) -> AskedScan:
    """Find what of a scan has to be computed; slices without candidates have nothing to doubt."""
    focus = heart_and_candidates(scan)
    focus = focus._replace(slices=focus.slices[np.isin(focus.slices, slices)])
    return AskedScan(id_, scan, slices, focus, candidate_voxels(scan, focus))


def scan_doubts(
    engines: PassEngines,
    asked: AskedScan,
    protocol: ScoringProtocol,
    options: PassOptions,
    *,
    progress: Callable[[float], object] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> ScanDoubts:
    """Run a scan through a model with dropout, and say what its passes doubt of the slices asked about.

    Parameters
    ----------
    engines
        Of :class:`~CACScoringLib.model.prediction.pass_engines.PassEngines` with features.
    asked
        The scan.
    protocol, options
        How passes are scored, and run.
    progress
        Told which share of the passes is done, after each batch of slices.
    cancelled
        See :meth:`~CACScoringLib.model.prediction.slices.SlicePass.answers`.

    Raises
    ------
    CACError
        If memory does not suffice, or the caller cancelled.
    """
    if not asked.focus.slices.size:
        nothing = [SliceDoubt(asked.id, index) for index in asked.slices]
        return ScanDoubts(
            nothing, np.zeros((len(nothing), options.passes)), np.full((len(nothing), 1), np.nan, np.float32)
        )
    gathering = _Gathering(engines, asked, protocol)

    def told(done: int, total: int) -> None:
        if progress is not None:
            progress((gathering.passes + done / total) / options.passes)

    passes: SliceProgress = told
    for answered in answered_passes(
        engines, asked.scan, asked.focus, options.passes, options.seed, progress=passes, cancelled=cancelled
    ):
        gathering.add(answered)
    return gathering.doubts()


class _Gathering:
    """Takes in passes over a scan one by one, and keeps only what doubts are made of."""

    def __init__(self, engines: PassEngines, asked: AskedScan, protocol: ScoringProtocol) -> None:
        self._asked, self._protocol = asked, protocol
        config = engines.model.config
        self._values = label_values(config)
        classes, voxels = len(config.region_classes), asked.voxels.size
        self._calcium = PassStatistics(voxels)
        self._label = ClassStatistics(classes, voxels)
        self._region = None if config.kind == "single_task" else ClassStatistics(classes, voxels)
        self._agatston: list[NDArray[np.float64]] = []
        self._features: NDArray[np.float64] | float = 0.0
        self._map = np.zeros(asked.scan.geometry.shape, np.uint8)

    @property
    def passes(self) -> int:
        return self._calcium.passes

    def add(self, answered: Iterable[AnsweredSlices]) -> None:
        """Take in a pass, slice by slice only what it says of candidates: all of it would be large."""
        parts, features = [], []
        for each in answered:
            assert each.answers.features is not None
            parts.append(each.at_candidates(self._values))
            features.append(each.answers.features)
        calcium = np.concatenate([part.calcium for part in parts])
        lesion = np.concatenate([part.lesion for part in parts], axis=1)
        regions = None
        if self._region is not None:
            regions = np.concatenate([part.region for part in parts if part.region is not None], axis=1)
            self._region.add(regions)
        self._label.add(joint_label(calcium, regions, lesion))
        self._calcium.add(calcium)
        self._features = self._features + np.concatenate(features).astype(np.float64)
        self._agatston.append(self._scored(np.concatenate([part.labels for part in parts])))

    def doubts(self) -> ScanDoubts:
        """Return what all passes leave behind."""
        asked, shape = self._asked, self._asked.scan.geometry.shape
        of_slice = asked.voxels // (shape[1] * shape[2])
        counts = np.bincount(of_slice, minlength=shape[0])

        def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.bincount(of_slice, values, minlength=shape[0]) / np.maximum(counts, 1)

        calcium = self._calcium.uncertainty()
        label_entropy, label_information = self._label.entropy_and_information()
        region_information = np.zeros(asked.voxels.size)
        if self._region is not None:
            _, region_information = self._region.entropy_and_information()
        columns = [
            mean(values)
            for values in (
                calcium.variance,
                calcium.entropy,
                calcium.mutual_information,
                region_information,
                label_entropy,
                label_information,
            )
        ]
        pooled = np.asarray(self._features, np.float64) / self.passes
        features = np.full((shape[0], pooled.shape[1]), np.nan, np.float32)
        features[asked.focus.slices] = pooled
        slices = list(asked.slices)
        return ScanDoubts(
            [
                SliceDoubt(asked.id, index, int(counts[index]), *(float(each[index]) for each in columns))
                for index in slices
            ],
            np.stack(self._agatston, axis=1)[slices],
            features[slices],
        )

    def _scored(self, labels: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Agatston score of each slice, as a proposal with these labels of the candidates would have it."""
        asked, whole = self._asked, self._map.reshape(-1)
        artery = labels > label_scheme()[OTHER].value
        voxels, labels = asked.voxels[artery], labels[artery]
        more, labels_of_more = voxels_at_threshold(voxels, labels, asked.scan, self._protocol)
        coronary = np.concatenate([voxels, more])
        whole[voxels], whole[more] = labels, labels_of_more
        scores = slice_agatston(asked.scan, self._map, self._protocol, np.sort(coronary))
        whole[coronary] = 0
        return scores
