"""Elements of a DICOM data set as plain values; an element that is absent or empty is None."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset


def values_of(dataset: Dataset, keyword: str) -> list[Any]:
    """Return the values of an element, empty where it is absent."""
    value = dataset.get(keyword)
    if value is None or value == "":
        return []
    return [value] if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__") else list(value)


def text_of(dataset: Dataset, keyword: str) -> str | None:
    """Return the printable characters of an element."""
    text = " ".join(str(part) for part in values_of(dataset, keyword))
    # Control characters could steer the terminal that a message is shown on.
    return "".join(character for character in text if character.isprintable()).strip() or None


def uid_of(dataset: Dataset, keyword: str) -> str | None:
    """Return a unique identifier; one mixed with other text by damage is replaced, always by the same."""
    uid = text_of(dataset, keyword)
    if uid is None or re.fullmatch(r"[0-9.]{1,64}", uid):
        return uid
    return f"2.25.{int(hashlib.blake2b(uid.encode(), digest_size=16).hexdigest(), 16)}"


def number_of(dataset: Dataset, keyword: str) -> float | None:
    """Return the first value of an element; None also where it is no finite number."""
    values = values_of(dataset, keyword)
    return float(values[0]) if values and np.isfinite(float(values[0])) else None


def finite_of(dataset: Dataset, keyword: str, default: float) -> float:
    """Return the first value of an element, or ``default`` where it is absent; ``ValueError`` for NaN."""
    values = values_of(dataset, keyword)
    number = float(values[0]) if values else default
    if not np.isfinite(number):
        raise ValueError(f"{keyword} is no finite number")
    return number


def positive_of(dataset: Dataset, keyword: str) -> float | None:
    """Return the first value of an element; None also where it is not above 0, as anonymisers leave it."""
    number = number_of(dataset, keyword)
    return number if number is not None and number > 0 else None


def numbers_of(dataset: Dataset, keyword: str, count: int) -> NDArray[np.float64] | None:
    """Return the values of an element; None also where they are not ``count`` finite numbers."""
    values = np.array([float(part) for part in values_of(dataset, keyword)])
    return values if values.size == count and np.isfinite(values).all() else None
