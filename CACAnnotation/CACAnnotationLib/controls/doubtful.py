"""Lesions that a model is unsure of, the least certain first."""

from __future__ import annotations

from typing import Any, NamedTuple


class DoubtfulRow(NamedTuple):
    """A lesion to look at.

    Parameters
    ----------
    label
        What the model proposes.
    doubt
        Chance that this is wrong, 0 to 1.
    agatston
        What all of the lesion would score.
    ijk
        Column, row and slice of its brightest voxel, in the scan.
    """

    label: str
    doubt: float
    agatston: float
    ijk: tuple[int, int, int]


def doubtful_rows(document: dict[str, Any], first_slice: int = 0) -> list[DoubtfulRow]:
    """Read the doubtful lesions of a prediction's document, from least to most certain.

    Parameters
    ----------
    document
        What ``prediction.json`` holds.
    first_slice
        Slice of the scan that the prediction began with.
    """
    rows = []
    for lesion in document.get("uncertainty", {}).get("doubtful_lesions", ()):
        i, j, k = lesion["peak_ijk"]
        rows.append(
            DoubtfulRow(lesion["label"], lesion["doubt"], lesion["agatston"], (i, j, k + first_slice))
        )
    return sorted(rows, key=lambda row: -row.doubt)
