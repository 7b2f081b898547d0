"""Where in its slices the reasons for a lesion's label lie, in figures and in words."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..geometry import VolumeGeometry
from .proposed_lesions import ProposedLesion
from .relevance import Relevance

NEAR_MM = 10.0
"""What is nearer to the lesion, in its own slice, counts as its surroundings."""


class RelevanceShares(NamedTuple):
    """Shares of all that speaks for a label; of nothing, all are 0.

    Parameters
    ----------
    in_lesion, near, elsewhere
        On the lesion's voxels, beyond them up to :data:`NEAR_MM` away, and in the rest of its slices. They
        make 1 together.
    candidates
        What the mask of candidates gives; the rest is the HU's.
    against
        All that speaks against the label over all that speaks for it.
    """

    in_lesion: float
    near: float
    elsewhere: float
    candidates: float
    against: float

    def sentences(self, label: str) -> list[str]:
        """Say where most of it lies, what the candidates have to do with it, and what is against it."""
        return [
            f"{_percent(self.in_lesion + self.near)} of what speaks for {label} lies within {NEAR_MM:g} mm "
            f"of the lesion ({_percent(self.in_lesion)} in it), {_percent(self.elsewhere)} elsewhere in its "
            "slices.",
            f"{_percent(self.candidates)} of it comes from which voxels are candidates, the rest from HU. "
            f"What speaks against {label} weighs {_percent(self.against)} as much.",
        ]


def relevance_shares(relevance: Relevance, geometry: VolumeGeometry) -> RelevanceShares:
    """Add up what speaks for a label, by where it lies and what it is.

    Parameters
    ----------
    relevance, geometry
        The map, and the geometry of its scan.
    """
    both = relevance.both.astype(np.float64)
    speaks_for = np.maximum(both, 0)
    total = speaks_for.sum()
    if not total:
        return RelevanceShares(0.0, 0.0, 0.0, 0.0, 0.0)
    away_mm = distance_mm(relevance.lesion, relevance.slices, geometry)
    in_lesion = speaks_for[away_mm == 0].sum() / total
    near = speaks_for[(away_mm > 0) & (away_mm <= NEAR_MM)].sum() / total
    inputs = [np.maximum(each, 0).sum(dtype=np.float64) for each in (relevance.hu, relevance.candidates)]
    against = -np.minimum(both, 0).sum() / total
    shares = (in_lesion, near, 1 - in_lesion - near, inputs[1] / sum(inputs), against)
    return RelevanceShares(*map(float, shares))


def distance_mm(
    lesion: ProposedLesion, slices: NDArray[np.intp], geometry: VolumeGeometry
) -> NDArray[np.float64]:
    """Distance of each pixel from the nearest of the lesion's in the same slice, ``[slice, row, column]``.

    Between centres of pixels; 0 on the lesion. Every slice has to hold part of the lesion.
    """
    outside = np.ones(geometry.shape, bool)
    outside.reshape(-1)[lesion.voxels] = False
    pixel_mm = geometry.spacing_mm[1], geometry.spacing_mm[0]
    return np.stack([ndimage.distance_transform_edt(outside[each], sampling=pixel_mm) for each in slices])


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
