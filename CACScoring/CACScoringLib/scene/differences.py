"""Where two readings of a volume differ, as a segmentation; and how far they agree, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..agreement.differences import Difference, DifferingPart, difference_map, differing_parts
from ..agreement.label_agreement import LabelAgreement
from ..agreement.paired_voxels import PairedVoxels
from ..geometry import VolumeGeometry
from .segmentations import Segment, write_segments
from .tables import Column, ensured_node_of_volume, node_of_volume, read_column, write_columns

if TYPE_CHECKING:
    import slicer

_DIFFERENCES_OF = "CACScoring.differencesOf"
_AGREEMENT_OF = "CACScoring.agreementOf"
_PARTS_OF = "CACScoring.differingPartsOf"

DIFFERENCE_NAMES = {
    Difference.ONLY_REFERENCE: "Only in the first",
    Difference.ONLY_TEST: "Only in the second",
    Difference.OTHER_ARTERY: "Another artery",
}
"""Names of the segments."""

DIFFERENCE_COLOURS = {
    Difference.ONLY_REFERENCE: (0, 240, 255),
    Difference.ONLY_TEST: (255, 0, 255),
    Difference.OTHER_ARTERY: (255, 255, 255),
}
"""Unlike those of all arteries, and told apart by readers of any colour vision."""


def show_differences(
    scene: slicer.vtkMRMLScene,
    volume_node: slicer.vtkMRMLScalarVolumeNode,
    voxels: PairedVoxels,
    geometry: VolumeGeometry,
    logic: slicer.vtkSlicerSegmentationsModuleLogic,
) -> slicer.vtkMRMLSegmentationNode:
    """Show in a segmentation of the volume, made if there is none, where two readings differ.

    Parameters
    ----------
    scene, volume_node, logic
        The scene, the volume that was read, and Slicer's logic for segmentations.
    voxels
        The voxels of both readings.
    geometry
        The scan's geometry, as :func:`~.volumes.scan_of_volume_node` gives it.
    """
    node = ensured_node_of_volume(
        scene, "vtkMRMLSegmentationNode", _DIFFERENCES_OF, volume_node, "CAC differences"
    )
    segments = [Segment(DIFFERENCE_NAMES[kind], kind.value, DIFFERENCE_COLOURS[kind]) for kind in Difference]
    write_segments(difference_map(voxels), geometry, segments, node, volume_node, logic)
    return node


def find_differences(
    scene: slicer.vtkMRMLScene, volume_node: slicer.vtkMRMLScalarVolumeNode
) -> slicer.vtkMRMLSegmentationNode | None:
    """Find the segmentation that shows where readings of a volume differ."""
    return node_of_volume(scene, "vtkMRMLSegmentationNode", _DIFFERENCES_OF, volume_node)


def agreement_to_table(
    scene: slicer.vtkMRMLScene,
    volume_node: slicer.vtkMRMLScalarVolumeNode,
    agreement: LabelAgreement,
) -> slicer.vtkMRMLTableNode:
    """Write how far two readings agree into a table of the volume, made if there is none.

    A row per figure: its name, its value and 95 % interval, all between 0 and 1, and what was counted or why
    there is no value.
    """
    table = ensured_node_of_volume(scene, "vtkMRMLTableNode", _AGREEMENT_OF, volume_node, "CAC agreement")
    rows = [("Micro-F1 over arteries", agreement.micro_f1, "")]
    rows += [(f"F1 {name}", estimate, "") for name, estimate in agreement.artery_f1.items()]
    for unit, binary in (("lesion", agreement.by_lesion), ("voxel", agreement.by_voxel)):
        found = f"{binary.found} of {binary.reference} of the first found in the second"
        confirmed = f"{binary.confirmed} of {binary.test} of the second confirmed by the first"
        rows.append((f"Sensitivity by {unit}", binary.sensitivity, found))
        rows.append((f"PPV by {unit}", binary.ppv, confirmed))
        rows.append((f"F1 by {unit}", binary.f1, ""))
    intervals = [estimate.bootstrap for _, estimate, _ in rows]
    write_columns(
        table,
        [
            Column("figure", "Figure", [name for name, _, _ in rows], text=True),
            Column("value", "Value", [estimate.value for _, estimate, _ in rows]),
            Column("low", "2.5 %", [each and each.low for each in intervals]),
            Column("high", "97.5 %", [each and each.high for each in intervals]),
            Column("counts", "Counts", [counts or estimate.note for _, estimate, counts in rows], text=True),
        ],
    )
    return table


def find_agreement(
    scene: slicer.vtkMRMLScene, volume_node: slicer.vtkMRMLScalarVolumeNode
) -> slicer.vtkMRMLTableNode | None:
    """Find the table that says how far readings of a volume agree."""
    return node_of_volume(scene, "vtkMRMLTableNode", _AGREEMENT_OF, volume_node)


def parts_to_table(
    scene: slicer.vtkMRMLScene,
    volume_node: slicer.vtkMRMLScalarVolumeNode,
    voxels: PairedVoxels,
    geometry: VolumeGeometry,
) -> slicer.vtkMRMLTableNode:
    """Write where two readings differ into a table of the volume, a row per place, the largest first.

    Slices are counted from 1, positions are RAS mm.
    """
    table = ensured_node_of_volume(scene, "vtkMRMLTableNode", _PARTS_OF, volume_node, "CAC differing places")
    parts = differing_parts(voxels, geometry)
    write_columns(
        table,
        [
            Column("difference", "Difference", [DIFFERENCE_NAMES[each.kind] for each in parts], text=True),
            Column("first", "First", [each.reference for each in parts], text=True),
            Column("second", "Second", [each.test for each in parts], text=True),
            Column("volume_mm3", "Volume mm³", [each.volume_mm3 for each in parts]),
            Column("first_slice", "First slice", [each.slices[0] + 1 for each in parts]),
            Column("last_slice", "Last slice", [each.slices[1] + 1 for each in parts]),
            *(
                Column(name, title, [each.centre_ras_mm[axis] for each in parts])
                for axis, (name, title) in enumerate(
                    (("right_mm", "R mm"), ("anterior_mm", "A mm"), ("superior_mm", "S mm"))
                )
            ),
        ],
    )
    return table


def find_parts(
    scene: slicer.vtkMRMLScene, volume_node: slicer.vtkMRMLScalarVolumeNode
) -> slicer.vtkMRMLTableNode | None:
    """Find the table of the places in which readings of a volume differ."""
    return node_of_volume(scene, "vtkMRMLTableNode", _PARTS_OF, volume_node)


def parts_of_table(table_node: slicer.vtkMRMLTableNode) -> list[DifferingPart]:
    """Read the places in which readings differ back; slices are indices again."""
    kinds = {name: kind for kind, name in DIFFERENCE_NAMES.items()}
    names = ("difference", "first", "second", "volume_mm3", "first_slice", "last_slice")
    cells = zip(*(read_column(table_node, name) for name in names), strict=True)
    centres = zip(
        *(read_column(table_node, name) for name in ("right_mm", "anterior_mm", "superior_mm")), strict=True
    )
    return [
        DifferingPart(
            kinds[kind], reference, test, volume, (int(first) - 1, int(last) - 1), (right, anterior, superior)
        )
        for (kind, reference, test, volume, first, last), (right, anterior, superior) in zip(
            cells, centres, strict=True
        )
    ]
