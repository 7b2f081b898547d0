"""Two readings of a volume compared, and the comparison written into the scene."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..agreement.bootstrap import BootstrapPlan
from ..agreement.label_agreement import LabelAgreement, label_agreement
from ..agreement.paired_voxels import PairedVoxels, pair_voxels
from ..errors import CACError
from ..scoring.scored_scan import ScoredScan, scored_scan
from .differences import agreement_to_table, parts_to_table, show_differences
from .plots import Reading, find_artery_chart, show_artery_chart
from .results import VolumeResult
from .segmentations import labels_of_segmentation

if TYPE_CHECKING:
    import slicer


@dataclass(frozen=True, eq=False)
class VolumeComparison:
    """Two readings of one volume.

    Parameters
    ----------
    first, second
        Either scored by the first one's protocol.
    voxels
        The voxels of both.
    agreement
        How far they agree; intervals speak of this scan's lesions.
    """

    first: ScoredScan
    second: ScoredScan
    voxels: PairedVoxels
    agreement: LabelAgreement


def compare_with(result: VolumeResult, second_node: slicer.vtkMRMLSegmentationNode) -> VolumeComparison:
    """Compare a result with a second segmentation of its volume.

    Raises
    ------
    CACError
        If there is nothing to compare with, or the second segmentation does not belong to the volume.
    """
    if result.labels is None:
        raise CACError("the scan has no labels to compare with; choose some above")
    scan, protocol = result.scored.scan, result.scored.protocol
    second = labels_of_segmentation(second_node, result.geometry)
    voxels = pair_voxels(scan, result.labels, second, protocol)
    return VolumeComparison(
        result.scored,
        scored_scan(scan, protocol, second),
        voxels,
        label_agreement(voxels, BootstrapPlan("lesion")),
    )


def write_comparison(
    scene: slicer.vtkMRMLScene,
    volume_node: slicer.vtkMRMLScalarVolumeNode,
    result: VolumeResult,
    comparison: VolumeComparison,
    logic: slicer.vtkSlicerSegmentationsModuleLogic,
) -> None:
    """Write differing places, figures and differences into nodes of the volume, and both into its chart."""
    agreement_to_table(scene, volume_node, comparison.agreement)
    parts_to_table(scene, volume_node, comparison.voxels, result.geometry)
    show_differences(scene, volume_node, comparison.voxels, result.geometry, logic)
    if find_artery_chart(scene, volume_node) is not None:
        readings = [Reading("First", comparison.first.scores), Reading("Second", comparison.second.scores)]
        show_artery_chart(scene, volume_node, readings)
