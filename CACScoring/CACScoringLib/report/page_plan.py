"""How the page is divided: what depends on how much there is to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .content import ReportContent
from .sheet import ELLIPSIS, wrapped

LEFT, WIDTH = 15.0, 180.0
"""Left margin and width of the printed part, mm."""
GAP = 5.0
STATE_TOP, STATE_HEIGHT = 30.0, 9.0
WARNINGS_TOP = STATE_TOP + STATE_HEIGHT + 3.0
WARNING_SIZE, WARNING_LINE, WARNING_CODE_WIDTH = 7.5, 3.3, 20.0
WARNING_PADDING, WARNING_HEADING, WARNING_GAP = 2.6, 4.4, 0.9
SUMMARY_HEIGHT = 46.0
HEADING_HEIGHT = 6.0
CAPTION_HEIGHT = 9.0
COLUMN_GAP = 3.0
FACTS_BOTTOM, FACT_LINE = 279.0, 3.4
FOOT = 283.0
PICTURES_IN_ROW = 3
_LOWEST_PICTURE = 36.0

WarningLines = tuple[tuple[str, str], ...]
"""Lines of the warnings: code, empty on lines that go on, and text."""


@dataclass(frozen=True)
class PagePlan:
    """How a page is divided.

    Parameters
    ----------
    warnings
        Lines of the warnings.
    rows
        Rows of pictures.
    picture_mm
        Width and height of a picture.
    """

    warnings: WarningLines
    rows: int
    picture_mm: tuple[float, float]

    @property
    def pictures(self) -> int:
        """How many pictures find room."""
        return PICTURES_IN_ROW * self.rows

    @property
    def summary_top(self) -> float:
        """Where total and score table begin, mm from the top."""
        return WARNINGS_TOP + _room_for(self.warnings) + 3.0

    @property
    def pictures_top(self) -> float:
        """Where the heading of the pictures begins, mm from the top."""
        return self.summary_top + SUMMARY_HEIGHT + GAP


def plan_page(content: ReportContent, pictures: int) -> PagePlan:
    """Divide the page so that everything finds room.

    Warnings come first: the more there are, the fewer and lower the pictures. Only warnings that would leave
    no room for one row of pictures are cut, and then their codes are named.

    Parameters
    ----------
    content
        What the report says.
    pictures
        How many pictures there are to show.
    """
    below_state = facts_top(content) - GAP - WARNINGS_TOP - 3.0 - SUMMARY_HEIGHT - GAP - HEADING_HEIGHT
    warnings = _warning_lines(content, below_state - _LOWEST_PICTURE - CAPTION_HEIGHT)
    free = below_state - _room_for(warnings)
    width = (WIDTH - (PICTURES_IN_ROW - 1) * COLUMN_GAP) / PICTURES_IN_ROW
    rows = max(1, -(-pictures // PICTURES_IN_ROW))
    while rows > 1 and free / rows - CAPTION_HEIGHT < _LOWEST_PICTURE:
        rows -= 1
    return PagePlan(warnings, rows, (width, min(width, free / rows - CAPTION_HEIGHT)))


def facts_top(content: ReportContent) -> float:
    """Where the facts at the foot of the page begin, mm from the top."""
    lines = max(len(content.acquisition), len(content.protocol))
    return FACTS_BOTTOM - HEADING_HEIGHT - lines * FACT_LINE


def warnings_height(warnings: WarningLines) -> float:
    """Height of the box of warnings, mm."""
    began = sum(bool(code) for code, _ in warnings)
    lines = len(warnings) * WARNING_LINE + (began - 1) * WARNING_GAP
    return 2 * WARNING_PADDING + WARNING_HEADING + lines if warnings else 0.0


def _room_for(warnings: WarningLines) -> float:
    return warnings_height(warnings) + 3.0 if warnings else 0.0


def _warning_lines(content: ReportContent, room: float) -> WarningLines:
    """As many warnings as find room, in mm, and what those are that do not."""
    width = WIDTH - 2 * WARNING_PADDING - WARNING_CODE_WIDTH
    texts = [(each.code, wrapped(each.message, WARNING_SIZE, width)) for each in content.warnings]
    kept = len(texts)
    lines = _lines(texts)
    while kept and _room_for(lines) > room:
        kept -= 1
        codes = ", ".join(code for code, _ in texts[kept:])
        rest = wrapped(f"and {len(texts) - kept} more, too long for this page: {codes}", WARNING_SIZE, width)
        lines = _lines([*texts[:kept], (ELLIPSIS, rest)])
    return lines


def _lines(texts: Sequence[tuple[str, list[str]]]) -> WarningLines:
    return tuple(("" if number else code, line) for code, lines in texts for number, line in enumerate(lines))
