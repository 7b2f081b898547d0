"""Listens until Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import signal
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from aiohttp import web
from CACScoringLib.errors import CACError, os_reason

from .access import Access
from .gate import Gate, is_loopback

_SHORTEST_TOKEN = 12


class ServingChoice(NamedTuple):
    """Where to listen, what readers must know, and whether to open a browser here."""

    host: str
    port: int
    token: str | None
    browser: bool


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
        If the address cannot be listened on, or must not be without a token.
    """
    if choice.token is not None and len(choice.token) < _SHORTEST_TOKEN:
        raise CACError(f"a token of at least {_SHORTEST_TOKEN} characters is needed, which nobody guesses")
    if not is_loopback(choice.host) and choice.token is None:
        raise CACError(
            f"{choice.host} can be reached from other machines: add --token, which readers have to enter"
        )
    asyncio.run(_serve(Gate(project, Access(choice.host, choice.token)), choice, say))


async def _serve(gate: Gate, choice: ServingChoice, say: Callable[[str], object]) -> None:
    runner = web.AppRunner(gate.app, access_log=None, shutdown_timeout=2)
    await runner.setup()
    try:
        site = web.TCPSite(runner, choice.host, choice.port)
        try:
            await site.start()
        except OSError as error:
            raise CACError(_why_not(error, choice)) from error
        address = _address_of(runner, choice.host)
        say(f"The workbench: {address}   (Ctrl-C ends it)")
        if choice.browser:
            _open_browser(address, choice.token)
        await _until_told()
    finally:
        await runner.cleanup()


def _why_not(error: OSError, choice: ServingChoice) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {choice.port} is in use already; choose another one, or any that is free with --port 0"
    return f"cannot listen on {choice.host}, port {choice.port}: {os_reason(error)}"


def _address_of(runner: web.AppRunner, host: str) -> str:
    port = runner.addresses[0][1]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def _open_browser(address: str, token: str | None) -> None:
    # There may be none, as on a server.
    with contextlib.suppress(webbrowser.Error):
        webbrowser.get()
        asyncio.get_running_loop().run_in_executor(
            None, webbrowser.open, f"{address}?token={quote(token)}" if token else address
        )


async def _until_told() -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Windows has no such handlers; there Ctrl-C ends asyncio.run itself.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, told.set)
    await told.wait()
