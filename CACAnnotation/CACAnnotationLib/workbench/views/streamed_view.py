"""A view that is drawn when it asks for that, and sent to the browser as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trame_rca.schedulers import RcaImageRenderScheduler
from trame_rca.view_adapter import RcaViewAdapter
from trame_slicer.views import AbstractView, ScheduledRenderStrategy

from .area import ViewArea
from .view_keys import ignore_keys

if TYPE_CHECKING:
    from trame_server import Server

_PICTURES_A_SECOND = 30.0
_MOVING_QUALITY, _STILL_QUALITY = 70, 95
"""Of JPEG, in per cent: while something changes, and once nothing does."""


class _SentPictures(ScheduledRenderStrategy):
    """Has a view drawn as soon as the one before is on its way."""

    def __init__(self, scheduler: RcaImageRenderScheduler) -> None:
        super().__init__()
        self._scheduler = scheduler

    def schedule_render(self) -> None:
        self._scheduler.schedule_render()


class StreamedView:
    """Connects a view with the area of that name in the page.

    Parameters
    ----------
    view, name
        The view, and its name in the page.
    """

    def __init__(self, view: AbstractView, name: str) -> None:
        self.view, self.name = view, name
        window = view.render_window()
        # Samples of 8 make a slice take twice as long, and there is nothing to be smoothed.
        window.SetMultiSamples(0)
        # Displayable managers do nothing for a view that no layout shows.
        view.set_mapped_in_layout(True)
        ignore_keys(view.interactor())
        self._area = ViewArea(window)
        self._scheduler = RcaImageRenderScheduler(
            self._area,
            target_fps=_PICTURES_A_SECOND,
            interactive_quality=_MOVING_QUALITY,
            still_quality=_STILL_QUALITY,
        )
        view.set_scheduled_render(_SentPictures(self._scheduler))
        self._adapter = RcaViewAdapter(
            self._area, name, scheduler=self._scheduler, do_schedule_render_on_interaction=False
        )

    def register(self, server: Server) -> None:
        """Make the view known to the page, once the server is up."""
        server.controller.rc_area_register(self._adapter)

    def draw_soon(self) -> None:
        """Have the view drawn."""
        self._scheduler.schedule_render()
