"""What is true about a phantom, as it goes into ``truth.json``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..schemes import label_scheme
from .calcium import HU_PER_MG_CM3
from .labelling import EVIDENT_HU, THRESHOLD_HU
from .lesions import Lesion
from .patient import Patient
from .protocol import Protocol


def describe(
    seed: int,
    options: dict[str, Any],
    patient: Patient,
    protocol: Protocol,
    hu: NDArray[np.int16],
    coronary: Sequence[Lesion],
    extracoronary: Sequence[Lesion],
    implants: Sequence[str],
) -> dict[str, Any]:
    """Gather the facts.

    Masses are of hydroxyapatite in mg, volumes in mm³, both before the scanner: what was put in, not what the
    image shows. ``detected`` tells whether a lesion shows in at least one candidate voxel.
    """
    lesions = [{"artery": lesion.artery, "branch": lesion.place} | _facts(lesion, hu) for lesion in coronary]
    arteries = {}
    for label in label_scheme().arteries:
        own = [lesion for lesion in lesions if lesion["artery"] == label.name]
        arteries[label.name] = _sums(own)
    return {
        "seed": seed,
        "options": options,
        "patient": {key: _rounded(value) for key, value in asdict(patient).items()},
        "noise_hu": round(protocol.noise_hu, 2),
        "kernel": protocol.kernel.name,
        "hu_per_mg_cm3": HU_PER_MG_CM3,
        "lesions": lesions,
        "arteries": arteries,
        "total": _sums(lesions),
        "extracoronary": [{"site": lesion.place} | _facts(lesion, hu) for lesion in extracoronary],
        "implants": list(implants),
    }


def shows(lesion: Lesion, hu: NDArray[np.int16]) -> bool:
    """Tell whether a lesion makes at least one voxel a candidate."""
    patch = lesion.rendered.patch
    return bool(((hu[patch.box] >= THRESHOLD_HU) & (patch.values >= EVIDENT_HU)).any())


def _facts(lesion: Lesion, hu: NDArray[np.int16]) -> dict[str, Any]:
    rendered = lesion.rendered
    x, y, z = rendered.centre_lps_mm
    return {
        "true_mass_mg": round(rendered.mass_mg, 5),
        "true_volume_mm3": round(rendered.volume_mm3, 5),
        "peak_concentration_mg_cm3": round(rendered.peak_mg_cm3, 2),
        "centre_ras_mm": [round(float(-x), 3), round(float(-y), 3), round(float(z), 3)],
        "detected": shows(lesion, hu),
    }


def _sums(lesions: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "true_mass_mg": round(sum(lesion["true_mass_mg"] for lesion in lesions), 4),
        "true_volume_mm3": round(sum(lesion["true_volume_mm3"] for lesion in lesions), 4),
        "lesions": len(lesions),
        "detected": sum(lesion["detected"] for lesion in lesions),
    }


def _rounded(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value
