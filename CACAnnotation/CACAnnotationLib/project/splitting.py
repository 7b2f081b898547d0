"""Dividing the patients of a project between training, validation and test."""

from __future__ import annotations

from collections import Counter

import numpy as np
from CACScoringLib.errors import CACError

from ..store.parts import TEST, TRAINING, VALIDATION, give_parts, parts_of_patients
from .project import Project


def split_patients(project: Project, validation: float, test: float, seed: int) -> dict[str, str]:
    """Give a part to every patient that has none; whoever has one keeps it.

    So a patient who validated a model never trains the next one, however many scans are added.

    Parameters
    ----------
    project
        The project.
    validation, test
        Share of all patients; each at least one patient where it is above 0.
    seed
        Of the draw; the same patients in the same state get the same parts.

    Returns
    -------
    Part of each patient, one of :data:`~CACAnnotationLib.store.parts.PARTS`.

    Raises
    ------
    CACError
        If the shares leave nobody to train on, or somebody else splits at the same moment.
    """
    if not (0 <= validation < 1 and 0 <= test < 1 and validation + test < 1):
        raise CACError(
            f"shares of {validation:g} for validation and {test:g} for test leave nothing to train on"
        )
    known = parts_of_patients(project.store)
    patients = sorted({scan.patient for scan in project.scans})
    free = [patient for patient in patients if patient not in known]
    counts = Counter(known[patient] for patient in patients if patient in known)
    given: dict[str, str] = {}
    order = [free[index] for index in np.random.default_rng(seed).permutation(len(free))]
    for part, share in ((TEST, test), (VALIDATION, validation)):
        wanted = max(round(share * len(patients)), 1 if share else 0) - counts[part]
        given |= {order.pop(): part for _ in range(min(max(wanted, 0), len(order)))}
    given |= dict.fromkeys(order, TRAINING)
    if TRAINING not in {*given.values(), *counts}:
        raise CACError(
            f"{len(patients)} patients are too few for such shares: none is left to train on; add scans first"
        )
    if not give_parts(project.store, given):
        raise CACError("somebody else has split this project at the same moment; try again")
    return {patient: given.get(patient) or known[patient] for patient in patients}
