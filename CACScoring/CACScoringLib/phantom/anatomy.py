"""One patient's organs, drawn together so that each fits the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .abdomen import Abdomen
from .chest_wall import ChestWall
from .coronaries import Branch, grow_coronaries
from .heart import Heart
from .mediastinum import Mediastinum
from .patient import Patient
from .spine import Spine


@dataclass(frozen=True, eq=False)
class Anatomy:
    """One patient's organs, each able to say where it is."""

    patient: Patient
    heart: Heart
    coronaries: dict[str, Branch]
    chest: ChestWall
    spine: Spine
    mediastinum: Mediastinum
    abdomen: Abdomen


def draw_anatomy(rng: np.random.Generator, patient: Patient) -> Anatomy:
    """Draw the organs of a patient."""
    heart = Heart(rng, patient)
    spine = Spine(rng, patient.height_cm)
    return Anatomy(
        patient,
        heart,
        grow_coronaries(rng, heart),
        ChestWall(rng, patient),
        spine,
        Mediastinum(rng, patient, heart, spine),
        Abdomen(rng, heart),
    )
