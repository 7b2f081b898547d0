"""Control points of the scene as places in a scan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from CACScoringLib.errors import CACError
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.schemes import label_scheme

from ..control_points import ControlPoint

if TYPE_CHECKING:
    import slicer


def points_of_markups_node(node: slicer.vtkMRMLMarkupsNode, geometry: VolumeGeometry) -> list[ControlPoint]:
    """Place the control points of a markups node in a scan; points that are not placed yet are left out.

    Parameters
    ----------
    node
        Control-point label = artery. Any parent transform counts, also one that warps.
    geometry
        The scan's geometry, as :func:`CACScoringLib.scene.volumes.scan_of_volume_node` gives it.

    Raises
    ------
    CACError
        If the label of a point is not one of the scheme.
    """
    points = []
    for index in range(node.GetNumberOfControlPoints()):
        if node.GetNthControlPointPositionStatus(index) != node.PositionDefined:
            continue
        name = f"point {index + 1}"
        try:
            label = label_scheme()[node.GetNthControlPointLabel(index)].name
        except CACError as error:
            raise CACError(f"{name}: {error}; rename it in the Markups module") from None
        position_ras_mm = [0.0, 0.0, 0.0]
        node.GetNthControlPointPositionWorld(index, position_ras_mm)
        i, j, k = geometry.ijk_of_ras(position_ras_mm).tolist()
        points.append(ControlPoint(name, label, (i, j, k)))
    return points
