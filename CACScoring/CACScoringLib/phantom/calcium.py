"""Which calcified lesions a patient has, before anything is drawn: counts, places, masses, densities.

The chances are set so that a cohort comes out like MTAL's (Föllmer 2022): lesions per scan by artery as in
its Table 1 (training set: 344 LAD, 168 LCX and 338 RCA lesions in 140 scans, the left main counted into LAD;
test set: 2375, 1042 and 1872 in 1047), and total Agatston scores as in its Table 5 (of 1047 patients 441 have
0, 313 below 100, 120 below 300, 173 more).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from .patient import Patient

HU_PER_MG_CM3 = 1.28
"""CT number that 1 mg/cm³ of hydroxyapatite adds at 120 kV: a calibration factor of 0.78 mg/(cm³·HU).

A choice of this phantom, of the size that calibration inserts give at 120 kV; real factors differ by scanner.
"""

NO_CALCIUM = 441 / 1047
"""Share of patients with a score of 0 (MTAL, Table 5)."""


@dataclass(frozen=True)
class LesionPlan:
    """One coronary lesion to be.

    Parameters
    ----------
    branch
        Preferred vessel, for example ``"LAD"`` or ``"D1"``.
    share
        Where along the vessel, 0 at its origin, 1 at its end.
    mass_mg
        Hydroxyapatite aimed at; what is drawn is measured afterwards.
    concentration_mg_cm3
        Hydroxyapatite in the lesion's core.
    """

    branch: str
    share: float
    mass_mg: float
    concentration_mg_cm3: float


@dataclass(frozen=True)
class _Habit:
    """How one artery calcifies: log of the mean count, its slope with severity, its own spread."""

    branches: dict[str, float]
    level: float
    slope: float
    spread: float
    along: tuple[float, float]


_HABITS = (
    _Habit({"LM": 0.09, "LAD": 0.73, "D1": 0.12, "D2": 0.06}, 1.21, 0.78, 0.4, (1.2, 1.8)),
    _Habit({"LCX": 0.74, "OM1": 0.16, "OM2": 0.10}, -0.18, 1.05, 0.7, (1.2, 1.7)),
    _Habit({"RCA": 0.86, "AM": 0.06, "PDA": 0.08}, 0.76, 1.0, 0.7, (1.0, 1.15)),
)
_MOST_PER_ARTERY = 28
_RISK_SPREAD = 0.74
"""Standard deviation, over the cohort, of what age and sex add up to."""


def plan_lesions(
    rng: np.random.Generator, patient: Patient, calcium: bool | None = None
) -> tuple[LesionPlan, ...]:
    """Plan the coronary lesions of one patient.

    Parameters
    ----------
    rng
        Source of chance.
    patient
        Calcium is likelier, and there is more of it, in men and with age.
    calcium
        None: over a cohort, none at all in the share :data:`NO_CALCIUM`; True or False decides.
    """
    risk = (0.055 * (patient.age_years - 60) + (0.45 if patient.sex == "M" else -0.55)) / _RISK_SPREAD
    own = rng.normal(0, 1, 2)
    has_calcium = 0.6 * risk + 0.8 * own[0] > NormalDist().inv_cdf(NO_CALCIUM)
    severity = 0.25 * risk + 0.97 * own[1]
    if not (has_calcium if calcium is None else calcium):
        return ()
    plans: list[LesionPlan] = []
    for habit in _HABITS:
        expected = np.exp(habit.level + habit.slope * severity + habit.spread * rng.normal())
        count = min(int(rng.poisson(expected)), _MOST_PER_ARTERY)
        plans += [_plan(rng, habit, severity) for _ in range(count)]
    plans = plans or [_plan(rng, _HABITS[0], severity)]
    # A patient who counts as calcified has at least one lesion that a scan can show.
    first = max(plans, key=lambda plan: plan.mass_mg)
    if first.mass_mg < 3.2:
        plans[plans.index(first)] = replace(first, mass_mg=3.2, concentration_mg_cm3=650.0)
    return tuple(plans)


def _plan(rng: np.random.Generator, habit: _Habit, severity: float) -> LesionPlan:
    names, chances = zip(*habit.branches.items(), strict=True)
    branch = str(rng.choice(names, p=chances))
    mass = float(np.clip(3.6 * np.exp(0.85 * severity + 0.85 * rng.normal()), 0.35, 180))
    dense = float(np.clip(350 * mass**0.12 * np.exp(rng.normal(0, 0.25)), 200, 1000))
    return LesionPlan(branch, float(rng.beta(*habit.along)), mass, dense)
