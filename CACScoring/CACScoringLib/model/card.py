"""The card of a model: what it is, what data it has seen, how it did; for programs and for people."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..disclaimer import DISCLAIMER
from ..errors import CACError
from .configuration import NetworkConfig

NOTICE = f"{DISCLAIMER}."
UNKNOWN_DATA = "Nobody wrote down what data this model has seen."

_TITLES = {"summary": "What it is", "data": "What data it has seen"}


class Temperature(NamedTuple):
    """What class scores are divided by before softmax, task by task; 1 leaves them alone (Guo 2017).

    A single-task network has one answer, for calcium: ``lesion`` is its temperature.
    """

    region: float = 1.0
    lesion: float = 1.0

    @classmethod
    def of_card(cls, card: Mapping[str, Any]) -> Temperature:
        """Read ``card["temperature"]``; what a card does not say is 1.

        Raises
        ------
        CACError
            If a temperature is no positive number, or is that of an unknown task.
        """
        stated = card.get("temperature", {})
        if not isinstance(stated, Mapping) or not set(stated) <= set(cls._fields):
            raise CACError(f"a card's temperature is a number for each of {', '.join(cls._fields)}")
        for task, value in stated.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
                raise CACError(f"a card's temperature for {task} is {value!r}; it must be a number above 0")
        return cls(**{task: float(value) for task, value in stated.items()})


def readable_card(name: str, config: NetworkConfig, card: Mapping[str, Any]) -> str:
    """Write a card as Markdown for people.

    Parameters
    ----------
    name
        Name of the model.
    config
        What its network looks like.
    card
        ``summary`` and ``data`` are sentences and come first; everything else follows as lists.
    """
    parts = [f"# {name}", NOTICE]
    for key, title in _TITLES.items():
        if key in card:
            parts += [f"## {title}", str(card[key])]
    parts += ["## Network", "\n".join(_listed(config.as_document()))]
    for key, value in card.items():
        if key in _TITLES or key == "notice":
            continue
        parts += [f"## {key.replace('_', ' ').capitalize()}", "\n".join(_listed(value))]
    return "\n\n".join(parts) + "\n"


def _listed(value: Any, indent: str = "") -> list[str]:
    """Lines of a nested value as Markdown lists."""
    if not isinstance(value, Mapping):
        return [f"{indent}- {_inline(each)}" for each in (value if isinstance(value, list) else [value])]
    lines = []
    for key, each in value.items():
        words = key.replace("_", " ")
        if isinstance(each, Mapping):
            lines += [f"{indent}- {words}:", *_listed(each, indent + "  ")]
        else:
            lines.append(f"{indent}- {words}: {_inline(each)}")
    return lines


def _inline(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_inline, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
