"""Scores that follow clicks: bit by bit those of the whole scan."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from CACAnnotationLib.session.calcium import Exclusion, Reach
from CACAnnotationLib.session.session import AnnotationSession
from CACScoringLib.schemes import label_scheme
from CACScoringLib.scoring.protocol import PRESETS, ScoringProtocol
from CACScoringLib.scoring.scores import ScanScores, score_scan
from session_samples import open_session
from volumes import random_scan

CLICKS = 150


def scores_anew(session: AnnotationSession) -> ScanScores:
    """Scores of the layers as they are, found in the whole scan."""
    layers = session.desk.layers
    kept_out = (layers["excluded"] > 0) & (layers["cac"] > 0)
    return score_scan(session.desk.scan, np.where(kept_out, 1, layers["cac"]), session.desk.protocol)


def act(session: AnnotationSession, rng: np.random.Generator) -> None:
    """Click on a candidate at random, or undo, redo, or say that all the rest is OTHER."""
    candidates = session.desk.candidates
    centre = candidates.centroid_ijk[rng.integers(len(candidates))]
    label = str(rng.choice(label_scheme().names))
    choices = {
        "click": lambda: session.calcium.click(centre, label),
        "click in a slice": lambda: session.calcium.click(centre, label, Reach.SLICE),
        "clear": lambda: session.calcium.clear(centre),
        "exclude": lambda: session.calcium.exclude(centre, Exclusion.STENT),
        "include": lambda: session.calcium.include(centre),
        "the rest": lambda: session.calcium.rest_is_other(int(rng.integers(candidates.geometry.shape[0]))),
        "undo": session.undo,
        "redo": session.redo,
    }
    choices[rng.choice(list(choices), p=(0.4, 0.15, 0.1, 0.1, 0.05, 0.02, 0.1, 0.08))]()


@pytest.mark.parametrize("protocol", PRESETS.values(), ids=PRESETS)
def test_scores_are_those_of_the_whole_scan_after_every_click(
    tmp_path: Path, protocol: ScoringProtocol
) -> None:
    rng = np.random.default_rng(7)
    scan, _ = random_scan(3)
    session = open_session(tmp_path, scan)
    session.desk.protocol = dataclasses.replace(protocol, mass_factor=0.8)
    agatston = set()
    for number in range(CLICKS):
        act(session, rng)
        assert session.scores == scores_anew(session), number
        agatston.add(session.scores.total.agatston)
        if number % 50 == 25:
            session.close()
            session = open_session(tmp_path, scan)
            session.desk.protocol = dataclasses.replace(
                protocol, threshold_hu=float(rng.choice([130, 150, 170])), mass_factor=0.8
            )
            assert session.scores == scores_anew(session), number
    assert len(agatston) > CLICKS / 15
