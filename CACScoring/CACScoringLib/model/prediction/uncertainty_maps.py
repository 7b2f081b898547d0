"""What passes say of each voxel, as files on the scan's grid."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ...geometry import VolumeGeometry
from .gathered_passes import GatheredPasses
from .volume_file import write_volume


class UncertaintyMap(NamedTuple):
    """A measure of uncertainty as a file.

    Parameters
    ----------
    measure
        Name of a measure of :class:`~CACScoringLib.model.uncertainty.Uncertainty`.
    file_name
        The file.
    meaning, unit
        Written into the file and the document.
    """

    measure: str
    file_name: str
    meaning: str
    unit: str


_ELSEWHERE = "0 where there is no candidate that was looked at"
UNCERTAINTY_MAPS = (
    UncertaintyMap(
        "variance",
        "uncertainty.nrrd",
        f"variance over passes of the probability of coronary calcium, 0 to 0.25; {_ELSEWHERE}",
        "1",
    ),
    UncertaintyMap(
        "entropy",
        "entropy.nrrd",
        f"predictive entropy of coronary calcium, all doubt, 0 to ln 2; {_ELSEWHERE}",
        "nats",
    ),
    UncertaintyMap(
        "mutual_information",
        "mutual-information.nrrd",
        "mutual information of coronary calcium and weights, the part of the entropy that more labels could "
        f"remove; {_ELSEWHERE}",
        "nats",
    ),
)
"""The variance bears the plain name: it is MTAL's uncertainty (2.3), whose mean over a slice's candidates is
what its sampling sorts slices by."""


def write_uncertainty_maps(folder: Path, gathered: GatheredPasses, geometry: VolumeGeometry) -> None:
    """Write all maps, float32, one after the other.

    Parameters
    ----------
    folder
        Exists.
    gathered
        The passes.
    geometry
        The scan's geometry.

    Raises
    ------
    CACError
        If a file cannot be written whole.
    """
    options = gathered.options
    for each in UNCERTAINTY_MAPS:
        values = gathered.map_of(getattr(gathered.uncertainty, each.measure), geometry.shape)
        about = {
            "measure": each.measure,
            "meaning": each.meaning,
            "unit": each.unit,
            "passes": str(options.passes),
            "dropout_rate": str(options.rate),
            "seed": str(options.seed),
        }
        write_volume(folder / each.file_name, values, geometry, about)
