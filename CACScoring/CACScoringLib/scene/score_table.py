"""The table of a volume's scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..scoring.scored_scan import ScoredScan, as_json
from ..scoring.table import MEASURES

if TYPE_CHECKING:
    import slicer
    import vtk

_SCORED_VOLUME = "CACScoring.volume"
"""Role of a score table's reference to the volume that was scored."""

COLUMN_TITLES = {
    "artery": "Artery",
    "agatston": "Agatston",
    "volume_mm3": "Volume mm³",
    "mass_mg": "Mass mg",
    "density": "Density",
    "lesions": "Lesions",
    "review": "Review",
    "protocol": "Protocol",
    "risk_category": "Risk category",
    "warnings": "Warnings",
}
"""Columns of a score table and what a reader calls them."""


def score_table(
    scene: slicer.vtkMRMLScene, volume_node: slicer.vtkMRMLScalarVolumeNode
) -> slicer.vtkMRMLTableNode | None:
    """Find the table that holds a volume's scores, None where it was not scored."""
    tables = scene.GetNodesByClass("vtkMRMLTableNode")
    tables.UnRegister(None)
    for number in range(tables.GetNumberOfItems()):
        table = tables.GetItemAsObject(number)
        if table.GetNodeReferenceID(_SCORED_VOLUME) == volume_node.GetID():
            return table
    return None


def scores_to_table(
    scored: ScoredScan, table_node: slicer.vtkMRMLTableNode, volume_node: slicer.vtkMRMLScalarVolumeNode
) -> None:
    """Write scores into a table, a row per artery and one for the total.

    Columns are those of :data:`COLUMN_TITLES`; mass only with a calibration factor. Review state and protocol
    stand in every row, risk category and warnings in the last. What is not known is NaN, never 0.
    """
    import slicer.util

    document = as_json(scored)
    rows = [{"artery": name, **scores} for name, scores in document["arteries"].items()]
    rows.append(
        {
            "artery": "Total",
            **document["total"],
            "risk_category": scored.risk_category,
            "warnings": "\n".join(warning.message for warning in scored.scan.warnings),
        }
    )
    state = {"review": str(scored.review), "protocol": scored.protocol.name}
    with slicer.util.NodeModify(table_node):
        table_node.RemoveAllColumns()
        for name, title in COLUMN_TITLES.items():
            if name != "mass_mg" or scored.protocol.mass_factor is not None:
                table_node.AddColumn(_column(name, [(row | state).get(name) for row in rows]))
                table_node.SetColumnTitle(name, title)
        table_node.SetUseColumnTitleAsColumnHeader(True)
        table_node.SetNodeReferenceID(_SCORED_VOLUME, volume_node.GetID())


def _column(name: str, values: list[Any]) -> vtk.vtkAbstractArray:
    """A table column: numbers for measures, NaN where one is not known; text for the rest."""
    import vtk

    column = vtk.vtkDoubleArray() if name in MEASURES else vtk.vtkStringArray()
    column.SetName(name)
    for value in values:
        if name in MEASURES:
            column.InsertNextValue(np.nan if value is None else value)
        else:
            column.InsertNextValue(value or "")
    return column
