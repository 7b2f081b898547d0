"""Slice views of Slicer core that render off-screen, without a window system and without Qt."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from CACScoringLib.geometry import transform_points
from CACScoringLib.scene.matrices import array_of
from numpy.typing import ArrayLike, NDArray
from scene_nodes import Scene, slicer, vtk

pytest.importorskip("trame_slicer", exc_type=ImportError)
from trame_slicer.core import SlicerApp
from trame_slicer.views import SliceView
from trame_slicer.views.render_scheduler import ScheduledRenderStrategy

# Without libraries to draw with, making a view ends the process instead of raising an exception.
_PROBE = """
import vtkmodules.vtkRenderingOpenGL2
from vtkmodules.vtkRenderingCore import vtkRenderWindow
window = vtkRenderWindow()
window.ShowWindowOff()
window.SetOffScreenRendering(1)
window.Render()
"""
_ORIENTATIONS = {"Red": "Axial", "Yellow": "Sagittal", "Green": "Coronal"}


def skip_without_views() -> None:
    """Skip a test where no view can be made."""
    if subprocess.run([sys.executable, "-c", _PROBE], capture_output=True, check=False).returncode:
        pytest.skip("nothing can be drawn off-screen here (Debian's libegl1 and libgl1)")


class _OnRequest(ScheduledRenderStrategy):
    """Counts how often a view asks to be rendered, and leaves it at that."""

    def __init__(self) -> None:
        super().__init__()
        self.requests = 0

    def schedule_render(self) -> None:
        self.requests += 1

    def did_render(self) -> None:
        self.requests = 0


class SliceDesk(Scene):
    """An application of Slicer core with slice views, which are rendered when that is asked for here.

    Parameters
    ----------
    sizes
        Width and height of the views by name: Red is axial, Yellow sagittal, Green coronal, others axial.
    """

    def __init__(self, **sizes: tuple[int, int]) -> None:
        with _without_warnings():
            self.core = SlicerApp()
            self.views = {name: self._view(name, *size) for name, size in sizes.items()}
        self.scene, self.segmentations = self.core.scene, self.core.segmentations_logic
        self.scene.RegisterNodeClass(slicer.vtkMRMLColorLegendDisplayNode())
        self.colours = slicer.vtkSlicerColorLogic()
        with _without_warnings():
            self.colours.SetMRMLScene(self.scene)

    def render(self, *names: str) -> None:
        """Render those of some views, or of all, that asked for it since they were rendered last."""
        for name in names or self.views:
            if self.requests(name):
                self.views[name].render()

    def requests(self, name: str = "Red") -> int:
        """How often a view asked to be rendered since it was."""
        return self.views[name]._scheduled_render.requests

    def picture(self, name: str = "Red") -> NDArray[np.uint8]:
        """Red, green and blue that a view shows, ``[row from the bottom, column, 3]``."""
        self.render(name)
        window = self.views[name].render_window()
        width, height = window.GetSize()
        data = vtk.vtkUnsignedCharArray()
        window.GetPixelData(0, 0, width - 1, height - 1, 0, data, 0)
        return vtk.util.numpy_support.vtk_to_numpy(data).reshape(height, width, 3).copy()

    def xy(self, world_mm: ArrayLike, name: str = "Red") -> NDArray[np.float64]:
        """Column, row from the bottom, and millimetres off the plane of a place of the world in a view."""
        return transform_points(np.linalg.inv(array_of(self.node(name).GetXYToRAS())), world_mm)

    def node(self, name: str = "Red") -> Any:
        """Slice node of a view."""
        return self.views[name].get_view_node()

    def composite(self, name: str = "Red") -> Any:
        """Node that tells what a view shows."""
        return self.views[name]._logic.GetSliceCompositeNode()

    def close(self) -> None:
        """Give the views' memory back."""
        for view in self.views.values():
            view.set_render_blocked(True)
            view._event_observer.SetPythonCallback(lambda *_: None)
            view._displayable_manager_group.RemoveAllObservers()
            view._logic.RemoveAllObservers()
            view.interactor().RemoveAllObservers()
            view.finalize()
        self.scene.Clear(1)

    def _view(self, name: str, width: int, height: int) -> SliceView:
        view = SliceView(self.core.scene, self.core.app_logic, name, scheduled_render_strategy=_OnRequest())
        # What is added later is drawn over it; trame-slicer adds the image only when there is one.
        view.first_renderer().AddViewProp(view._render_manager.image_actor)
        # Displayable managers do nothing for a view that no layout shows.
        view.set_mapped_in_layout(True)
        # Slicer's slice controller has its view rendered then, trame-slicer does not.
        view._logic.AddObserver("ModifiedEvent", view.schedule_render)
        view.render_window().SetMultiSamples(0)
        view.set_orientation(_ORIENTATIONS.get(name, "Axial"))
        view.update_size(width, height)
        view.interactor().InvokeEvent("ConfigureEvent")
        view.fit_view_to_content()
        return view


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Keep VTK from complaining that there is no screen and no folder of colours, as is known."""
    vtk.vtkObject.GlobalWarningDisplayOff()
    try:
        yield
    finally:
        vtk.vtkObject.GlobalWarningDisplayOn()
