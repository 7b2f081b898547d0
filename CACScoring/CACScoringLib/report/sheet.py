"""A sheet of paper to set text on, in millimetres from its upper left corner."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

A4_MM = (210.0, 297.0)
MM_PER_INCH = 25.4
MM_PER_POINT = MM_PER_INCH / 72
INK, MUTED, RULE, PAPER = "#1b1f24", "#59636e", "#d3d9df", "#ffffff"
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
Align = Literal["left", "center", "right"]

_PREFERRED_FONTS = ("Arial", "Liberation Sans")


class Sheet:
    """An A4 page, portrait. Text stands on baselines; sizes of type are in points."""

    def __init__(self) -> None:
        from matplotlib.figure import Figure

        self.figure: Figure = Figure(figsize=(A4_MM[0] / MM_PER_INCH, A4_MM[1] / MM_PER_INCH))

    def text(
        self,
        x: float,
        baseline: float,
        text: str,
        size: float = 8.0,
        *,
        bold: bool = False,
        colour: str = INK,
        align: Align = "left",
    ) -> None:
        """Set one line of text; characters that no font has become question marks."""
        self.figure.text(
            x / A4_MM[0],
            1 - baseline / A4_MM[1],
            drawable(text),
            fontsize=size,
            family=font_families(),
            fontweight="bold" if bold else "normal",
            color=colour,
            ha=align,
            va="baseline",
            parse_math=False,
        )

    def box(
        self, x: float, y: float, width: float, height: float, fill: str, *, edge: str | None = None
    ) -> None:
        """Draw a rectangle."""
        from matplotlib.patches import Rectangle

        self.figure.add_artist(
            Rectangle(
                (x / A4_MM[0], 1 - (y + height) / A4_MM[1]),
                width / A4_MM[0],
                height / A4_MM[1],
                transform=self.figure.transFigure,
                facecolor=fill,
                edgecolor=edge or "none",
                linewidth=0.5 if edge else 0,
            )
        )

    def rule(self, x: float, y: float, width: float, *, colour: str = RULE, thick: float = 0.2) -> None:
        """Draw a horizontal line, ``thick`` in mm."""
        self.box(x, y - thick / 2, width, thick, colour)

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        """Make room for a picture."""
        return self.figure.add_axes(
            (x / A4_MM[0], 1 - (y + height) / A4_MM[1], width / A4_MM[0], height / A4_MM[1])
        )


@contextlib.contextmanager
def drawing_settings() -> Iterator[None]:
    """Settings to draw and write under: nobody's own, and the same input gives the same bytes."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        # TrueType keeps text crisp and searchable.
        matplotlib.rcParams["pdf.fonttype"] = 42
        matplotlib.rcParams["svg.hashsalt"] = "coronary-calcium"
        yield


@cache
def font_families() -> tuple[str, ...]:
    """Families to set text in: a usual one for reports where it is installed, then matplotlib's own."""
    from matplotlib import font_manager

    installed = set(font_manager.get_font_names())
    return (*[name for name in _PREFERRED_FONTS if name in installed][:1], "DejaVu Sans")


def drawable(text: str) -> str:
    """Replace what the fonts have no sign for, line breaks included, by question marks."""
    return "".join(letter if _has_sign(letter) else "?" for letter in text)


def width_mm(text: str, size: float, *, bold: bool = False) -> float:
    """Width of a line of text; kerning would make it a little less."""
    return sum(_advance(letter, bold) for letter in drawable(text)) * size * MM_PER_POINT


def wrapped(text: str, size: float, width: float, *, bold: bool = False) -> list[str]:
    """Break text into lines of at most this width in mm; a word that is too long is shortened."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if width_mm(longer, size, bold=bold) <= width:
            lines[-1] = longer
        else:
            lines.append(shortened(word, size, width, bold=bold))
    return [line for line in lines if line]


def shortened(text: str, size: float, width: float, *, bold: bool = False) -> str:
    """Leave out the middle of text that is wider than ``width`` mm."""
    if width_mm(text, size, bold=bold) <= width:
        return text
    fits, too_many = 0, len(text)
    while too_many - fits > 1:
        kept = (fits + too_many) // 2
        if width_mm(_without_middle(text, kept), size, bold=bold) <= width:
            fits = kept
        else:
            too_many = kept
    return _without_middle(text, fits)


def _without_middle(text: str, kept: int) -> str:
    head = (kept + 1) // 2
    return text[:head] + ELLIPSIS + text[len(text) - (kept - head) :]


@cache
def _has_sign(letter: str) -> bool:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return any(
        get_font(findfont(FontProperties(family=family))).get_char_index(ord(letter))
        for family in font_families()
    )


@cache
def _advance(letter: str, bold: bool) -> float:
    """How far a letter moves the pen, in sizes of type."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=font_families(), size=100, weight="bold" if bold else "normal")
    # What is measured is ink, so between two letters; a space has none.
    between, alone = (
        text_to_path.get_text_width_height_descent(text, font, False)[0] for text in (f"x{letter}x", "xx")
    )
    return (between - alone) / 100
