"""The card of a model: what it is, what data it has seen, how it did; for programs and for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..disclaimer import DISCLAIMER
from .configuration import NetworkConfig

NOTICE = f"{DISCLAIMER}."
UNKNOWN_DATA = "Nobody wrote down what data this model has seen."

_TITLES = {"summary": "What it is", "data": "What data it has seen"}


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
