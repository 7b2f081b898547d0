"""Nodes of a scene, by their class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import slicer


def nodes_of_class(scene: slicer.vtkMRMLScene, class_name: str) -> list[Any]:
    """Return all nodes of a class, as ``"vtkMRMLTableNode"``, or of one derived from it."""
    nodes = scene.GetNodesByClass(class_name)
    # The collection belongs to whoever asked for it.
    nodes.UnRegister(None)
    return [nodes.GetItemAsObject(number) for number in range(nodes.GetNumberOfItems())]
