"""Who may come in: the right host, the same origin, a signed session cookie and, where asked for, a token."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from aiohttp import web

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SAFE_METHODS = ("GET", "HEAD")


class Access:
    """Checks requests.

    Parameters
    ----------
    host
        The address that is listened on.
    token
        What a reader must know to begin; None where everybody on this machine may.
    """

    def __init__(self, host: str, token: str | None) -> None:
        self._any_host = host not in _LOOPBACK
        self._token = token
        # With a token, sessions outlive the server: a reader goes on after it was started anew.
        self._key = token.encode() if token is not None else secrets.token_bytes(32)

    @property
    def needs_token(self) -> bool:
        """Whether a reader must know a token."""
        return self._token is not None

    def is_token(self, given: str) -> bool:
        """Tell whether somebody knows the token."""
        return self._token is not None and hmac.compare_digest(self._token.encode(), given.encode())

    def check_origin(self, request: web.Request) -> None:
        """Refuse pages of other sites, which a reader's browser may have open at the same time.

        Raises
        ------
        aiohttp.web.HTTPForbidden
            If the request names another host, as after DNS rebinding, or comes from another origin.
        """
        name = urlsplit(f"//{request.host}").hostname
        if not self._any_host and name not in _LOOPBACK:
            raise web.HTTPForbidden(text="This address is not the workbench's.")
        origin = request.headers.get("Origin")
        changes = (
            request.method not in _SAFE_METHODS or "upgrade" in request.headers.get("Connection", "").lower()
        )
        if changes and (origin is None or urlsplit(origin).netloc != request.host):
            raise web.HTTPForbidden(text="This request came from another page than the workbench's.")

    def session_of(self, request: web.Request) -> str | None:
        """Return the session of a request's cookie, None where there is none that was given here."""
        session, _dot, signature = request.cookies.get(self._cookie(request), "").partition(".")
        return session if session and hmac.compare_digest(signature, self._sign(session)) else None

    def begin(self, request: web.Request, response: web.StreamResponse) -> str:
        """Begin a session: its cookie goes along with a response."""
        session = secrets.token_urlsafe(24)
        response.set_cookie(
            self._cookie(request),
            f"{session}.{self._sign(session)}",
            httponly=True,
            samesite="Strict",
            secure=request.secure,
            path="/",
        )
        return session

    @staticmethod
    def _cookie(request: web.Request) -> str:
        """Name of the cookie; servers on other ports of a machine share its cookies."""
        return f"cac-{urlsplit(f'//{request.host}').port or 80}"

    def _sign(self, session: str) -> str:
        return hmac.new(self._key, session.encode(), hashlib.sha256).hexdigest()
