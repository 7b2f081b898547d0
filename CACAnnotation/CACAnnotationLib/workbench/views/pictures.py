"""Pictures of views on their way to the browser: one after another, that under the mouse first.

trame-rca draws each view by itself as soon as it asks, so that the picture a reader waits for waits for those
of all other views. And it draws a view anew only to send the same picture once more in better quality.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from trame_rca.encoders import RcaImageEncoder

from .area import ViewArea

_MOVING_QUALITY, _STILL_QUALITY = 75, 95
"""Of JPEG, in per cent: while something changes, and once nothing does."""
_CALM_S = 0.15
"""So long nothing has to change for the better quality."""
_LEAST_PERIOD_S = 1 / 40
"""Between two pictures of a view."""


class ViewPictures:
    """Pictures of one view: what trame-rca calls a render scheduler.

    Parameters
    ----------
    area
        Of the view.
    line
        In which the view waits for its turn.
    """

    target_fps = 1 / _LEAST_PERIOD_S

    def __init__(self, area: ViewArea, line: PictureLine) -> None:
        self.rca, self._line = area, line
        self._push: Callable[[bytes, dict[str, object]], None] | None = None
        self._pixels: NDArray[np.uint8] | None = None
        self._quality = 0
        self._sent_at = 0.0
        self.waiting = False
        line.join(self)

    def set_push_callback(self, callback: Callable[[bytes, dict[str, object]], None]) -> None:
        """Say where pictures go."""
        self._push = callback

    def schedule_render(self) -> None:
        """Ask to be drawn."""
        self.waiting = True
        self._line.wake()

    def reset(self) -> None:
        """Send the picture even if it is the same: a page has come that shows none."""
        self._pixels = None
        self.schedule_render()

    async def close(self) -> None:
        """End drawing; the line ends for all views."""
        self._line.stop()

    @property
    def due_s(self) -> float:
        """Seconds until the view may be drawn again."""
        return max(0.0, self._sent_at + _LEAST_PERIOD_S - time.monotonic())

    @property
    def could_be_better(self) -> bool:
        """Whether the browser has the picture in the quality of moving ones."""
        return self._pixels is not None and self._quality < _STILL_QUALITY

    async def draw(self) -> None:
        """Draw the view, and send what has changed."""
        self.waiting = False
        pixels, _columns, _rows = self.rca.img_cols_rows
        if self._pixels is not None and np.array_equal(pixels, self._pixels):
            return
        self._pixels = pixels
        await self._send(_MOVING_QUALITY)

    async def improve(self) -> None:
        """Send the picture in the quality of still ones."""
        await self._send(_STILL_QUALITY)

    async def _send(self, quality: int) -> None:
        pixels = self._pixels
        assert pixels is not None
        rows, columns, _ = pixels.shape
        self._quality, self._sent_at = quality, time.monotonic()
        loop = asyncio.get_running_loop()
        content, facts, _when = await loop.run_in_executor(
            None, RcaImageEncoder.JPEG.encode, pixels, columns, rows, quality
        )
        if self._push is not None:
            self._push(content, facts)


class PictureLine:
    """Draws views one at a time: that under the mouse first, then in the order in which they joined."""

    def __init__(self) -> None:
        self._views: list[ViewPictures] = []
        self._asked = asyncio.Event()
        self._task = asyncio.ensure_future(self._draw())

    def join(self, view: ViewPictures) -> None:
        """Take a view in."""
        self._views.append(view)

    def wake(self) -> None:
        """Look for views that wait."""
        self._asked.set()

    def stop(self) -> None:
        """Draw no more."""
        self._task.cancel()

    async def _draw(self) -> None:
        while True:
            view = self._next()
            if view is None:
                await self._rest()
            elif view.due_s:
                await asyncio.sleep(view.due_s)
            else:
                await view.draw()

    def _next(self) -> ViewPictures | None:
        waiting = [view for view in self._views if view.waiting]
        return min(waiting, key=lambda view: (view.due_s > 0, not view.rca.has_mouse), default=None)

    async def _rest(self) -> None:
        """Wait until a view asks; meanwhile, once it is calm, send better pictures."""
        self._asked.clear()
        try:
            await asyncio.wait_for(self._asked.wait(), _CALM_S)
        except asyncio.TimeoutError:
            poorer = next((view for view in self._views if view.could_be_better), None)
            if poorer is not None:
                await poorer.improve()
            else:
                await self._asked.wait()
