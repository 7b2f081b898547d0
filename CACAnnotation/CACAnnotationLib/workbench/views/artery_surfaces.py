"""Surfaces of labelled calcium for the view in three dimensions, one model for each artery.

Slicer's own way makes those of OTHER too, all bones of a chest: seconds in which nothing else is drawn.
"""

from __future__ import annotations

import numpy as np
import slicer
import vtk
from CACScoringLib.schemes import label_scheme
from numpy.typing import NDArray
from vtk.util.numpy_support import numpy_to_vtk

from ...scene.placement import ScanPlacement
from ..colours import shown_colour

_SMOOTHING = 12
"""Iterations of the windowed sinc filter, which does not shrink a lesion of a few voxels."""


class ArterySurfaces:
    """Models of a scene that follow a label map when told to.

    Parameters
    ----------
    scene
        The scene.
    """

    def __init__(self, scene: slicer.vtkMRMLScene) -> None:
        self._models = {label: _model(scene, label.name) for label in label_scheme().arteries}

    @property
    def empty(self) -> bool:
        """Whether there is nothing to be seen."""
        return all(model.GetPolyData().GetNumberOfPoints() == 0 for model in self._models.values())

    def show(self, labels: NDArray[np.uint8], placement: ScanPlacement) -> None:
        """Show the calcium of a label map, ``[slice, row, column]``."""
        voxels = np.flatnonzero(labels > label_scheme()["OTHER"].value)
        values = labels.reshape(-1)[voxels]
        for label, model in self._models.items():
            of_label = np.unravel_index(voxels[values == label.value], labels.shape)
            model.SetAndObservePolyData(_surface(np.stack(of_label, axis=-1), placement.ijk_to_world))

    def colour(self, colour_blind: bool) -> None:
        """Show models in the colours of their labels."""
        for label, model in self._models.items():
            colour = tuple(channel / 255 for channel in shown_colour(label, colour_blind))
            if model.GetDisplayNode().GetColor() != colour:
                model.GetDisplayNode().SetColor(*colour)

    def hide(self) -> None:
        """Show nothing."""
        for model in self._models.values():
            model.SetAndObservePolyData(vtk.vtkPolyData())


def _model(scene: slicer.vtkMRMLScene, name: str) -> slicer.vtkMRMLModelNode:
    model = slicer.vtkMRMLModelNode()
    model.SetName(name)
    model.SetAndObservePolyData(vtk.vtkPolyData())
    model = scene.AddNode(model)
    model.CreateDefaultDisplayNodes()
    model.GetDisplayNode().SetVisibility2D(False)
    return model


def _surface(voxels: NDArray[np.intp], ijk_to_world: NDArray[np.float64]) -> vtk.vtkPolyData:
    """Surface around voxels ``(n, 3)``, given as slice, row and column, in the world, RAS mm."""
    if not len(voxels):
        return vtk.vtkPolyData()
    first = voxels.min(axis=0) - 1
    box = np.zeros(voxels.max(axis=0) - first + 2, np.uint8)
    box[tuple((voxels - first).T)] = 1
    image = vtk.vtkImageData()
    image.SetDimensions(box.shape[::-1])
    image.SetOrigin(*first[::-1].astype(float))
    image.GetPointData().SetScalars(numpy_to_vtk(box.reshape(-1), deep=True))
    edges = vtk.vtkFlyingEdges3D()
    edges.SetInputData(image)
    edges.SetValue(0, 0.5)
    edges.ComputeNormalsOff()
    smooth = vtk.vtkWindowedSincPolyDataFilter()
    smooth.SetInputConnection(edges.GetOutputPort())
    smooth.SetNumberOfIterations(_SMOOTHING)
    smooth.SetPassBand(0.1)
    transform = vtk.vtkTransform()
    transform.SetMatrix(ijk_to_world.reshape(-1))
    placed = vtk.vtkTransformPolyDataFilter()
    placed.SetTransform(transform)
    placed.SetInputConnection(smooth.GetOutputPort())
    normals = vtk.vtkPolyDataNormals()
    normals.SetInputConnection(placed.GetOutputPort())
    normals.AutoOrientNormalsOn()
    normals.SplittingOff()
    normals.Update()
    return normals.GetOutput()
