"""What the page asks for, checked: a page is outside, and may ask for anything."""

from __future__ import annotations

import math

from CACScoringLib.errors import CACError


def number_in(asked: object, least: float, most: float) -> float:
    """Return a number, moved into a range.

    Raises
    ------
    CACError
        If it is none.
    """
    try:
        number = float(asked)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = math.nan
    if math.isnan(number):
        raise CACError(f"a number from {least:g} to {most:g} is needed here")
    return min(max(number, least), most)


def whole_in(asked: object, least: int, most: int) -> int:
    """Return a whole number, moved into a range; errors as :func:`number_in`."""
    return round(number_in(asked, least, most))


def text_of(asked: object, longest: int) -> str:
    """Return a text without the white space around it.

    Raises
    ------
    CACError
        If it is none, or longer than that.
    """
    if not isinstance(asked, str) or len(asked) > longest:
        raise CACError(f"a text of at most {longest} characters is needed here")
    return asked.strip()
