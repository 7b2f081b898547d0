"""Results as text for a spreadsheet or a document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..disclaimer import DISCLAIMER
from .lesion_table import LESION_TITLES, lesion_table
from .score_table import COLUMN_TITLES, review_of_table, score_table
from .tables import read_column

if TYPE_CHECKING:
    import slicer

_SCORES = ("artery", "agatston", "volume_mm3", "mass_mg", "density", "lesions", "passes_low", "passes_high")
_TOTALS = ("review", "protocol", "risk_category", "risk_scheme", "uncertainty", "warnings")


def clipboard_text(
    scene: slicer.vtkMRMLScene, volume_node: slicer.vtkMRMLScalarVolumeNode, title: str
) -> str:
    """Write what a volume's tables hold, cells set apart by tabs; empty where nothing is known.

    A zero is written only where every slice was signed off.
    """
    lines = [title]
    scores = score_table(scene, volume_node)
    if scores is not None:
        columns = {name: read_column(scores, name) for name in _SCORES}
        if not review_of_table(scores).complete:
            unknown = [not count for count in columns["lesions"]]
            for name in _SCORES[1:]:
                columns[name] = [
                    None if nothing else value
                    for value, nothing in zip(columns[name], unknown[: len(columns[name])], strict=True)
                ]
        lines += ["", *_rows({COLUMN_TITLES[name]: cells for name, cells in columns.items()})]
        totals = {name: read_column(scores, name) for name in _TOTALS}
        lines += ["", *(f"{COLUMN_TITLES[name]}\t{cells[-1]}" for name, cells in totals.items() if cells)]
    lesions = lesion_table(scene, volume_node)
    if lesions is not None and lesions.GetNumberOfRows():
        lines += ["", *_rows({title: read_column(lesions, name) for name, title in LESION_TITLES.items()})]
    return "\n".join([*lines, "", f"{DISCLAIMER}."])


def _rows(columns: dict[str, Sequence[object]]) -> list[str]:
    filled = {title: cells for title, cells in columns.items() if cells}
    return [
        "\t".join(filled),
        *("\t".join(_text(cell) for cell in row) for row in zip(*filled.values(), strict=True)),
    ]


def _text(cell: object) -> str:
    if cell is None:
        return ""
    return f"{cell:.6g}" if isinstance(cell, float) else str(cell)
