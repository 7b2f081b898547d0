"""The address that readers open: checks who comes, and hands them on to their process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import ClientError, ClientSession, web
from CACScoringLib.errors import CACError

from .access import Access
from .forwarding import forward_messages, forward_request, take_over
from .notices import notice_page
from .readers import Readers

_LARGEST_MESSAGE = 1 << 26
_LOOK_EVERY_S = 60.0
_TRY_AGAIN_S = 0.5
"""A wrong token costs so much time."""
_HEADERS = {
    # Vue compiles the page's template in the browser, and sets styles by itself.
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; frame-ancestors 'none'; base-uri 'self'; "
    "form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


class Gate:
    """Serves readers at one address.

    Parameters
    ----------
    project
        Folder of the project.
    access
        Who may come in.
    """

    def __init__(self, project: Path, access: Access) -> None:
        self._access, self._readers = access, Readers(project)
        self._pages: dict[str, web.WebSocketResponse] = {}
        self._client: ClientSession
        self.app = web.Application(middlewares=[self._guarded])
        self.app.add_routes(
            [
                web.get("/", self._enter),
                web.post("/", self._enter_with_token),
                web.get("/ready", self._ready),
                web.post("/paraview/", self._where),
                web.get("/ws", self._messages),
                web.route("*", "/{path:.*}", self._anything),
            ]
        )
        self.app.cleanup_ctx.append(self._running)
        self.app.on_response_prepare.append(_add_headers)

    async def _running(self, _app: web.Application):  # type: ignore[no-untyped-def]  # an async generator
        # A file that is handed on as it is must not be unpacked on the way.
        self._client = ClientSession(auto_decompress=False)
        self._readers.prepare()
        idle = asyncio.create_task(self._end_idle())
        yield
        idle.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await idle
        await self._readers.stop()
        await self._client.close()

    async def _end_idle(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            await self._readers.end_idle(set(self._pages))

    @web.middleware
    async def _guarded(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        self._access.check_origin(request)
        try:
            return await handler(request)
        except CACError as error:
            return notice_page(str(error), status=503)
        except ClientError:
            return notice_page(
                "your session ended unexpectedly; all labels are stored: load the page again", status=502
            )

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        """Show the workbench once its process is there; ask for the token before, where one is needed."""
        session = self._access.session_of(request)
        if session is None and self._access.needs_token:
            return await self._with_token(request, request.query.get("token"))
        if session is None:
            response = web.HTTPFound("/")
            self._access.begin(request, response)
            return response
        if self._readers.process_of(session).ready:
            raise web.HTTPFound("/index.html")
        return notice_page("Starting the workbench …", again_after_s=1)

    async def _enter_with_token(self, request: web.Request) -> web.StreamResponse:
        return await self._with_token(request, str((await request.post()).get("token", "")))

    async def _with_token(self, request: web.Request, token: str | None) -> web.StreamResponse:
        if token is None:
            return notice_page("This workbench asks for a token.", asks_for_token=True, status=401)
        if not self._access.is_token(token):
            await asyncio.sleep(_TRY_AGAIN_S)
            return notice_page(
                "This is not the token. Ask whoever started the workbench.", asks_for_token=True, status=401
            )
        # To an address without the token, which would be seen in the browser's history.
        response = web.HTTPSeeOther("/")
        self._access.begin(request, response)
        return response

    async def _ready(self, request: web.Request) -> web.StreamResponse:
        """Tell a page that lost its connection whether it may load again."""
        return web.json_response({"ready": self._readers.process_of(self._session(request)).ready})

    async def _where(self, request: web.Request) -> web.StreamResponse:
        """Answer trame's page, which asks a launcher where to connect to."""
        self._session(request)
        scheme = "wss" if request.secure else "ws"
        return web.json_response({"sessionURL": f"{scheme}://{request.host}/ws"})

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        session = self._session(request)
        process = self._readers.process_of(session)
        page = web.WebSocketResponse(max_msg_size=_LARGEST_MESSAGE, heartbeat=20, compress=False)
        await page.prepare(request)
        before, self._pages[session] = self._pages.get(session), page
        if before is not None:
            await take_over(before)
        try:
            await forward_messages(self._client, process, page)
        finally:
            if self._pages.get(session) is page:
                del self._pages[session]
            await page.close()
        return page

    async def _anything(self, request: web.Request) -> web.StreamResponse:
        process = self._readers.process_of(self._session(request))
        return await forward_request(self._client, process, request)

    def _session(self, request: web.Request) -> str:
        session = self._access.session_of(request)
        if session is None:
            raise (
                web.HTTPFound("/")
                if request.path == "/index.html"
                else web.HTTPForbidden(text="Load the page again.")
            )
        return session


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
