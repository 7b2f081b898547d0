"""What is added to Slicer's slice views: it leaves alone what is Slicer's own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from CACAnnotationLib.scene.slice_views import SliceViews
from CACAnnotationLib.scene.stroke_line import StrokeLine
from CACAnnotationLib.scene.view_pointer import PointedPlace, ViewPointer
from scene_nodes import slicer, vtk


class Greedy:
    """Takes every press."""

    def __init__(self) -> None:
        self.presses = 0

    def press(self, _place: PointedPlace) -> bool:
        self.presses += 1
        return True

    def move(self, _place: PointedPlace, *, dragging: bool) -> None: ...
    def release(self, _place: PointedPlace) -> None: ...
    def leave(self) -> None: ...


def slice_node(scene: Any) -> Any:
    node = slicer.vtkMRMLSliceNode()
    node.SetLayoutName("Red")
    node.SetDimensions(100, 100, 1)
    return scene.AddNode(node)


@pytest.mark.parametrize(
    ("mode", "taken"), [("ViewTransform", True), ("Place", False), ("AdjustWindowLevel", False)]
)
def test_presses_are_taken_only_in_the_usual_mouse_mode(mode: str, taken: bool) -> None:
    scene = slicer.vtkMRMLScene()
    modes = slicer.vtkMRMLInteractionNode()
    modes.SetSingletonTag("Singleton")
    modes = scene.AddNode(modes)
    node, interactor, handler, seen = slice_node(scene), vtk.vtkRenderWindowInteractor(), Greedy(), []
    pointer = ViewPointer(interactor, node, handler)
    interactor.AddObserver("LeftButtonPressEvent", lambda *_: seen.append("the view"))

    modes.SetCurrentInteractionMode(getattr(modes, mode))
    interactor.InvokeEvent("LeftButtonPressEvent")

    assert handler.presses == taken
    assert seen == ([] if taken else ["the view"])
    pointer.stop()


def test_strokes_are_drawn_over_the_slice_and_not_in_a_corner() -> None:
    window, interactor = vtk.vtkRenderWindow(), vtk.vtkRenderWindowInteractor()
    interactor.SetRenderWindow(window)
    window.SetNumberOfLayers(3)
    slice_itself, overlay, marker = vtk.vtkRenderer(), vtk.vtkRenderer(), vtk.vtkRenderer()
    # As in Slicer: the orientation marker lies above all and fills a corner.
    for layer, renderer in enumerate((slice_itself, overlay, marker)):
        renderer.SetLayer(layer)
        window.AddRenderer(renderer)
    marker.SetViewport(0.8, 0.0, 1.0, 0.2)

    line = StrokeLine(interactor, slice_node(slicer.vtkMRMLScene()), lambda: None)
    line.show(np.zeros((2, 3)), (1.0, 1.0, 1.0))

    drawn = [each.GetViewProps().GetNumberOfItems() for each in (slice_itself, overlay, marker)]
    assert drawn == [1, 0, 0]
    line.stop()
    assert slice_itself.GetViewProps().GetNumberOfItems() == 0


def test_an_application_without_a_window_has_no_views() -> None:
    views = SliceViews(SimpleNamespace(GetSliceLogics=lambda: None))
    views.set_candidate_opacity(0.5)
    views.hide()
