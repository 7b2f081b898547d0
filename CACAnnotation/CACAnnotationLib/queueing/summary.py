"""How far the queue is, in numbers and in words."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ..store.label_store import LabelStore
from .queued_slice import DONE, FIRST, FLAGGED, INTER, INTRA, LEASED, SETTLE, WAITING
from .rounds import Round, rounds_of


def queue_document(store: LabelStore) -> list[dict[str, Any]]:
    """Return a JSON-able list of rounds with numbers of slices by kind and status."""
    return [
        {
            "round": each.number,
            "strategy": each.strategy,
            "model": each.model,
            "made": each.made.isoformat(timespec="seconds"),
            "slices": each.number_of(),
            "done": each.number_of(statuses=(DONE,)),
            "entries": [
                {"kind": kind, "status": status, "count": count}
                for (kind, status), count in sorted(each.counts.items())
            ],
        }
        for each in rounds_of(store)
    ]


def nothing_left(store: LabelStore, number: int | None = None) -> str:
    """Say why a reader gets no slice from the queue, or from one of its rounds."""
    rounds = [each for each in rounds_of(store) if number in (None, each.number)]
    if not rounds:
        return "The queue is empty: rank slices, or start a round"
    left = Counter[str]()
    for each in rounds:
        for (kind, status), count in each.counts.items():
            if status != DONE:
                left["adjudication" if kind == SETTLE else status] += count
    if not left:
        of = "the queue" if number is None else f"round {number}"
        return f"All slices of {of} are signed off"
    said = {
        LEASED: "with another reader",
        FLAGGED: "flagged for another reader",
        WAITING: "waiting for another reader, or for a first reading",
        "adjudication": "to be settled by an adjudicator",
    }
    parts = [f"{left[key]} {words}" for key, words in said.items() if left[key]]
    return "Nothing is left for you: " + ", ".join(parts)


def round_in_words(each: Round) -> str:
    """Say how far a round is, in one line."""
    parts = [f"{each.number_of(statuses=(DONE,))} of {each.number_of()} slices"]
    for kinds, words in (((INTRA, INTER), "second readings"), ((SETTLE,), "differences settled")):
        count = each.number_of(kinds=kinds)
        if count:
            parts.append(f"{each.number_of(kinds=kinds, statuses=(DONE,))} of {count} {words}")
    flagged = each.number_of(kinds=(FIRST, INTRA, INTER, SETTLE), statuses=(FLAGGED,))
    if flagged:
        parts.append(f"{flagged} flagged")
    return f"Round {each.number} ({each.strategy}): " + ", ".join(parts)
