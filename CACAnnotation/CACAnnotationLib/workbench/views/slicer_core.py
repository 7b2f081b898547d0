"""Slicer's core without its desktop: scene, logics, and what the workplace needs of them."""

from __future__ import annotations

import slicer
import vtk
from trame_slicer.core import SlicerApp

from ...controls.workplace import SlicerParts


class SlicerCore:
    """One application of Slicer core; there is one for each process, and each reader has a process."""

    def __init__(self) -> None:
        # It complains that there is no folder of colours, which nobody here needs.
        vtk.vtkObject.GlobalWarningDisplayOff()
        self._app = SlicerApp()
        self.scene, self.application = self._app.scene, self._app.app_logic
        # The logic for colours makes legends only of classes that the scene knows.
        self.scene.RegisterNodeClass(slicer.vtkMRMLColorLegendDisplayNode())
        colours = slicer.vtkSlicerColorLogic()
        colours.SetMRMLScene(self.scene)
        self.parts = SlicerParts(self.scene, self.application, self._app.segmentations_logic, colours)
