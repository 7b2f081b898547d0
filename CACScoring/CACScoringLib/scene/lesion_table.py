"""The table of a volume's lesions, largest Agatston score first."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..scoring.scores import LesionScore, ScanScores
from .tables import Column, ensured_node_of_volume, node_of_volume, read_column, write_columns

if TYPE_CHECKING:
    import slicer

_LESIONS_OF = "CACScoring.lesionsOf"
"""Role of a lesion table's reference to its volume."""

LESION_TITLES = {
    "lesion": "Lesion",
    "artery": "Artery",
    "agatston": "Agatston",
    "volume_mm3": "Volume mm³",
    "mass_mg": "Mass mg",
    "density": "Density",
    "peak_hu": "Peak HU",
    "first_slice": "First slice",
    "last_slice": "Last slice",
    "right_mm": "R mm",
    "anterior_mm": "A mm",
    "superior_mm": "S mm",
}
"""Columns of a lesion table and what a reader calls them; slices are counted from 1."""


class ShownLesion(NamedTuple):
    """A row of the table; slices are counted from 1, the centre is in RAS mm."""

    lesion: int
    artery: str
    agatston: float
    volume_mm3: float
    mass_mg: float | None
    density: float
    peak_hu: float
    slices: tuple[int, int]
    centre_ras_mm: tuple[float, float, float]


def lesion_table(
    scene: slicer.vtkMRMLScene, volume_node: slicer.vtkMRMLScalarVolumeNode
) -> slicer.vtkMRMLTableNode | None:
    """Find the table that holds a volume's lesions, None where there is none."""
    return node_of_volume(scene, "vtkMRMLTableNode", _LESIONS_OF, volume_node)


def ensured_lesion_table(
    scene: slicer.vtkMRMLScene, volume_node: slicer.vtkMRMLScalarVolumeNode
) -> slicer.vtkMRMLTableNode:
    """Find the table for a volume's lesions, or add it."""
    return ensured_node_of_volume(scene, "vtkMRMLTableNode", _LESIONS_OF, volume_node, "CAC lesions")


def lesions_to_table(scores: ScanScores | None, table_node: slicer.vtkMRMLTableNode) -> None:
    """Write lesions into a table: columns of :data:`LESION_TITLES`, mass only with a calibration factor.

    Without scores the table is empty.
    """
    lesions = sorted(scores.lesions if scores else (), key=lambda each: (-each.agatston, each.id))
    rows = [_row(lesion) for lesion in lesions]
    write_columns(
        table_node,
        [
            Column(name, title, [row[name] for row in rows], text=name == "artery")
            for name, title in LESION_TITLES.items()
            if name != "mass_mg" or any(row["mass_mg"] is not None for row in rows)
        ],
    )


def lesions_of_table(table_node: slicer.vtkMRMLTableNode) -> list[ShownLesion]:
    """Read the rows of a lesion table."""
    cells = {name: read_column(table_node, name) for name in LESION_TITLES}
    return [
        ShownLesion(
            lesion=int(cells["lesion"][row]),
            artery=cells["artery"][row],
            agatston=cells["agatston"][row],
            volume_mm3=cells["volume_mm3"][row],
            mass_mg=cells["mass_mg"][row] if cells["mass_mg"] else None,
            density=cells["density"][row],
            peak_hu=cells["peak_hu"][row],
            slices=(int(cells["first_slice"][row]), int(cells["last_slice"][row])),
            centre_ras_mm=(
                cells["right_mm"][row],
                cells["anterior_mm"][row],
                cells["superior_mm"][row],
            ),
        )
        for row in range(len(cells["lesion"]))
    ]


def _row(lesion: LesionScore) -> dict[str, float | str | None]:
    right, anterior, superior = lesion.centroid_ras_mm
    return {
        "lesion": lesion.id,
        "artery": lesion.artery,
        "agatston": lesion.agatston,
        "volume_mm3": lesion.volume_mm3,
        "mass_mg": lesion.mass_mg,
        "density": lesion.density,
        "peak_hu": lesion.peak_hu,
        "first_slice": lesion.slices[0] + 1,
        "last_slice": lesion.slices[1] + 1,
        "right_mm": right,
        "anterior_mm": anterior,
        "superior_mm": superior,
    }
