"""Which segmentation of a scene holds a volume's calcium labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..labels.segmentation_file import terminology_entry
from ..schemes import label_scheme
from .score_table import score_table, scored_labels

if TYPE_CHECKING:
    import slicer


def find_labels(
    scene: slicer.vtkMRMLScene, volume_node: slicer.vtkMRMLScalarVolumeNode
) -> slicer.vtkMRMLSegmentationNode | None:
    """Find the labels of a volume: those it was scored with last, or the first segmentation made on it.

    A segmentation counts if it has a segment of an artery's name, was made on the volume's grid, and is not
    one of artery regions.
    """
    table = score_table(scene, volume_node)
    scored = scored_labels(table) if table is not None else None
    if scored is not None:
        return scored
    nodes = scene.GetNodesByClass("vtkMRMLSegmentationNode")
    nodes.UnRegister(None)
    for number in range(nodes.GetNumberOfItems()):
        node = nodes.GetItemAsObject(number)
        role = node.GetReferenceImageGeometryReferenceRole()
        if (
            node.GetNodeReferenceID(role) == volume_node.GetID()
            and not node.GetHideFromEditors()
            and _holds_calcium(node.GetSegmentation())
        ):
            return node
    return None


def _holds_calcium(segmentation: slicer.vtkSegmentation) -> bool:
    import slicer
    import vtk

    scheme = label_scheme()
    for label in scheme.arteries:
        segment = segmentation.GetSegment(segmentation.GetSegmentIdBySegmentName(label.name))
        if segment is None:
            continue
        terms = vtk.reference("")
        segment.GetTag(slicer.vtkSegment.GetTerminologyEntryTagName(), terms)
        return str(terms) != terminology_entry(label, scheme, "car")
    return False
