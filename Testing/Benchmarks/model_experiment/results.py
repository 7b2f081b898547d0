"""What a model makes of the scans of a cohort, beside the truth; one row per scan, kept as JSON."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from CACScoringLib.agreement.label_agreement import lesion_counts
from CACScoringLib.agreement.paired_voxels import pair_voxels
from CACScoringLib.labels.label_map import read_label_map
from CACScoringLib.model.calibration import reliability
from CACScoringLib.model.prediction.matrix import candidate_mask
from CACScoringLib.model.prediction.proposal import label_values, labels_of, propose
from CACScoringLib.model.prediction.slices import slice_pass
from CACScoringLib.model.store import Model, load_model
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.scans.reader import read_scan
from CACScoringLib.schemes import OTHER, label_scheme
from CACScoringLib.scoring.protocol import protocol_named
from CACScoringLib.scoring.scores import score_scan
from numpy.typing import NDArray
from real_geometry import CALCIUM, OTHER_CANDIDATE, real_geometries

PROTOCOL = protocol_named("mtal2022")
ARTERIES = 3


class ScanResult(NamedTuple):
    """One scan.

    Parameters
    ----------
    scan
        Its name.
    volume_mm3
        Volume of candidate voxels by "no artery", LAD, LCX, RCA, flattened, rows truth, columns model.
    lesions
        True lesions found, true lesions, proposed lesions confirmed, proposed lesions.
    agatston
        True and proposed score.
    candidates
        Of the candidate voxels, by bin of their probability of CAC: number, sum of
        probabilities, number that are CAC.
    seconds
        Of the network.
    """

    scan: str
    volume_mm3: list[float]
    lesions: list[int]
    agatston: tuple[float, float]
    candidates: list[list[float]]
    seconds: float


def results(model_folder: Path, scans: Sequence[Path], stored: Path) -> list[ScanResult]:
    """Return the results of a model on scans, by their folders, computing what is not stored yet.

    They are stored under the weights and the scans they belong to.
    """
    key = hashlib.sha256((model_folder / "weights.safetensors").read_bytes())
    key.update("\n".join(str(scan) for scan in scans).encode())
    stored = stored.with_stem(f"{stored.stem}-{key.hexdigest()[:12]}")
    if not stored.is_file():
        rows = list(_computed(load_model(model_folder), scans))
        stored.parent.mkdir(parents=True, exist_ok=True)
        stored.write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    lines = stored.read_text(encoding="utf-8").splitlines()
    return [ScanResult(*json.loads(line)) for line in lines]


class RealResult(NamedTuple):
    """What a model makes of a CT with the candidates of a real scan.

    Parameters
    ----------
    name
        Which one.
    candidates_mm3
        Volume of all candidates.
    calcium_mm3, found_mm3
        Volume of coronary calcium, and of what the model calls so of it.
    false_mm3
        Volume of what it calls coronary calcium and is not.
    """

    name: str
    candidates_mm3: float
    calcium_mm3: float
    found_mm3: float
    false_mm3: float


def real_results(model_folder: Path) -> list[RealResult]:
    """Try a model on the real geometries of the reference data; none where that is absent."""
    found = []
    for name, scan, mask in real_geometries():
        called = propose(load_model(model_folder), scan, "exact").cac > label_scheme()[OTHER].value
        voxels = (
            mask >= OTHER_CANDIDATE,
            mask == CALCIUM,
            called & (mask == CALCIUM),
            called & (mask != CALCIUM),
        )
        volumes = (np.count_nonzero(each) * scan.geometry.voxel_volume_mm3 for each in voxels)
        found.append(RealResult(name, *volumes))
    return found


def _computed(model: Model, scans: Sequence[Path]) -> Iterator[ScanResult]:
    for folder in scans:
        scan = read_scan(folder / "ct.nrrd")
        truth = read_label_map(folder / "cac.nrrd", scan.geometry)
        started = time.perf_counter()
        labels, probability = _proposed(model, scan)
        seconds = time.perf_counter() - started
        voxels = pair_voxels(scan, truth, labels, PROTOCOL)
        counts = lesion_counts(voxels).sum(axis=0)
        artery = truth > label_scheme()[OTHER].value
        bins = reliability(probability, artery[candidate_mask(scan.values)])
        yield ScanResult(
            folder.name,
            (counts[:-4] * scan.geometry.voxel_volume_mm3).tolist(),
            counts[-4:].tolist(),
            tuple(score_scan(scan, each, PROTOCOL).total.agatston for each in (truth, labels)),
            [
                bins.count.tolist(),
                (bins.count * np.nan_to_num(bins.predicted)).tolist(),
                bins.came_true.tolist(),
            ],
            seconds,
        )


def _proposed(model: Model, scan: CTScan) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """CAC labels of a scan, and the probability of CAC of each candidate voxel in ascending order."""
    run = slice_pass(model, scan, "exact")
    values = label_values(model.config)
    labels = np.zeros(scan.geometry.shape, np.uint8)
    calcium = []
    for answers in run.answers():
        mask = candidate_mask(scan.values[answers.slices])
        labels[answers.slices] = labels_of(answers, mask, values)[0]
        calcium.append((1 - answers.lesion[:, 0])[mask])
    return labels, np.clip(np.concatenate(calcium), 0, 1)
