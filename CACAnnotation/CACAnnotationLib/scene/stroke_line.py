"""A line that grows under the mouse: a stroke before it is one, or the outline of a brush."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from CACScoringLib.geometry import transform_points
from CACScoringLib.scene.matrices import array_of
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    import slicer
    import vtk


class StrokeLine:
    """A line over a slice view, given by places of the world.

    Parameters
    ----------
    interactor, slice_node
        Of the view.
    render
        Has the view drawn soon.
    """

    def __init__(
        self,
        interactor: vtk.vtkRenderWindowInteractor,
        slice_node: slicer.vtkMRMLSliceNode,
        render: Callable[[], object],
    ) -> None:
        import vtk

        self._slice_node, self._render = slice_node, render
        self._data = vtk.vtkPolyData()
        mapper = vtk.vtkPolyDataMapper2D()
        mapper.SetInputData(self._data)
        self._actor = vtk.vtkActor2D()
        self._actor.SetMapper(mapper)
        self._actor.VisibilityOff()
        # That of the slice, where Slicer's own brushes are drawn too. Those in layers above it are an
        # orientation marker's, say, and fill a corner of the view.
        self._renderer = interactor.GetRenderWindow().GetRenderers().GetFirstRenderer()
        self._renderer.AddViewProp(self._actor)

    def show(
        self, world_mm: ArrayLike, colour: tuple[float, float, float], width_pixels: float = 2.0
    ) -> None:
        """Show a line through places, RAS in mm, ``(n, 3)``."""
        import vtk
        from vtk.util.numpy_support import numpy_to_vtk

        places = self._xy_of(np.atleast_2d(np.asarray(world_mm, np.float64)))
        points = vtk.vtkPoints()
        points.SetData(numpy_to_vtk(places, deep=True))
        lines = vtk.vtkCellArray()
        lines.InsertNextCell(len(places))
        for index in range(len(places)):
            lines.InsertCellPoint(index)
        self._data.SetPoints(points)
        self._data.SetLines(lines)
        self._data.Modified()
        look = self._actor.GetProperty()
        look.SetColor(*colour)
        look.SetLineWidth(width_pixels)
        self._actor.VisibilityOn()
        self._render()

    def hide(self) -> None:
        """Show nothing."""
        if self._actor.GetVisibility():
            self._actor.VisibilityOff()
            self._render()

    def stop(self) -> None:
        """Leave the view as it was."""
        self.hide()
        self._renderer.RemoveViewProp(self._actor)

    def _xy_of(self, world_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        xy = transform_points(np.linalg.inv(array_of(self._slice_node.GetXYToRAS())), world_mm)
        xy[:, 2] = 0
        return xy


def circle(
    centre_mm: NDArray[np.float64], normal: NDArray[np.float64], radius_mm: float
) -> NDArray[np.float64]:
    """Places on a circle around a place, in the plane across a vector, closed, ``(n, 3)``."""
    first = np.cross(normal, np.eye(3)[np.abs(normal).argmin()])
    first /= np.linalg.norm(first)
    second = np.cross(normal, first)
    angle = np.linspace(0, 2 * np.pi, 33)[:, None]
    return centre_mm + radius_mm * (np.cos(angle) * first + np.sin(angle) * second)
