"""trame's server with the workbench in it, for whoever knows its key."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from contextlib import suppress

from aiohttp import web
from trame_rca import module as pictures
from trame_server import Server

from ..project.project import Project
from . import downloads, uploads
from .bench import Workbench, bind
from .page import FOLDER
from .page.template import page_html, page_template
from .serving.reader_process import KEY_HEADER

_PAGE = "/index.html"


class CoreServer:
    """Serves one reader on a port of this machine.

    Parameters
    ----------
    project
        The project that is served.
    key
        Whoever asks has to know it.
    """

    def __init__(self, project: Project, key: str) -> None:
        self._key = key
        self._server = server = Server("cac", client_type="vue3")
        server.enable_module(pictures)
        server.enable_module(
            {"serve": {"cac": str(FOLDER)}, "styles": ["cac/bench.css"], "scripts": ["cac/bench.js"]}
        )
        server.state.update({"trame__title": "CoronaryCalcium", **page_template()})
        self._bench = Workbench(server, project, asyncio.get_running_loop())
        bind(server, self._bench)
        server.controller.on_server_bind.add(self._bind)
        server.controller.on_server_ready.add(lambda **_: self._ready())

    async def serve(self) -> None:
        """Serve until :meth:`stop`."""
        await self._server.start(
            port=0,
            host="127.0.0.1",
            open_browser=False,
            show_connection_info=False,
            disable_logging=True,
            timeout=0,
            exec_mode="task",
        )

    async def stop(self) -> None:
        """Stop serving, and let go of everything; labels are stored already."""
        self._bench.stop()
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._server.stop(), 2)

    def _bind(self, wslink_server) -> None:  # type: ignore[no-untyped-def]  # of wslink, which has no stubs
        wslink_server.app.middlewares.append(self._guarded)
        routes = wslink_server.app.router
        routes.add_get(_PAGE, _show_page)
        routes.add_get(downloads.ROUTE, self._bench.downloads.fetch)
        routes.add_put(uploads.ROUTE, self._bench.uploads.take)

    def _ready(self) -> None:
        self._bench.register_views()
        print(f"\nlistening {self._server.port}", flush=True)

    @web.middleware
    async def _guarded(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if not hmac.compare_digest(request.headers.get(KEY_HEADER, ""), self._key):
            raise web.HTTPForbidden(text="Open the workbench at its own address.")
        return await handler(request)


async def _show_page(_request: web.Request) -> web.Response:
    return web.Response(text=page_html(), content_type="text/html")
