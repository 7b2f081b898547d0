"""Where to serve, and for whom."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from CACScoringLib.errors import CACError

_SHORTEST_TOKEN = 12


@dataclass(frozen=True)
class ServingChoice:
    """Where to listen, what readers must know, and whether to open a browser here.

    Parameters
    ----------
    host
        Address to listen on.
    port
        0 for any that is free; None for the usual one, or another if that is taken.
    token
        What readers must enter; None where everybody on this machine may begin.
    browser
        Whether to open a browser on this machine.

    Raises
    ------
    CACError
        If other machines could come in without a token, or one could be guessed.
    """

    host: str = "127.0.0.1"
    port: int | None = None
    token: str | None = None
    browser: bool = False

    def __post_init__(self) -> None:
        if self.token is not None and len(self.token) < _SHORTEST_TOKEN:
            raise CACError(
                f"a token of at least {_SHORTEST_TOKEN} characters is needed, which nobody guesses"
            )
        if self.token is None and not is_loopback(self.host):
            raise CACError(
                f"{self.host} can be reached from other machines: add --token, which readers have to enter"
            )


def is_loopback(host: str) -> bool:
    """Tell whether an address can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
