"""Label values, names, colours and coded terms of the two label maps.

CAC (coronary artery calcification) and CAR (coronary artery region) share their label values, so one
scheme serves both. Values follow the label maps that the authors of MTAL (Föllmer 2022) write; colours are
those of its Figure 1, with orange added for the left main.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from .errors import CACError
from .resources import resource_path

UNLABELLED = 0
OTHER = "OTHER"


class Code(NamedTuple):
    """A coded term: scheme designator, value and meaning, as DICOM writes them."""

    scheme: str
    value: str
    meaning: str


@dataclass(frozen=True)
class Label:
    """One label of a scheme.

    Parameters
    ----------
    value
        Value in the label map on disk.
    name
        Short name, for example ``"LAD"``.
    title
        Name for people, for example ``"Left anterior descending"``.
    colour
        Red, green and blue, 0 to 255.
    region
        Coded anatomic region: the artery, or the heart for OTHER.
    """

    value: int
    name: str
    title: str
    colour: tuple[int, int, int]
    region: Code


@dataclass(frozen=True)
class LabelScheme:
    """The labels a reader may give: OTHER, LAD, LCX, RCA and, where it is kept apart, LM."""

    labels: tuple[Label, ...]
    category: Code
    calcification: Code
    anatomical_structure: Code

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all labels, in the order of their values."""
        return tuple(label.name for label in self.labels)

    @property
    def arteries(self) -> tuple[Label, ...]:
        """The labels that count: all but OTHER."""
        return tuple(label for label in self.labels if label.name != OTHER)

    @property
    def highest(self) -> int:
        """Largest label value."""
        return max(label.value for label in self.labels)

    def __getitem__(self, name: str) -> Label:
        for label in self.labels:
            if label.name == name.strip().upper():
                return label
        raise CACError(f"label '{name}' is not one of {', '.join(self.names)}")

    def of_value(self, value: int) -> Label:
        """Return the label that is written as ``value``."""
        for label in self.labels:
            if label.value == value:
                return label
        raise CACError(
            f"label value {value} is not one of {', '.join(str(each.value) for each in self.labels)}"
        )


@cache
def label_scheme(*, with_lm: bool = True) -> LabelScheme:
    """Return the scheme, read from ``Resources/LabelSchemes/arteries.json``.

    Without ``with_lm`` there is no LM label: the left main then belongs to LAD, as in MTAL.
    """
    document = json.loads(resource_path("LabelSchemes/arteries.json").read_text(encoding="utf-8"))
    labels = tuple(
        Label(entry["value"], entry["name"], entry["title"], tuple(entry["colour"]), Code(*entry["region"]))
        for entry in document["labels"]
        if with_lm or entry["name"] != "LM"
    )
    codes = {name: Code(*document[name]) for name in ("category", "calcification", "anatomical_structure")}
    return LabelScheme(labels, **codes)
