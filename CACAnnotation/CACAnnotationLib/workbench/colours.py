"""Colours of labels: the paper's, or such as the colour-blind tell apart."""

from __future__ import annotations

from CACScoringLib.schemes import Label

_TOLD_APART = {
    "OTHER": (140, 140, 140),
    "LAD": (230, 159, 0),
    "LCX": (86, 180, 233),
    "RCA": (0, 158, 115),
    "LM": (240, 228, 66),
}
"""Okabe and Ito's, 2008."""


def shown_colour(label: Label, colour_blind: bool) -> tuple[int, int, int]:
    """Red, green and blue of a label, 0 to 255."""
    return _TOLD_APART[label.name] if colour_blind else label.colour
