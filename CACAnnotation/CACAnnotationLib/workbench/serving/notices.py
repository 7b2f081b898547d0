"""Small pages of the gate itself: starting, the token, what went wrong."""

from __future__ import annotations

from aiohttp import web
from CACScoringLib.disclaimer import DISCLAIMER
from jinja2 import Environment

_PAGE = Environment(autoescape=True).from_string(
    """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<title>CoronaryCalcium</title>
{% if again_after_s %}<meta http-equiv="refresh" content="{{ again_after_s }}">{% endif %}
<style>
html { color-scheme: dark; background: #0b0d10; color: #dfe5ec; }
html, input, button { font: 16px system-ui, "Liberation Sans", sans-serif; }
main { max-width: 480px; margin: 30vh auto; padding: 0 20px; }
input, button { padding: 6px 10px; }
small { color: #e0a63a; }
</style>
</head>
<body>
<main>
<h1>CoronaryCalcium</h1>
<p role="status">{{ text }}</p>
{% if asks_for_token %}<form method="post" action="/">
<label>Token <input type="password" name="token" autocomplete="current-password" required autofocus></label>
<button>Begin</button>
</form>{% endif %}
<p><small>{{ disclaimer }}</small></p>
</main>
</body>
</html>
"""
)


def notice_page(
    text: str, *, again_after_s: int | None = None, asks_for_token: bool = False, status: int = 200
) -> web.Response:
    """Make a page with a sentence.

    Parameters
    ----------
    text
        The sentence.
    again_after_s
        Seconds after which the page loads itself again; None for never.
    asks_for_token
        Whether it has a field for the token.
    status
        Of HTTP.
    """
    page = _PAGE.render(
        text=text[:1].upper() + text[1:],
        again_after_s=again_after_s,
        asks_for_token=asks_for_token,
        disclaimer=DISCLAIMER,
    )
    return web.Response(text=page, content_type="text/html", status=status)
