"""Nodes that belong to a volume: found again by a reference to it, and by what they show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from CACScoringLib.scene.nodes import nodes_of_class

if TYPE_CHECKING:
    import slicer

_VOLUME = "CACAnnotation.volume"
_SHOWS = "CACAnnotation.shows"
SERIES = "CACAnnotation.series"
"""Attribute of a volume: the series that its labels go by."""


def node_for(
    scene: slicer.vtkMRMLScene,
    class_name: str,
    volume_node: slicer.vtkMRMLVolumeNode,
    shows: str,
    name: str,
    *,
    lasting: bool = False,
) -> Any:
    """Return the node of a volume that shows something, made where there is none.

    Parameters
    ----------
    scene
        The scene.
    class_name
        Of the node.
    volume_node
        The volume it belongs to.
    shows
        What it shows, an identifier.
    name
        What readers call it.
    lasting
        Saved with the scene and listed for the reader; other nodes can be made again at any time.
    """
    found = find_node_for(scene, class_name, volume_node, shows)
    if found is not None:
        return found
    import slicer

    node = getattr(slicer, class_name)()
    node.SetName(scene.GenerateUniqueName(name))
    node.SetAttribute(_SHOWS, shows)
    if not lasting:
        node.SetSaveWithScene(False)
        node.SetHideFromEditors(True)
    node = scene.AddNode(node)
    node.SetNodeReferenceID(_VOLUME, volume_node.GetID())
    return node


def find_node_for(
    scene: slicer.vtkMRMLScene, class_name: str, volume_node: slicer.vtkMRMLVolumeNode, shows: str
) -> Any:
    """Return the node of a volume that shows something, None where there is none."""
    for node in nodes_of_class(scene, class_name):
        if node.GetAttribute(_SHOWS) == shows and node.GetNodeReferenceID(_VOLUME) == volume_node.GetID():
            return node
    return None


def hide_all_that_show(scene: slicer.vtkMRMLScene, class_name: str) -> None:
    """Take out of the views what was made for any volume, to show anything: it can be shown again by hand."""
    for node in nodes_of_class(scene, class_name):
        if node.GetAttribute(_SHOWS) and node.GetDisplayNode() is not None:
            node.GetDisplayNode().SetVisibility(False)


def volume_of_series(scene: slicer.vtkMRMLScene, series: str) -> slicer.vtkMRMLScalarVolumeNode | None:
    """Return the volume of the scene that shows a series, None where there is none."""
    for node in nodes_of_class(scene, "vtkMRMLScalarVolumeNode"):
        if node.GetAttribute(SERIES) == series:
            return node
    return None


def remove_with_labels(scene: slicer.vtkMRMLScene, volume_node: slicer.vtkMRMLVolumeNode) -> None:
    """Take a volume out of the scene, with everything that was made to show something of it."""
    segmentations = nodes_of_class(scene, "vtkMRMLSegmentationNode")
    made = [each for each in segmentations if each.GetNodeReferenceID(_VOLUME) == volume_node.GetID()]
    for node in (*made, volume_node):
        displays = [node.GetNthDisplayNode(index) for index in range(node.GetNumberOfDisplayNodes())]
        for each in (*displays, node):
            if each is not None and each.GetScene() is not None:
                scene.RemoveNode(each)
