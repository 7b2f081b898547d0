"""The page's templates, put together from their parts."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import trame_client.module
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..views.four_views import SLICE_VIEWS, SURFACE_VIEW
from . import FOLDER

_OF_TRAME = Path(trame_client.module.__file__).parent / "vue3-www" / "index.html"


def page_template() -> dict[str, str]:
    """Return the templates that the browser's Vue fills with the state of the page, as trame names them."""
    # Vue has the curly brackets.
    parts = Environment(
        loader=FileSystemLoader(FOLDER),
        block_start_string="[%",
        block_end_string="%]",
        variable_start_string="[[",
        variable_end_string="]]",
        undefined=StrictUndefined,
        autoescape=True,
    )
    views = {**SLICE_VIEWS, SURFACE_VIEW: "3-D"}
    return {
        "trame__template_main": parts.get_template("bench.html").render(views=views),
        "trame__template_error": parts.get_template("lost.html").render(),
    }


@cache
def page_html() -> str:
    """Return the page that loads trame's program, whose name is trame's to choose."""
    program, style = (
        re.search(pattern, _OF_TRAME.read_text(encoding="utf-8"))
        for pattern in (r'src="(\./assets/[^"]+\.js)"', r'href="(\./assets/[^"]+\.css)"')
    )
    assert program is not None
    assert style is not None
    return (FOLDER / "index.html").read_text(encoding="utf-8").format(program=program[1], style=style[1])
