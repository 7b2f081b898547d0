"""Tables of the scene: columns of numbers or texts, and to which volume they belong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .nodes import nodes_of_class

if TYPE_CHECKING:
    import slicer
    import vtk


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    name
        Name in files and for programs.
    title
        What a reader sees.
    values
        Cells; what is not known is None.
    text
        Whether cells are texts; they are numbers otherwise.
    """

    name: str
    title: str
    values: Sequence[Any]
    text: bool = False


def write_columns(table_node: slicer.vtkMRMLTableNode, columns: Sequence[Column]) -> None:
    """Replace what a table holds. Numbers that are not known become NaN, never 0."""
    import slicer.util

    with slicer.util.NodeModify(table_node):
        table_node.RemoveAllColumns()
        for column in columns:
            table_node.AddColumn(_array_of(column))
            table_node.SetColumnTitle(column.name, column.title)
        table_node.SetUseColumnTitleAsColumnHeader(True)


def read_column(table_node: slicer.vtkMRMLTableNode, name: str) -> list[Any]:
    """Return the cells of a column, None for each number that is not known; empty if there is none."""
    import vtk

    array = table_node.GetTable().GetColumnByName(name)
    if array is None:
        return []
    values = [array.GetValue(row) for row in range(array.GetNumberOfTuples())]
    if isinstance(array, vtk.vtkStringArray):
        return values
    return [None if np.isnan(value) else value for value in values]


def node_of_volume(
    scene: slicer.vtkMRMLScene, kind: str, role: str, volume_node: slicer.vtkMRMLScalarVolumeNode
) -> Any | None:
    """Find the node of a class, as ``"vtkMRMLTableNode"``, that refers to a volume in a role."""
    for node in nodes_of_class(scene, kind):
        if node.GetNodeReferenceID(role) == volume_node.GetID():
            return node
    return None


def ensured_node_of_volume(
    scene: slicer.vtkMRMLScene, kind: str, role: str, volume_node: slicer.vtkMRMLScalarVolumeNode, name: str
) -> Any:
    """Find that node, or add it under a name that says of which volume it is."""
    import slicer

    node = node_of_volume(scene, kind, role, volume_node)
    if node is None:
        # By its class and not by name: Slicer's core alone does not register every class by name.
        node = getattr(slicer, kind)()
        node.SetName(scene.GenerateUniqueName(f"{name} {volume_node.GetName() or ''}".strip()))
        node.SetNodeReferenceID(role, volume_node.GetID())
        scene.AddNode(node)
    return node


def _array_of(column: Column) -> vtk.vtkAbstractArray:
    import vtk

    array = vtk.vtkStringArray() if column.text else vtk.vtkDoubleArray()
    array.SetName(column.name)
    for value in column.values:
        if column.text:
            array.InsertNextValue(value or "")
        else:
            array.InsertNextValue(np.nan if value is None else value)
    return array
