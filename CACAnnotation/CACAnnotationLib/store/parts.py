"""Which patients train, validate and test a model."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from .label_store import LabelStore
from .plain_errors import plain_errors
from .schema import PATIENT_PARTS

TRAINING, VALIDATION, TEST = "training", "validation", "test"
PARTS = (TRAINING, VALIDATION, TEST)


def parts_of_patients(store: LabelStore) -> dict[str, str]:
    """Return the part of each patient that was given one; all others train."""
    with plain_errors(store.place), store.engine.connect() as connection:
        return {row.patient: row.part for row in connection.execute(select(PATIENT_PARTS))}


def give_parts(store: LabelStore, parts: Mapping[str, str]) -> bool:
    """Give patients a part that have none yet, all or nobody; False if somebody else did so meanwhile."""
    if not parts:
        return True
    # In one order, so that two who do this at the same moment wait for each other on one side only.
    rows = [{"patient": patient, "part": part} for patient, part in sorted(parts.items())]
    with plain_errors(store.place):
        try:
            with store.engine.begin() as connection:
                connection.execute(insert(PATIENT_PARTS), rows)
        except IntegrityError:
            return False
    return True
