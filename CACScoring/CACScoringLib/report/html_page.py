"""The report as a single HTML file."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

from ..disclaimer import DISCLAIMER
from .content import COLUMNS, LESION_COLUMNS, ReportContent
from .page_plan import PICTURES_IN_ROW, PagePlan
from .picture_drawing import pictures_heading, slice_svg
from .pictures import SlicePicture


def page_html(content: ReportContent, pictures: Sequence[SlicePicture], plan: PagePlan) -> str:
    """Fill the template ``report.html``: styles inline, pictures as data URIs, names escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    heading, note = pictures_heading(pictures)
    return environment.get_template("report.html").render(
        report=content,
        columns=COLUMNS,
        lesion_columns=LESION_COLUMNS,
        pictures=[
            {
                "title": each.title,
                "position": each.position,
                "note": each.note,
                "source": _data_uri(slice_svg(each, *plan.picture_mm)),
            }
            for each in pictures
        ],
        in_row=PICTURES_IN_ROW,
        heading=heading,
        note=note,
        disclaimer=DISCLAIMER,
    )


def _data_uri(svg: bytes) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg).decode("ascii")
