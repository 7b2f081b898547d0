"""A whole prediction: proposal, what passes doubt of it, why a lesion got its label, all in one folder."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...labels.label_map import write_label_map
from ...scans.ct_scan import CTScan
from ...scoring.protocol import ScoringProtocol
from ...whole_files import write_whole
from ..explanation import write_explanation
from ..proposed_lesions import ProposedLesion, proposed_lesion
from ..relevance import explain, explainable
from ..store import Model
from .doubt_document import with_doubts
from .engines import Device
from .folder import DOCUMENT_NAME, prediction_files, prediction_folder
from .gathered_passes import GatheredPasses, PassOptions, gather_passes
from .probability_file import probability_file
from .proposal import Proposal, proposal_document, propose
from .slices import Precision
from .uncertainty_maps import write_uncertainty_maps
from .usability import UNUSABLE_KEY, unusable_because
from .written_files import FILES_KEY, written_files

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

    With passes there are the maps of :mod:`~CACScoringLib.model.prediction.uncertainty_maps`. All files come
    together once the last one is written; until then an older prediction in the folder stays as it is,
    whatever happens. Nothing else is replaced, be it a reader's labels or a proposal corrected since.

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
        Told of, and asked before, each batch of slices and each gradient of an explanation.

    Returns
    -------
    What ``prediction.json`` holds.

    Raises
    ------
    PredictionCancelledError
        If the caller cancelled.
    CACError
        If a lesion to be explained does not exist or cannot be explained, something cannot be computed or
        written, or a file in the folder is in the way that is no prediction's.
    """
    with prediction_folder(out) as folder:
        work = _Prediction(folder, model, scan, protocol, options, progress, cancelled)
        proposal = work.proposal()
        # before minutes are spent on passes
        lesions = [
            explainable(scan, proposed_lesion(scan, proposal.cac, protocol, each)) for each in options.explain
        ]
        document = proposal_document(proposal, scan, protocol)
        document[UNUSABLE_KEY] = unusable_because(proposal, scan)
        seconds = document["prediction"]["seconds"]
        if options.passes is not None:
            gathered = work.passes(proposal, options.passes)
            document = with_doubts(document, gathered, proposal, scan, protocol)
            seconds["passes"] = round(gathered.seconds, 3)
        if lesions:
            start = time.perf_counter()
            document["explanations"] = [work.explanation(each) for each in lesions]
            seconds["explanations"] = round(time.perf_counter() - start, 3)
        document[FILES_KEY] = written_files(folder, prediction_files(folder))
        write_whole(folder / DOCUMENT_NAME, json.dumps(document, indent=2, allow_nan=False) + "\n")
    return document


@dataclass(frozen=True, eq=False)
class _Prediction:
    """The parts of a prediction; each writes its files into the folder."""

    folder: Path
    model: Model
    scan: CTScan
    protocol: ScoringProtocol
    options: PredictionOptions
    progress: StageProgress | None
    cancelled: Callable[[], bool] | None

    def proposal(self) -> Proposal:
        options, scan = self.options, self.scan
        with ExitStack() as stack:
            keep = None
            if options.with_probabilities:
                path = self.folder / "probabilities.npz"
                keep = stack.enter_context(probability_file(path, self.model.config, scan))
            proposal = propose(
                self.model,
                scan,
                "exact" if options.with_probabilities else options.precision,
                options.device,
                protocol=self.protocol,
                keep=keep,
                progress=lambda done, total: self._tell("Slices", done, total),
                cancelled=self.cancelled,
            )
        write_label_map(self.folder / "cac.nrrd", proposal.cac, scan.geometry, "cac")
        if proposal.car is not None:
            write_label_map(self.folder / "car.nrrd", proposal.car, scan.geometry, "car")
        return proposal

    def passes(self, proposal: Proposal, options: PassOptions) -> GatheredPasses:
        def told(number: int, done: int, total: int) -> None:
            name = f"Pass {number} of {options.passes}"
            self._tell(name, (number - 1) * total + done, options.passes * total)

        gathered = gather_passes(
            self.model,
            self.scan,
            proposal.focus,
            self.protocol,
            options,
            self.options.device,
            progress=told,
            cancelled=self.cancelled,
        )
        write_uncertainty_maps(self.folder, gathered, self.scan.geometry)
        return gathered

    def explanation(self, lesion: ProposedLesion) -> dict[str, Any]:
        relevance = explain(
            self.model,
            self.scan,
            lesion,
            self.options.device,
            keep_lm_apart=self.protocol.keep_lm_apart,
            progress=lambda done, total: self._tell(f"Explaining lesion {lesion.id}", done, total),
            cancelled=self.cancelled,
        )
        return write_explanation(self.folder, relevance, self.scan)

    def _tell(self, what: str, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress(what, done, total)
