"""From other threads into the thread of the user interface."""

from __future__ import annotations

import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

import qt

_LOOK_EVERY_MS = 50
_GIVE_WAY_S = 0.004


class UiThread:
    """Does soon what other threads ask for.

    Slicer's event loop holds the interpreter's lock while it waits. A thread of Python gets on only while the
    loop runs Python, so each look gives way for a moment.
    """

    def __init__(self) -> None:
        self._asked: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self._timer = qt.QTimer()
        self._timer.setInterval(_LOOK_EVERY_MS)
        self._timer.connect("timeout()", self._look)

    def later(self, what: Callable[[], object]) -> None:
        """Have something done; may be called from any thread."""
        self._asked.put(what)

    def watch(self, active: bool) -> None:
        """Look for what is asked, as long as anything may be."""
        if active:
            self._timer.start()
        else:
            self._timer.stop()

    def _look(self) -> None:
        time.sleep(_GIVE_WAY_S)
        while True:
            try:
                what = self._asked.get_nowait()
            except Empty:
                return
            what()
