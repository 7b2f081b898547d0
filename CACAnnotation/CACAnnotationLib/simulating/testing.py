"""What a model makes of scans whose truth is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from CACScoringLib.agreement.label_agreement import lesion_counts
from CACScoringLib.agreement.overlap import binary_counts, binary_f1, f1_score, micro_f1, ratio
from CACScoringLib.agreement.paired_voxels import pair_voxels
from CACScoringLib.scoring.protocol import protocol_named
from CACScoringLib.scoring.scores import score_scan
from numpy.typing import NDArray

from ..project.pool import pool_of
from ..project.project import Project
from ..store.parts import TEST
from .base_project import truths_of

if TYPE_CHECKING:
    from CACScoringLib.model.prediction.engines import Device

PROTOCOL = protocol_named("mtal2022")
_CLASSES = 4
"""No artery, LAD, LCX, RCA."""


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
    """

    scan: str
    volume_mm3: list[float]
    lesions: list[int]
    agatston: list[float]


def results_of(model: Path, project: Project, device: Device = "auto") -> Iterator[ScanResult]:
    """Run a model over the test part of a project; scored as MTAL scores (SCIENCE, ``mtal2022``)."""
    from CACScoringLib.model.prediction.proposal import propose
    from CACScoringLib.model.store import load_model

    loaded, truth_of = load_model(model), truths_of(project)
    for entry, _ in pool_of(project, TEST):
        scan = project.read_scan(entry)
        truth = truth_of(entry, scan.geometry).cac
        labels = propose(loaded, scan, "exact", device).cac
        counts = lesion_counts(pair_voxels(scan, truth, labels, PROTOCOL)).sum(axis=0)
        yield ScanResult(
            f"{entry.id} {entry.name}",
            (counts[:-4] * scan.geometry.voxel_volume_mm3).tolist(),
            counts[-4:].tolist(),
            [score_scan(scan, each, PROTOCOL).total.agatston for each in (truth, labels)],
        )


def volumes(scans: Iterable[ScanResult]) -> NDArray[np.float64]:
    """Return the volumes of all scans together, ``(class, class)``."""
    return np.sum([each.volume_mm3 for each in scans], axis=0).reshape(_CLASSES, _CLASSES)


def figures(scans: Sequence[ScanResult]) -> dict[str, float]:
    """Return micro-F1, and F1, sensitivity and PPV of calcium in any artery; NaN where undefined.

    By volume (MTAL eqs. 5-7), F1 also by lesion: a lesion is found when one of its voxels is.
    """
    by_artery = volumes(scans)
    found, true, proposed = binary_counts(by_artery)
    lesions = np.sum([each.lesions for each in scans], axis=0)
    return {
        "micro_f1": float(micro_f1(by_artery)),
        "f1": float(f1_score(found, true, proposed)),
        "sensitivity": float(ratio(found, true)),
        "ppv": float(ratio(found, proposed)),
        "lesion_f1": float(binary_f1(*lesions)),
    }
