"""Hands requests and messages on to a reader's process, and back."""

from __future__ import annotations

import asyncio

from aiohttp import ClientSession, WSMessage, WSMsgType, web

from .reader_process import KEY_HEADER, ReaderProcess

_KEPT = ("Content-Type", "Content-Length", "Content-Disposition", "ETag", "Last-Modified")
_TAKEN_OVER = 4001
"""Code with which a page is told that its session is shown in another one."""
_CHUNK = 1 << 18


async def forward_request(
    client: ClientSession, process: ReaderProcess, request: web.Request
) -> web.StreamResponse:
    """Hand a request on, and the answer back, piece by piece."""
    url = f"http://127.0.0.1:{await process.port()}{request.rel_url.raw_path_qs}"
    headers = {
        name: value
        for name, value in request.headers.items()
        if name in ("Content-Type", "X-CAC-Path", "If-None-Match")
    }
    body = request.content if request.can_read_body else None
    async with client.request(
        request.method, url, headers=headers | {KEY_HEADER: process.key}, data=body, allow_redirects=False
    ) as answer:
        kept = {name: answer.headers[name] for name in _KEPT if name in answer.headers}
        response = web.StreamResponse(status=answer.status, headers=kept)
        await response.prepare(request)
        async for chunk in answer.content.iter_chunked(_CHUNK):
            await response.write(chunk)
        await response.write_eof()
        return response


async def forward_messages(
    client: ClientSession, process: ReaderProcess, page: web.WebSocketResponse
) -> None:
    """Hand messages on in both directions until either side has gone."""
    url = f"ws://127.0.0.1:{await process.port()}/ws"
    headers = {KEY_HEADER: process.key}
    async with client.ws_connect(url, headers=headers, max_msg_size=0, autoping=True) as core:
        there = asyncio.create_task(_pass_on(page, core))
        back = asyncio.create_task(_pass_on(core, page))
        _done, others = await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
        for task in others:
            task.cancel()
        await asyncio.gather(there, back, return_exceptions=True)


async def take_over(page: web.WebSocketResponse) -> None:
    """Tell a page that its session goes on in another one."""
    await page.close(code=_TAKEN_OVER, message=b"shown in another page")


async def _pass_on(source, target) -> None:  # type: ignore[no-untyped-def]  # sockets of both sides
    message: WSMessage
    async for message in source:
        if message.type is WSMsgType.BINARY:
            await target.send_bytes(message.data)
        elif message.type is WSMsgType.TEXT:
            await target.send_str(message.data)
