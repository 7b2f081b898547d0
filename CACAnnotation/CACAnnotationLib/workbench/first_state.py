"""What the page shows before anything has happened."""

from __future__ import annotations

from typing import Any

from CACScoringLib.disclaimer import DISCLAIMER

from ..controls.keys import KEYS
from .tour import TOUR_STEPS

FIRST_STATE: dict[str, Any] = {
    "said": "",
    "under_way": "",
    "download": "",
    "asks_for_note": False,
    "colour_blind": False,
    "head": None,
    "strip": None,
    "scores": None,
    "timer": None,
    "warnings": [],
    "disclaimer": DISCLAIMER,
    "help": False,
    "tour": 0,
    "tour_steps": TOUR_STEPS,
    "largest": "",
    "asks_for_reader": False,
    "suggested_reader": "",
    "asks_to_divide": False,
    "asked_strategy": "hybrid",
    "asked_budget": 100,
    "asked_rank_model": 0,
    "asked_double": "",
    "asked_share": 10,
    "asked_config": "small",
    "asked_format": "nrrd",
    "asked_model": 0,
    "asked_device": "auto",
    "asked_passes": 0,
    "keys": [{"key": each.key, "says": each.says} for each in KEYS],
}
"""By name; sections add theirs before the page is loaded."""
