"""Ten thousand random actions, undone and redone at random, against a list of whole states."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from CACAnnotationLib.session.calcium import Exclusion, Reach
from CACAnnotationLib.session.picking import ViewStroke
from CACAnnotationLib.session.session import AnnotationSession
from CACAnnotationLib.store.actions import LAYERS
from CACScoringLib.schemes import label_scheme
from CACScoringLib.scoring.scores import score_scan
from session_samples import open_session, small_scan
from test_session_proposals import proposal

ACTIONS, REOPENED_EVERY = 10_000, 500


def state(session: AnnotationSession) -> tuple[bytes, ...]:
    statuses = tuple((each.status, each.note) for each in session.desk.reading.slice_status)
    return *(session.desk.layers[layer].tobytes() for layer in LAYERS), repr(statuses).encode()


def act(session: AnnotationSession, rng: np.random.Generator) -> bool:
    """Do something at random; returns whether it changed anything."""
    place = rng.uniform((0, 0, 0), (23, 19, 5))
    slice_index = int(rng.integers(6))
    label = str(rng.choice(label_scheme().names))
    path = rng.uniform(0, 20, (rng.integers(1, 5), 2))
    geometry = session.desk.scan.geometry
    normal = np.eye(3)[rng.integers(3)]
    drawn = place + rng.normal(0, 6, (4, 3)) * (1 - normal)
    stroke = ViewStroke.of(geometry.ras_of(drawn), geometry.ijk_to_ras[:3, :3] @ normal)
    reach = Reach.SLICE if rng.random() < 0.3 else Reach.LESION
    calcium, regions, proposals, slices = (
        session.calcium,
        session.regions,
        session.proposals,
        session.slices,
    )
    choices = [
        lambda: calcium.click(place, label, reach),
        lambda: calcium.clear(place, reach),
        lambda: calcium.brush(stroke, 2.0, label),
        lambda: calcium.brush_clear(stroke, 2.0),
        lambda: calcium.lasso(stroke, label),
        lambda: calcium.rest_is_other(slice_index if rng.random() < 0.9 else None),
        lambda: calcium.exclude(place, Exclusion.STENT),
        lambda: calcium.include(place),
        lambda: regions.scribble(slice_index, path, 1.0, label),
        lambda: regions.contour(slice_index, [*path, path[0]]),
        lambda: regions.erase(slice_index, path, 1.5),
        lambda: regions.no_artery(slice_index),
        lambda: regions.clear(slice_index),
        lambda: proposals.accept(slice_index),
        lambda: proposals.accept_lesion(place),
        lambda: proposals.reject_lesion(place),
        lambda: slices.sign_off(slice_index, rest_is_other=True),
        lambda: slices.skip(slice_index),
        lambda: slices.flag(slice_index, label),
    ]
    return choices[rng.integers(len(choices))]()


def test_random_actions(tmp_path: Path) -> None:
    rng = np.random.default_rng(20)
    scan = small_scan()
    session = open_session(tmp_path, scan)
    states, position = [state(session)], 0
    for number in range(ACTIONS):
        if number % REOPENED_EVERY == 0:
            session.close()
            session = open_session(tmp_path, scan)
            session.proposals.show(proposal())
        choice = rng.random()
        if choice < 0.3:
            assert (session.undo() is None) == (position == 0)
            position = max(position - 1, 0)
        elif choice < 0.5:
            assert (session.redo() is None) == (position == len(states) - 1)
            position = min(position + 1, len(states) - 1)
        elif act(session, rng):
            states[position + 1 :] = [state(session)]
            position += 1
            assert states[position] != states[position - 1]
        assert state(session) == states[position], number
        if number % 100 == 0:
            counted = np.where(session.desk.layers["excluded"] > 0, 1, session.desk.layers["cac"])
            counted = np.where(session.desk.layers["cac"] > 0, counted, 0).astype(np.uint8)
            assert session.scores == score_scan(scan, counted, session.desk.protocol)
            assert not session.desk.layers["cac"][scan.hu < 130].any()
