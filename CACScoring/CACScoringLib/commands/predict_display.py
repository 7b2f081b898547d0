"""A prediction as a reader at a terminal wants to see it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..disclaimer import DISCLAIMER
from ..schemes import OTHER

MOST_SHOWN = 5
"""Doubtful lesions that are named; the document lists more."""


def summary(document: dict[str, Any], out: Path) -> str:
    """Say what is proposed and how sure that is.

    Parameters
    ----------
    document
        What ``prediction.json`` holds.
    out
        Where it was written.
    """
    facts = document["prediction"]
    looked_at = facts["looked_at"]["slices"]
    unusable = document["unusable_because"]
    return "\n".join(
        [
            f"Agatston score {document['total']['agatston']:.1f} ({_arteries(document)}), "
            f"{document['review']['state']}{'; not to be used:' if unusable else ''}",
            *(f"  {reason}" for reason in unusable),
            *_distribution(document),
            *_doubtful(document),
            *_explanations(document),
            *document["notes"],
            *(
                f"{warning['code']}: {warning['message']}"
                for warning in document["warnings"]
                if warning["message"] not in unusable
            ),
            f"{looked_at} slice{'' if looked_at == 1 else 's'} in {sum(facts['seconds'].values()):.1f} s, "
            f"{facts['precision']}, {facts['arithmetic']}; written to {out}",
            f"{DISCLAIMER}.",
        ]
    )


def _arteries(document: dict[str, Any]) -> str:
    return ", ".join(f"{name} {scores['agatston']:.1f}" for name, scores in document["arteries"].items())


def _distribution(document: dict[str, Any]) -> Iterator[str]:
    found = document.get("score_distribution")
    if found is None:
        return
    if found["unusable_because"]:
        # shares of passes would look like probabilities
        yield f"{found['passes']} passes with dropout say nothing of the score then, nor of the risk"
        return
    total, risk = found["total"], found["risk"]
    low, high = total["interval"]
    yield (
        f"Over {found['passes']} passes with dropout: median {total['median']:.1f}, 90 % between {low:.1f} "
        f"and {high:.1f}; score 0 in {_percent(total['zero_probability'])}"
    )
    shares = [f"{name} {_percent(share)}" for name, share in risk["probabilities"].items() if share]
    yield f"Risk category ({risk['scheme']}): {', '.join(shares)}"


def _doubtful(document: dict[str, Any]) -> Iterator[str]:
    found = document.get("uncertainty")
    if found is None:
        return
    lesions = found["doubtful_lesions"]
    if not lesions:
        if not document["unusable_because"]:
            yield "No lesion is doubtful"
        return
    count = len(lesions) + found["doubtful_lesions_left_out"]
    shown = lesions[:MOST_SHOWN]
    most = f"; the {len(shown)} that matter most to the score" if count > len(shown) else ""
    yield f"{_counted(count)} doubtful{most}:"
    for lesion in shown:
        yield f"  {_lesion(lesion)}"


def _lesion(lesion: dict[str, Any]) -> str:
    """One line on a doubtful lesion; slices are counted from 1, as everywhere for people."""
    first, last = (index + 1 for index in lesion["slices"])
    where = f"slice {first}" if first == last else f"slices {first} to {last}"
    numbers = lesion["lesions"]
    if numbers:
        what = f"{lesion['label']}, lesion{'' if len(numbers) == 1 else 's'} {', '.join(map(str, numbers))}"
    else:
        what = lesion["label"] + (", too small to count" if lesion["label"] != OTHER else "")
    return (
        f"{where}, brightest at i,j,k {','.join(map(str, lesion['peak_ijk']))}: proposed {what}; Agatston "
        f"{lesion['agatston']:.1f} if all of it counts, doubt {_percent(lesion['doubt'])}"
    )


def _counted(count: int) -> str:
    return "1 lesion is" if count == 1 else f"{count:,} lesions are"


def _explanations(document: dict[str, Any]) -> Iterator[str]:
    for each in document.get("explanations", []):
        yield (
            f"Lesion {each['lesion']}, {each['label']} with probability {each['probability']:.2f}, in "
            f"{each['picture']}:"
        )
        yield from (f"  {sentence}" for sentence in each["sentences"])


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
