"""Listens until Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from aiohttp import web
from CACScoringLib.errors import CACError, os_reason

from .access import Access
from .choice import ServingChoice
from .gate import Gate

_USUAL_PORT = 8780


def serve(project: Path, choice: ServingChoice, say: Callable[[str], object]) -> None:
    """Serve a project until Ctrl-C, or until the process is told to end.

    Parameters
    ----------
    project
        Its folder.
    choice
        How.
    say
        Told the address.

    Raises
    ------
    CACError
        If the address cannot be listened on.
    """
    asyncio.run(_serve(Gate(project, Access(choice.host, choice.token)), choice, say))


async def _serve(gate: Gate, choice: ServingChoice, say: Callable[[str], object]) -> None:
    runner = web.AppRunner(gate.app, access_log=None, shutdown_timeout=2)
    await runner.setup()
    try:
        await _listen(runner, choice)
        address = _address_of(runner, choice.host)
        say(f"The workbench: {address}   (Ctrl-C ends it)")
        if choice.browser:
            _open_browser(address, choice.token)
        await _until_told()
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, choice: ServingChoice) -> None:
    ports = [_USUAL_PORT, 0] if choice.port is None else [choice.port]
    for port in ports:
        try:
            await web.TCPSite(runner, choice.host, port).start()
        except OSError as error:
            if error.errno != errno.EADDRINUSE or port == ports[-1]:
                raise CACError(_why_not(error, choice)) from error
        else:
            return


def _why_not(error: OSError, choice: ServingChoice) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {choice.port} is in use already; choose another one, or any that is free with --port 0"
    return f"cannot listen on {choice.host}, port {choice.port}: {os_reason(error)}"


def _address_of(runner: web.AppRunner, host: str) -> str:
    port = runner.addresses[0][1]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def _open_browser(address: str, token: str | None) -> None:
    if not _has_screen():
        return
    with contextlib.suppress(webbrowser.Error):
        webbrowser.get()
        asyncio.get_running_loop().run_in_executor(
            None, webbrowser.open, f"{address}?token={quote(token)}" if token else address
        )


def _has_screen() -> bool:
    """Tell whether a window can open; elsewhere a text browser might, and take the terminal and Ctrl-C."""
    return sys.platform in ("win32", "darwin") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


async def _until_told() -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Windows has no such handlers; there Ctrl-C ends asyncio.run itself.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, told.set)
    await told.wait()
