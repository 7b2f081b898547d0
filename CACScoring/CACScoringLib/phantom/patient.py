"""Who the patient is: what the anatomy, the calcium and the dose depend on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np


@dataclass(frozen=True)
class Patient:
    """A person sent to calcium scoring.

    Parameters
    ----------
    age_years, sex, height_cm, bmi
        Drawn as in a chest-pain cohort.
    heart_scale
        Size of the heart against an average one.
    chest_half_width_mm, chest_half_depth_mm
        Half axes of the thoracic cavity.
    epicardial_fat_mm
        Thickness of fat between muscle and pericardium on the free walls.
    subcutaneous_fat_mm
        Thickness under the skin.
    """

    age_years: int
    sex: Literal["F", "M"]
    height_cm: float
    bmi: float
    heart_scale: float
    chest_half_width_mm: float
    chest_half_depth_mm: float
    epicardial_fat_mm: float
    subcutaneous_fat_mm: float


def draw_patient(rng: np.random.Generator) -> Patient:
    """Draw a patient; ages and sexes about as in DISCHARGE (56 % men, 60 ± 10 years)."""
    sex: Literal["F", "M"] = "M" if rng.random() < 0.56 else "F"
    age = int(np.clip(np.rint(rng.normal(60, 10)), 32, 88))
    height = float(np.clip(rng.normal(177 if sex == "M" else 164, 7), 145, 205))
    bmi = float(np.clip(27 * np.exp(rng.normal(0, 0.15)), 18, 45))
    tall, stout = height / 170, bmi / 27
    heart_scale = float(np.clip(tall**0.7 * stout**0.2 * rng.normal(1, 0.05), 0.86, 1.2))
    # The heart lies against the back of the sternum, more or less.
    depth = 91 * heart_scale - 6 + abs(rng.normal(0, 4))
    return Patient(
        age_years=age,
        sex=sex,
        height_cm=round(height, 1),
        bmi=round(bmi, 1),
        heart_scale=heart_scale,
        chest_half_width_mm=float(128 * tall**0.7 * stout**0.12 * rng.normal(1, 0.03)),
        chest_half_depth_mm=float(depth),
        epicardial_fat_mm=float(np.clip(4.0 * stout**1.2 * rng.normal(1, 0.25), 1.8, 9)),
        subcutaneous_fat_mm=float(np.clip((22 if sex == "F" else 15) * stout**2 * rng.normal(1, 0.2), 5, 60)),
    )
