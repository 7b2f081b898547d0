"""A view that is drawn when it asks for that, and sent to the browser as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trame_rca.view_adapter import RcaViewAdapter
from trame_slicer.views import AbstractView, ScheduledRenderStrategy

from .area import ViewArea
from .pictures import PictureLine, ViewPictures
from .view_keys import ignore_keys

if TYPE_CHECKING:
    from trame_server import Server


class _InTurn(ScheduledRenderStrategy):
    """Has a view drawn when its turn comes."""

    def __init__(self, pictures: ViewPictures) -> None:
        super().__init__()
        self._pictures = pictures

    def schedule_render(self) -> None:
        self._pictures.schedule_render()


class StreamedView:
    """Connects a view with the area of that name in the page.

    Parameters
    ----------
    view, name
        The view, and its name in the page.
    line
        In which views wait for their turn.
    """

    def __init__(self, view: AbstractView, name: str, line: PictureLine) -> None:
        window = view.render_window()
        # Samples of 8 make a slice take twice as long, and there is nothing to be smoothed.
        window.SetMultiSamples(0)
        # Displayable managers do nothing for a view that no layout shows.
        view.set_mapped_in_layout(True)
        ignore_keys(view.interactor())
        area = ViewArea(window)
        self._pictures = ViewPictures(area, line)
        view.set_scheduled_render(_InTurn(self._pictures))
        self._adapter = RcaViewAdapter(
            area, name, scheduler=self._pictures, do_schedule_render_on_interaction=False
        )

    def register(self, server: Server) -> None:
        """Make the view known to the page, once the server is up."""
        server.controller.rc_area_register(self._adapter)

    def send_anew(self) -> None:
        """Send the picture even if nothing has changed."""
        self._pictures.reset()
