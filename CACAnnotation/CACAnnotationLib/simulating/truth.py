"""What is true of a scan, in the labels that a project knows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.labels.label_map import read_label_map
from CACScoringLib.schemes import LabelScheme, label_scheme
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class ScanTruth:
    """True labels, uint8 ``[slice, row, column]``.

    Parameters
    ----------
    cac
        Of calcium: an artery's value, OTHER, or 0 where there is no candidate.
    car
        Of regions: OTHER everywhere but where an artery runs.
    """

    cac: NDArray[np.uint8]
    car: NDArray[np.uint8]

    @classmethod
    def read(cls, cac: Path, car: Path, geometry: VolumeGeometry, scheme: LabelScheme) -> ScanTruth:
        """Read both label maps; the left main belongs to LAD where a scheme does not keep it apart.

        Raises
        ------
        CACError
            If a map cannot be read or lies on another grid.
        """
        return cls(*(in_scheme(read_label_map(path, geometry), scheme) for path in (cac, car)))


def in_scheme(labels: NDArray[np.uint8], scheme: LabelScheme) -> NDArray[np.uint8]:
    """Return label values as a scheme has them."""
    lm, lad = (label_scheme()[name].value for name in ("LM", "LAD"))
    return labels if "LM" in scheme.names else np.where(labels == lm, np.uint8(lad), labels)
