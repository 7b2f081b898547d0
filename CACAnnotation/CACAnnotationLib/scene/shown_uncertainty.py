"""How much a model's passes disagree, as colours over the CT, with a legend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .placement import ScanPlacement

if TYPE_CHECKING:
    import slicer

MOST_VARIANCE = 0.25
"""No probability varies more."""
_LEAST_SHOWN = 1e-4
TITLE = "Variance of p(calcium)"
_PLACES = (0.0, 0.35, 0.7, 1.0)
_COLOURS = ((0.1, 0.2, 0.6), (0.1, 0.7, 0.7), (0.95, 0.85, 0.2), (1.0, 1.0, 1.0))
"""From dark blue to white: lighter is less certain, also to the colour-blind."""


class ShownUncertainty:
    """A map of uncertainty as a volume of the scene; views lay it over the CT at the opacity they like.

    Parameters
    ----------
    node
        Where to show it.
    colour_node
        Gets the colours.
    placement
        Where the scan lies.
    colour_logic
        Slicer's logic for colours, which makes the legend; None for none.
    """

    def __init__(
        self,
        node: slicer.vtkMRMLScalarVolumeNode,
        colour_node: slicer.vtkMRMLColorTableNode,
        placement: ScanPlacement,
        colour_logic: slicer.vtkSlicerColorLogic | None = None,
    ) -> None:
        self.node, self._placement = node, placement
        _give_colours(colour_node)
        node.CreateDefaultDisplayNodes()
        display = node.GetDisplayNode()
        display.SetAndObserveColorNodeID(colour_node.GetID())
        display.AutoWindowLevelOff()
        display.SetWindowLevel(MOST_VARIANCE, MOST_VARIANCE / 2)
        display.SetLowerThreshold(_LEAST_SHOWN)
        display.SetUpperThreshold(1.0)
        display.ApplyThresholdOn()
        display.InterpolateOff()
        self._variance: NDArray[np.float32] | None = None
        self._legend = colour_logic and _legend(colour_logic, display)

    def show(self, variance: NDArray[np.float32]) -> None:
        """Show a map, ``[slice, row, column]``: 0 where nothing was looked at."""
        if variance is self._variance:
            return
        self._variance = variance
        import slicer.util
        import vtk
        from vtk.util.numpy_support import numpy_to_vtk

        image = vtk.vtkImageData()
        image.SetDimensions(self._placement.size)
        image.GetPointData().SetScalars(numpy_to_vtk(variance.reshape(-1), deep=True))
        self.node.SetIJKToRASMatrix(slicer.util.vtkMatrixFromArray(self._placement.ijk_to_node))
        self.node.SetAndObserveImageData(image)

    def show_legend(self, visible: bool) -> None:
        """Show the legend, or hide it."""
        if self._legend:
            self._legend.SetVisibility(visible)


def _legend(
    colour_logic: slicer.vtkSlicerColorLogic, display: slicer.vtkMRMLScalarVolumeDisplayNode
) -> slicer.vtkMRMLColorLegendDisplayNode:
    legend = colour_logic.AddDefaultColorLegendDisplayNode(display)
    legend.SetTitleText(TITLE)
    legend.SetLabelFormat("%.2f")
    legend.SetVisibility(False)
    return legend


def _give_colours(node: slicer.vtkMRMLColorTableNode) -> None:
    shades = 64
    node.SetTypeToUser()
    node.SetNumberOfColors(shades)
    for index, share in enumerate(np.linspace(0, 1, shades)):
        red, green, blue = (np.interp(share, _PLACES, channel) for channel in np.transpose(_COLOURS))
        node.SetColor(index, f"{share * MOST_VARIANCE:.3f}", red, green, blue, 1.0)
    node.GetLookupTable().SetTableRange(0, MOST_VARIANCE)
