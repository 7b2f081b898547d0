"""How much of a scan a reader has looked at: a score of nothing reviewed is not a score of zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..scans.ct_scan import CTScan
from ..schemes import UNLABELLED
from .protocol import ScoringProtocol


@dataclass(frozen=True)
class ReviewState:
    """Slices of a scan, and how many of them were signed off; None where there are no labels."""

    slices: int
    signed_off: int | None

    @property
    def complete(self) -> bool:
        """Whether every slice was signed off."""
        return self.signed_off == self.slices

    def __str__(self) -> str:
        state = "reviewed" if self.complete else "not reviewed"
        return f"{state}, {self.signed_off or 0} of {self.slices} slices"


def review_of_labels(scan: CTScan, labels: NDArray[np.uint8], protocol: ScoringProtocol) -> ReviewState:
    """Tell from a label map how many slices were looked at.

    In a reviewed slice every candidate has a label, if only OTHER (MTAL 2.1.2); a slice in which a candidate
    is unlabelled was not signed off, nor was any slice of a label map that is empty.

    Parameters
    ----------
    scan
        The scan.
    labels
        CAC label map, ``[slice, row, column]``.
    protocol
        Says what a candidate is.
    """
    if not labels.any():
        return ReviewState(labels.shape[0], 0)
    signed_off = sum(
        not (protocol.is_candidate(hu) & (label == UNLABELLED)).any()
        for hu, label in zip(scan.hu, labels, strict=True)
    )
    return ReviewState(labels.shape[0], signed_off)
