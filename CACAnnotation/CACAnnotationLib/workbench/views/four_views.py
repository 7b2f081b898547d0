"""The four views: axial, coronal and sagittal slices, and surfaces in three dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trame_slicer.views import SliceView, ThreeDView

from ...controls.open_scan import View
from .pictures import PictureLine
from .sides import sides_of
from .slicer_core import SlicerCore
from .streamed_view import StreamedView

if TYPE_CHECKING:
    from trame_server import Server

SLICE_VIEWS = {"axial": "Axial", "coronal": "Coronal", "sagittal": "Sagittal"}
SURFACE_VIEW = "surface"
_BLACK = "#000000"


class FourViews:
    """Views of one application, axial first: the workplace takes the first axial one for the reader's.

    Parameters
    ----------
    core
        The application.
    """

    def __init__(self, core: SlicerCore) -> None:
        self._slices = {name: _slice_view(core, name) for name in SLICE_VIEWS}
        self._surface = _surface_view(core)
        line = PictureLine()
        views = {**self._slices, SURFACE_VIEW: self._surface}
        self._streamed = [StreamedView(view, name, line) for name, view in views.items()]

    def register(self, server: Server) -> None:
        """Make the views known to the page."""
        for streamed in self._streamed:
            streamed.register(server)

    def for_the_mouse(self) -> list[View]:
        """Slice views, in which a reader labels."""
        return [
            View(view.interactor(), view.get_view_node(), view.schedule_render)
            for view in self._slices.values()
        ]

    def draw(self) -> None:
        """Send pictures of all views: a page that has come back shows none yet."""
        for streamed in self._streamed:
            streamed.send_anew()

    def sides(self) -> dict[str, list[str]]:
        """Tell for each slice view which side of the patient lies left, right, up and down, as letters."""
        return {name: sides_of(view.get_view_node()) for name, view in self._slices.items()}

    def show_surfaces_whole(self) -> None:
        """Bring all surfaces into the view, seen from the front."""
        self._surface.fit_view_to_content()
        self._surface.schedule_render()


def _slice_view(core: SlicerCore, name: str) -> SliceView:
    view = SliceView(core.scene, core.application, name)
    # What is added later is drawn over it; trame-slicer adds the image only when there is one.
    view.first_renderer().AddViewProp(view._render_manager.image_actor)
    # Slicer's slice controller has its view drawn then, trame-slicer does not.
    view._logic.AddObserver("ModifiedEvent", view.schedule_render)
    view.set_orientation(SLICE_VIEWS[name])
    return view


def _surface_view(core: SlicerCore) -> ThreeDView:
    view = ThreeDView(core.scene, core.application, SURFACE_VIEW)
    view.set_background_color_from_string(_BLACK)
    view.set_box_visible(False)
    # Layers of half-transparent surfaces take software rendering a multiple of the time.
    view.renderer().SetUseDepthPeeling(False)
    view.renderer().SetUseDepthPeelingForVolumes(False)
    return view
