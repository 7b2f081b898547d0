"""A whole prediction: proposal, what passes doubt of it, why a lesion got its label, all in one folder."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...labels.label_map import write_label_map
from ...scans.ct_scan import CTScan
from ...scoring.protocol import ScoringProtocol
from ...whole_files import write_whole
from ..explanation import write_explanation
from ..proposed_lesions import proposed_lesion
from ..relevance import explain
from ..store import Model
from .doubt_document import MAP_MEANING, with_doubts
from .engines import Device
from .folder import DOCUMENT_NAME, prediction_folder
from .gathered_passes import PassOptions, gather_passes
from .probabilities import empty_probabilities
from .proposal import proposal_document, propose
from .slices import Precision
from .volume_file import write_volume

StageProgress = Callable[[str, int, int], object]
"""Called with what is being done, and how many of its steps are done, of how many."""


@dataclass(frozen=True)
class PredictionOptions:
    """What a prediction consists of.

    Parameters
    ----------
    precision, device
        How and where to compute.
    passes
        Monte Carlo passes; None for a proposal without uncertainty.
    explain
        Numbers of the lesions to explain.
    with_probabilities
        Whether to write the probabilities of all voxels; they are exact whatever the precision says.
    """

    precision: Precision = "fast"
    device: Device = "auto"
    passes: PassOptions | None = None
    explain: tuple[int, ...] = ()
    with_probabilities: bool = False


def write_prediction(
    out: Path,
    model: Model,
    scan: CTScan,
    protocol: ScoringProtocol,
    options: PredictionOptions,
    *,
    progress: StageProgress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> dict[str, Any]:
    """Predict, and write ``cac.nrrd``, ``car.nrrd``, ``prediction.json`` and what else the options ask for.

    With passes there is ``uncertainty.nrrd``, float32 on the scan's grid: the variance over passes of the
    probability of calcium, 0 outside candidates (MTAL 2.3). All files come together once the last one is
    written; until then an older prediction in the folder stays as it is, whatever happens.

    Parameters
    ----------
    out
        Folder to be made or written into.
    model, scan
        What to run, on what.
    protocol
        How the proposal and each pass are scored.
    options
        What the prediction consists of.
    progress, cancelled
        Told of, and asked before, each batch of slices.

    Returns
    -------
    What ``prediction.json`` holds.

    Raises
    ------
    CACError
        If there is no lesion of a number to be explained, something cannot be computed or written, or the
        caller cancelled.
    """

    def stage(name: str) -> Callable[[int, int], object]:
        return lambda done, total: progress(name, done, total) if progress is not None else None

    with prediction_folder(out) as folder:
        keep = empty_probabilities(model.config, scan) if options.with_probabilities else None
        proposal = propose(
            model,
            scan,
            "exact" if options.with_probabilities else options.precision,
            options.device,
            protocol=protocol,
            keep=keep,
            progress=stage("Slices"),
            cancelled=cancelled,
        )
        # before minutes are spent on passes
        explained = [proposed_lesion(scan, proposal.cac, protocol, each) for each in options.explain]
        write_label_map(folder / "cac.nrrd", proposal.cac, scan.geometry, "cac")
        if proposal.car is not None:
            write_label_map(folder / "car.nrrd", proposal.car, scan.geometry, "car")
        if keep is not None:
            keep.write(folder / "probabilities.npz")
        document = proposal_document(proposal, scan, protocol)
        seconds = document["prediction"]["seconds"]
        if options.passes is not None:
            number = options.passes.passes
            gathered = gather_passes(
                model,
                scan,
                proposal.cac,
                protocol,
                options.passes,
                options.device,
                progress=lambda which, done, total: stage(f"Pass {which} of {number}")(
                    (which - 1) * total + done, number * total
                ),
                cancelled=cancelled,
            )
            values = gathered.map_of(gathered.uncertainty.variance, scan.geometry.shape)
            about = {"uncertainty": MAP_MEANING, "passes": str(number)}
            write_volume(folder / "uncertainty.nrrd", values, scan.geometry, about)
            document = with_doubts(document, gathered, proposal, scan, protocol)
            seconds["passes"] = round(gathered.seconds, 3)
        start = time.perf_counter()
        explanations = []
        for lesion in explained:
            relevance = explain(
                model,
                scan,
                lesion,
                options.device,
                keep_lm_apart=protocol.keep_lm_apart,
                progress=stage(f"Explaining lesion {lesion.id}"),
                cancelled=cancelled,
            )
            explanations.append(write_explanation(folder, relevance, scan))
        if explanations:
            document["explanations"] = explanations
            seconds["explanations"] = round(time.perf_counter() - start, 3)
        write_whole(folder / DOCUMENT_NAME, json.dumps(document, indent=2, allow_nan=False) + "\n")
    return document
