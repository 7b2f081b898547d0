"""The explanation of a lesion's label as files and as part of a prediction's document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..scans.ct_scan import CTScan
from ..whole_files import write_whole
from .prediction.volume_file import write_volume
from .relevance import BASELINE_HU, STEPS, Relevance
from .relevance_picture import relevance_picture
from .relevance_shares import relevance_shares

METHOD = (
    f"integrated gradients of the mean log-probability of the label, {STEPS} steps from a slice of nothing "
    f"but soft tissue ({BASELINE_HU} HU) and no candidate; each slice on its own"
)


def write_explanation(folder: Path, relevance: Relevance, scan: CTScan) -> dict[str, Any]:
    """Write ``relevance-N.nrrd`` and ``relevance-N.png`` for lesion N.

    The map holds, on the scan's grid and as float32, how much each voxel's HU and its being a candidate or
    not speak for the lesion's label (positive) or against it (negative), in nats; 0 in slices without the
    lesion, of which the network saw nothing when it labelled the lesion.

    Parameters
    ----------
    folder
        Exists.
    relevance, scan
        The explanation, and its scan.

    Returns
    -------
    JSON-able dictionary: probability of the label, what the relevance adds up to, where it lies, in figures
    and in sentences.

    Raises
    ------
    CACError
        If a file cannot be written whole.
    """
    lesion = relevance.lesion
    name = f"relevance-{lesion.id}"
    volume = np.zeros(scan.geometry.shape, np.float32)
    volume[relevance.slices] = relevance.both
    about = {"relevance": f"for {lesion.label} of lesion {lesion.id}, in nats", "method": METHOD}
    write_volume(folder / f"{name}.nrrd", volume, scan.geometry, about)
    write_whole(folder / f"{name}.png", relevance_picture(relevance, scan))
    shares = relevance_shares(relevance, scan.geometry)
    return {
        "lesion": lesion.id,
        "label": lesion.label,
        "map": f"{name}.nrrd",
        "picture": f"{name}.png",
        "method": METHOD,
        "slices": relevance.slices.tolist(),
        "probability": relevance.probability,
        "log_probability": relevance.log_probability,
        "log_probability_at_baseline": relevance.at_baseline,
        "sum_of_relevance": float(relevance.both.sum(dtype=np.float64)),
        "shares": shares._asdict(),
        "sentences": shares.sentences(lesion.label),
    }
