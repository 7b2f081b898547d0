"""What a model proposes for a scan: label maps that a reader then corrects."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...candidates.candidates import find_candidates
from ...disclaimer import DISCLAIMER
from ...scans.ct_scan import CTScan
from ...schemes import OTHER, label_scheme
from ...scoring.protocol import ScoringProtocol
from ...scoring.review import ReviewState
from ...scoring.scored_scan import ScoredScan, as_json
from ...scoring.scores import score_scan
from ..configuration import NetworkConfig
from ..inputs import CANDIDATE_HU
from ..store import Model
from .engines import Device
from .focus import Focus
from .matrix import candidate_mask
from .slices import Precision, SliceAnswers, SliceProgress, slice_pass
from .threshold import label_at_threshold


@dataclass(frozen=True, eq=False)
class Proposal:
    """Label maps on the scan's grid, uint8 ``[slice, row, column]``, and how they came about.

    Parameters
    ----------
    cac
        0 where there is no candidate or nothing was computed, else OTHER or an artery.
    car
        Artery region; 0 where nothing was computed. None from a single-task network, which knows no regions.
    focus
        What was computed.
    facts
        Model, precision, device, arithmetic, timing, what part of the scan was looked at; JSON-able.
    notes
        Sentences that a reader should know.
    """

    cac: NDArray[np.uint8]
    car: NDArray[np.uint8] | None
    focus: Focus
    facts: dict[str, Any]
    notes: tuple[str, ...]


def propose(
    model: Model,
    scan: CTScan,
    precision: Precision = "fast",
    device: Device = "auto",
    *,
    protocol: ScoringProtocol | None = None,
    keep: Callable[[SliceAnswers], object] | None = None,
    progress: SliceProgress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Proposal:
    """Label a scan as the model sees it (SCIENCE, "Published network").

    CAC is what the network gives more than one half, on candidates: voxels strictly above 130 HU. CAR is the
    most probable class. A CAC voxel has the artery that CAR has there, and is OTHER where CAR says so.

    Parameters
    ----------
    model, scan, device
        What to run, on what, where.
    precision
        See :data:`Precision`; what ``"focused"`` did not look at stays unlabelled.
    protocol
        If it counts voxels at exactly 130 HU, those that touch labelled calcium are labelled with it.
    keep
        Called with the probabilities of each batch of slices.
    progress, cancelled
        See :meth:`SlicePass.answers`.

    Raises
    ------
    CACError
        If the device does not exist, memory does not suffice, or the caller cancelled.
    """
    start = time.perf_counter()
    run = slice_pass(model, scan, precision, device)
    ready = time.perf_counter()
    values = label_values(model.config)
    cac = np.zeros(scan.geometry.shape, np.uint8)
    car = None if model.config.kind == "single_task" else np.zeros_like(cac)
    rows, columns = run.focus.rows, run.focus.columns
    candidates = 0
    for answers in run.answers(progress, cancelled):
        part = candidate_mask(scan.values[answers.slices][:, rows, columns])
        candidates += int(part.sum())
        calcium, region = labels_of(answers, part, values)
        cac[answers.slices, rows, columns] = calcium
        if car is not None and region is not None:
            car[answers.slices, rows, columns] = region
        if keep is not None:
            keep(answers)
    if protocol is not None:
        label_at_threshold(cac, scan, protocol)
    end = time.perf_counter()
    facts = {
        "model": model.name,
        "network": model.config.as_document(),
        "precision": precision,
        "device": run.device,
        "arithmetic": run.arithmetic,
        "seconds": {"getting_ready": round(ready - start, 3), "network": round(end - ready, 3)},
        "looked_at": {
            "slices": len(run.focus.slices),
            "rows": [rows.start, rows.stop],
            "columns": [columns.start, columns.stop],
            "candidate_voxels": candidates,
        },
    }
    return Proposal(cac, car, run.focus, facts, tuple(_notes(cac, car, candidates)))


def label_values(config: NetworkConfig) -> NDArray[np.uint8]:
    """Label value of each region channel of a network."""
    scheme = label_scheme()
    return np.array([scheme[name].value for name in config.region_classes], np.uint8)


def labels_of(
    answers: SliceAnswers, candidates: NDArray[np.bool_], values: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    """Return CAC and CAR labels ``[slice, row, column]`` of slices.

    Parameters
    ----------
    answers
        Probabilities of the slices.
    candidates
        Mask of their candidate voxels.
    values
        Label value of each class; the first is OTHER.
    """
    if answers.region is None:
        artery = values[answers.lesion.argmax(axis=1)]
        return np.where(candidates, artery, np.uint8(0)), None
    region = values[answers.region.argmax(axis=1)]
    calcified = np.where(answers.lesion[:, 1] > 0.5, region, values[0])
    return np.where(candidates, calcified, np.uint8(0)), region


def proposal_document(proposal: Proposal, scan: CTScan, protocol: ScoringProtocol) -> dict[str, Any]:
    """Return scores, their state "proposed", facts and notes of a proposal as a JSON-able dictionary.

    A score of 0 stands there as 0: it is what the model proposes, and the state says that nobody looked.
    """
    slices = scan.geometry.size[2]
    scores = score_scan(scan, proposal.cac, protocol)
    scored = ScoredScan(scan, protocol, len(find_candidates(scan, protocol)), ReviewState(slices, 0), scores)
    document = as_json(scored)
    document["review"]["state"] = f"proposed by a model, 0 of {slices} slices reviewed"
    notes = list(proposal.notes)
    if protocol.keep_lm_apart and not proposal.facts["network"]["with_lm"]:
        notes.append("this model knows no left main: calcium there is counted in LAD")
    if protocol.threshold_hu < CANDIDATE_HU:
        notes.append(
            f"the protocol counts from {protocol.threshold_hu:g} HU on, but this model labels nothing below "
            f"{CANDIDATE_HU} HU: the score may be too low"
        )
    return {
        "state": "proposed",
        "notice": f"{DISCLAIMER}.",
        "prediction": proposal.facts,
        "notes": notes,
        **document,
    }


def _notes(cac: NDArray[np.uint8], car: NDArray[np.uint8] | None, candidates: int) -> list[str]:
    other = label_scheme()[OTHER].value
    if not candidates:
        return [f"no voxel that was looked at is above {CANDIDATE_HU} HU: there is nothing to label"]
    if car is not None and not (car > other).any():
        return ["the model finds no coronary artery in this scan; is the heart in the field?"]
    return []
