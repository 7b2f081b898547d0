"""What a model's passes doubt of each slice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class SliceDoubt(NamedTuple):
    """A slice of a scan and what passes doubt of it.

    Doubts of voxels are means over the slice's candidate voxels in the heart's part of it, 0 without any
    (MTAL 2.3). W are the network's weights, of which each pass is a sample.

    Parameters
    ----------
    scan
        Number of the scan in the project.
    slice_index
        Which slice, from 0.
    candidates
        Candidate voxels in the heart's part of the slice.
    variance
        Of the probability of calcium: MTAL's uncertainty (2.3).
    entropy, mutual_information
        H(C) and I(C; W) of C, calcium or not, in nats (BALD; Houlsby 2011, for dropout Gal 2017).
    region_information
        I(R; W) of R, the artery's region that a voxel lies in, in nats; 0 of a network that knows no regions.
    label_entropy, label_information
        H(L) and I(L; W) of the label L that counts, in nats: an artery where there is calcium in its region,
        OTHER elsewhere. Its probabilities are products of both answers, as MTAL 2.2.4 combines them.
    risk_change
        By how many risk categories the scan's score is expected to move once the slice is known, see
        :mod:`.risk`; None unless it was worked out.
    agatston_change
        The same of the Agatston score that the slice adds.
    """

    scan: int
    slice_index: int
    candidates: int = 0
    variance: float = 0.0
    entropy: float = 0.0
    mutual_information: float = 0.0
    region_information: float = 0.0
    label_entropy: float = 0.0
    label_information: float = 0.0
    risk_change: float | None = None
    agatston_change: float | None = None


STORED = SliceDoubt._fields[:-2]
"""What depends on the passes alone, and not on what readers have signed off since."""


@dataclass(frozen=True, eq=False)
class ScanDoubts:
    """What passes leave behind of some slices of a scan.

    Parameters
    ----------
    doubts
        One per slice, ascending.
    agatston
        What each pass gives to each of these slices, float64 ``[slice, pass]``.
    features
        Of each of these slices, float32 ``[slice, feature]``, mean over passes; a row of NaN where a slice
        was not computed for want of candidates.
    """

    doubts: list[SliceDoubt]
    agatston: NDArray[np.float64]
    features: NDArray[np.float32]
