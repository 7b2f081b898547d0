"""What takes its time is done once the page says that it is under way."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable

from ..controls.model_control import Later
from .context import PageContext

_ON_ITS_WAY_S = 0.05
"""So long a message has to leave before nothing else is done."""


class Soon:
    """Shows what is under way, then does it; errors are told in place.

    Parameters
    ----------
    context
        Of the page.
    done
        Called afterwards, to show what came of it.
    """

    def __init__(self, context: PageContext, done: Callable[[], object]) -> None:
        self._context, self._done = context, done
        self._tasks: set[asyncio.Task[None]] = set()

    def do(self, what: str, work: Callable[[], object | Awaitable[object]]) -> None:
        """Do something soon; returns at once.

        Parameters
        ----------
        what
            What the page shows meanwhile.
        work
            Does it.
        """
        self._context.show("under_way", what)

        async def do_it() -> None:
            self._context.send()
            await asyncio.sleep(_ON_ITS_WAY_S)
            try:
                with self._context.sentences():
                    doing = work()
                    if inspect.isawaitable(doing):
                        await doing
            finally:
                self._context.show("under_way", "")
                self._done()

        task = asyncio.ensure_future(do_it())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def later_in(loop: asyncio.AbstractEventLoop, after: Callable[[], object]) -> Later:
    """Make what brings work of other threads into a loop.

    Parameters
    ----------
    loop
        Where it is to be done.
    after
        Called after each piece of work, to send to the page what has changed.
    """

    def later(what: Callable[[], object]) -> None:
        def do_it() -> None:
            what()
            after()

        loop.call_soon_threadsafe(do_it)

    return later
