"""Who made a label: bits of the layer ``origin``."""

from __future__ import annotations

CALCIUM_BY_READER, CALCIUM_BY_MODEL = 1, 2
REGION_BY_READER, REGION_BY_MODEL, REGION_INTERPOLATED = 4, 8, 16

CALCIUM_BITS = CALCIUM_BY_READER | CALCIUM_BY_MODEL
REGION_BITS = REGION_BY_READER | REGION_BY_MODEL | REGION_INTERPOLATED
"""A label is made by one of these at most. By the model: proposed by it and accepted as it was."""
