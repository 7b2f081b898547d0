"""Coronary calcium on CT: scans, candidates, scores, agreement, synthetic cohorts, reports.

The names below are imported on first use, so that ``import CACScoringLib`` costs nothing.

>>> import CACScoringLib as cac
>>> scan = cac.read_scan(path)  # doctest: +SKIP
>>> candidates = cac.find_candidates(scan)  # doctest: +SKIP
>>> cac.score_scan(scan, labels, cac.protocol_named("agatston")).total  # doctest: +SKIP

For research use only; not a medical device.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "CACError": "errors",
    "VolumeGeometry": "geometry",
    "label_scheme": "schemes",
    "CTScan": "scans.ct_scan",
    "read_scan": "scans.reader",
    "Candidates": "candidates.candidates",
    "find_candidates": "candidates.candidates",
    "read_label_map": "labels.label_map",
    "write_label_map": "labels.label_map",
    "ScoringProtocol": "scoring.protocol",
    "protocol_named": "scoring.protocol",
    "score_scan": "scoring.scores",
    "risk_category": "scoring.risk",
    "make_phantom": "phantom.phantom",
}

__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
