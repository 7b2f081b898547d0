"""The simulated reader's work on a project, and how much of it there was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.scoring.protocol import ScoringProtocol
from sqlalchemy import func, select

from ..project.project import Project
from ..session.proposal import ProposedLabels
from ..store.parts import TRAINING, parts_of_patients
from ..store.plain_errors import plain_errors
from ..store.progress import progress_of
from ..store.schema import EVENTS, READINGS
from .base_project import truths_of
from .choosing import Chosen
from .simulated_clock import ActionSeconds
from .simulated_reader import SimulatedReader

if TYPE_CHECKING:
    from CACScoringLib.model.prediction.engines import Device


class Labelled(NamedTuple):
    """What is labelled in the training part.

    Parameters
    ----------
    slices
        That are signed off.
    seconds
        Of the reader.
    drawing_seconds
        How many of them went into scribbles and contours.
    """

    slices: int
    seconds: float
    drawing_seconds: float = 0.0


def label_chosen(
    project: Project,
    chosen: Chosen,
    reader: SimulatedReader,
    model: Path | None = None,
    device: Device = "auto",
) -> None:
    """Have a reader label slices.

    Parameters
    ----------
    project, chosen, reader
        Which slices of which project are labelled, and by whom.
    model
        Proposes, if there is one.
    device
        Where it computes.
    """
    truth_of = truths_of(project)
    proposer = None if model is None else _Proposer(model, device)
    for entry in project.scans:
        if entry.id in chosen:
            scan = project.read_scan(entry)
            proposal = None if proposer is None else proposer.proposed(scan, with_lm=project.with_lm)
            truth = truth_of(entry, scan.geometry)
            reader.label(project, entry, scan, chosen[entry.id], truth, proposal)


class _Proposer:
    def __init__(self, model: Path, device: Device) -> None:
        from CACScoringLib.model.store import load_model

        self._model, self._device = load_model(model), device

    def proposed(self, scan: CTScan, *, with_lm: bool) -> ProposedLabels:
        from CACScoringLib.model.prediction.proposal import propose

        protocol = ScoringProtocol(keep_lm_apart=with_lm)
        found = propose(self._model, scan, "exact", self._device, protocol=protocol)
        car = np.zeros_like(found.cac) if found.car is None else found.car
        return ProposedLabels(self._model.name, found.cac, car)


def labelled_so_far(project: Project, seconds: ActionSeconds) -> Labelled:
    """Count what a simulated reader with these seconds per action has labelled in the training part."""
    parts, progress = parts_of_patients(project.store), progress_of(project.store)
    training = {each.series for each in project.scans if parts.get(each.patient, TRAINING) == TRAINING}
    drawing = {"scribble": seconds.stroke, "contour": seconds.contour}
    query = (
        select(READINGS.c.series, EVENTS.c.kind, func.count())
        .join_from(READINGS, EVENTS)
        .where(EVENTS.c.kind.in_(drawing))
        .group_by(READINGS.c.series, EVENTS.c.kind)
    )
    with plain_errors(project.store.place), project.store.engine.connect() as connection:
        strokes = connection.execute(query).all()
    return Labelled(
        sum(slices for series, slices in progress.signed_off.items() if series in training),
        sum(each.seconds for each in progress.readings if each.series in training),
        sum(drawing[kind] * count for series, kind, count in strokes if series in training),
    )
