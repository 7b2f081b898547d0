"""Results of a volume: scored from whoever labels it at the moment, and written into the scene."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..geometry import VolumeGeometry
from ..open_readings import OpenReading
from ..scans.ct_scan import CTScan
from ..scoring.protocol import ScoringProtocol
from ..scoring.scored_scan import ScoredScan, scored_scan
from ..scoring.scores import LesionScore
from .lesion_table import ensured_lesion_table, lesions_to_table
from .matrices import array_of, to_world
from .plots import Reading, find_artery_chart, find_histogram, show_artery_chart, show_histogram
from .score_table import ensured_score_table, score_table, scores_to_table
from .segmentations import labels_of_segmentation
from .volumes import scan_of_volume_node

if TYPE_CHECKING:
    import slicer

_DISTRIBUTION = "CACScoring.distribution"
"""Attribute of a score table: what passes of the model leave open, as JSON."""


@dataclass(frozen=True, eq=False)
class VolumeResult:
    """A volume as it is labelled at the moment.

    Parameters
    ----------
    scored
        Scores and review state; centres of lesions lie where the scene shows them.
    labels
        The CAC label map that was scored, ``[slice, row, column]``; None if nobody labelled the volume.
    distribution
        What ``prediction.json`` says of the score's uncertainty; None where no model ran with passes.
    geometry
        Where the scene shows the scan.
    """

    scored: ScoredScan
    labels: NDArray[np.uint8] | None
    distribution: dict[str, Any] | None
    geometry: VolumeGeometry


class VolumeScorer:
    """Scores volumes of a scene; the last volume's scan is kept with what was found out about it."""

    def __init__(self) -> None:
        self._scan: CTScan | None = None
        self._key: tuple[object, ...] = ()

    def forget(self) -> None:
        """Let go of the volume's memory, as when the scene closes."""
        self._scan, self._key = None, ()

    def scan_of(self, volume_node: slicer.vtkMRMLScalarVolumeNode) -> CTScan:
        """View a volume as a scan; errors as :func:`~.volumes.scan_of_volume_node`."""
        key = _state_of(volume_node)
        if self._scan is None or key != self._key:
            self._scan, self._key = scan_of_volume_node(volume_node), key
        return self._scan

    def result(
        self,
        scene: slicer.vtkMRMLScene,
        volume_node: slicer.vtkMRMLScalarVolumeNode,
        labels_node: slicer.vtkMRMLSegmentationNode | None,
        reading: OpenReading | None,
        protocol: ScoringProtocol,
    ) -> VolumeResult:
        """Score a volume from the reading that is open on it; from a segmentation where there is none.

        Parameters
        ----------
        scene
            The scene; its score table may hold the model's uncertainty.
        volume_node, labels_node, reading
            What is scored: a reading comes before labels.
        protocol
            How labels are scored; a reading has its own.

        Raises
        ------
        CACError
            If the volume cannot be scored or the labels do not belong to it.
        """
        scan = self.scan_of(volume_node)
        table = score_table(scene, volume_node)
        kept = table.GetAttribute(_DISTRIBUTION) if table is not None else None
        distribution = json.loads(kept) if kept else None
        if reading is not None:
            scored = _scored_reading(reading, scan.geometry)
            return VolumeResult(
                scored, reading.counted, reading.score_distribution or distribution, scan.geometry
            )
        labels = None if labels_node is None else labels_of_segmentation(labels_node, scan.geometry)
        return VolumeResult(scored_scan(scan, protocol, labels), labels, distribution, scan.geometry)


def write_result(
    scene: slicer.vtkMRMLScene,
    volume_node: slicer.vtkMRMLScalarVolumeNode,
    result: VolumeResult,
    labels_node: slicer.vtkMRMLSegmentationNode | None = None,
) -> slicer.vtkMRMLTableNode:
    """Write a result into the volume's tables, which are made if there are none, and the charts there are.

    Returns
    -------
    The score table.
    """
    table = ensured_score_table(scene, volume_node)
    scores_to_table(result.scored, table, volume_node, labels_node, result.distribution)
    table.SetAttribute(
        _DISTRIBUTION, json.dumps(result.distribution) if result.distribution is not None else None
    )
    lesions_to_table(result.scored.scores, ensured_lesion_table(scene, volume_node))
    if find_histogram(scene, volume_node) is not None:
        show_histogram(scene, volume_node, result.scored.scores, result.distribution)
    if find_artery_chart(scene, volume_node) is not None:
        show_artery_chart(scene, volume_node, [Reading("Labels", result.scored.scores)])
    return table


def _state_of(volume_node: slicer.vtkMRMLScalarVolumeNode) -> tuple[object, ...]:
    """What a volume's scan follows from: its voxels, and where they lie."""
    import vtk

    image = volume_node.GetImageData()
    if image is None:
        return ()
    matrix = vtk.vtkMatrix4x4()
    volume_node.GetIJKToRASMatrix(matrix)
    place = to_world(volume_node, "volume") @ array_of(matrix)
    return volume_node.GetID(), image.GetMTime(), place.tobytes()


def _scored_reading(reading: OpenReading, geometry: VolumeGeometry) -> ScoredScan:
    """Scores of a reading as :func:`scored_scan` gives them, without doing again what it has done."""
    review, scores = reading.review, reading.scores
    if not scores.lesions and not review.complete:
        return ScoredScan(reading.scan, reading.protocol, len(reading.candidates), review, None)
    own = reading.scan.geometry
    if own.difference(geometry) is not None:
        # The volume lies under a transform, which the reading does not know.
        moved = tuple(_moved(lesion, own, geometry) for lesion in scores.lesions)
        scores = dataclasses.replace(scores, lesions=moved)
    return ScoredScan(reading.scan, reading.protocol, len(reading.candidates), review, scores)


def _moved(lesion: LesionScore, source: VolumeGeometry, target: VolumeGeometry) -> LesionScore:
    right, anterior, superior = target.ras_of(source.ijk_of_ras(lesion.centroid_ras_mm)).tolist()
    return dataclasses.replace(lesion, centroid_ras_mm=(right, anterior, superior))
