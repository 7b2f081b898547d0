"""Which segmentation of a scene holds a volume's calcium labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..labels.segmentation_file import terminology_entry
from ..schemes import label_scheme
from .nodes import nodes_of_class
from .score_table import score_table, scored_labels

if TYPE_CHECKING:
    import slicer


def find_labels(
    scene: slicer.vtkMRMLScene, volume_node: slicer.vtkMRMLScalarVolumeNode
) -> slicer.vtkMRMLSegmentationNode | None:
    """Find the labels of a volume: those it was scored with last, or the first segmentation made on it.

    A segmentation counts if it has a segment of an artery's name and is not one of artery regions. One that
    was read from a file does not know its volume; it is taken where it is the only one.
    """
    table = score_table(scene, volume_node)
    scored = scored_labels(table) if table is not None else None
    if scored is not None:
        return scored
    unplaced = []
    for node in nodes_of_class(scene, "vtkMRMLSegmentationNode"):
        if node.GetHideFromEditors() or not _holds_calcium(node.GetSegmentation()):
            continue
        made_on = node.GetNodeReferenceID(node.GetReferenceImageGeometryReferenceRole())
        if made_on == volume_node.GetID():
            return node
        if made_on is None:
            unplaced.append(node)
    return unplaced[0] if len(unplaced) == 1 else None


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
