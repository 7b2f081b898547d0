"""The table of a volume's scores."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from ..scoring.review import ReviewState
from ..scoring.risk import risk_category
from ..scoring.scored_scan import ScoredScan, as_json
from ..scoring.table import MEASURES
from .tables import Column, ensured_node_of_volume, node_of_volume, read_column, write_columns

if TYPE_CHECKING:
    import slicer

_SCORED_VOLUME = "CACScoring.volume"
"""Role of a score table's reference to the volume that was scored."""
_SCORED_LABELS = "CACScoring.labels"
"""Role of its reference to the segmentation that was scored."""

COLUMN_TITLES = {
    "artery": "Artery",
    "agatston": "Agatston",
    "volume_mm3": "Volume mm³",
    "mass_mg": "Mass mg",
    "density": "Density",
    "lesions": "Lesions",
    "passes_low": "Passes 5 %",
    "passes_high": "Passes 95 %",
    "review": "Review",
    "slices": "Slices",
    "signed_off": "Signed off",
    "protocol": "Protocol",
    "risk_category": "Risk category",
    "risk_scheme": "Risk scheme",
    "uncertainty": "Uncertainty",
    "warnings": "Warnings",
}
"""Columns of a score table and what a reader calls them."""

WARNINGS_APART = " \N{BULLET} "
"""Between warnings: Slicer's storage of tables does not survive a line break in a cell."""

_NUMBERS = (*MEASURES, "passes_low", "passes_high", "slices", "signed_off")


def score_table(
    scene: slicer.vtkMRMLScene, volume_node: slicer.vtkMRMLScalarVolumeNode
) -> slicer.vtkMRMLTableNode | None:
    """Find the table that holds a volume's scores, None where it was not scored."""
    return node_of_volume(scene, "vtkMRMLTableNode", _SCORED_VOLUME, volume_node)


def ensured_score_table(
    scene: slicer.vtkMRMLScene, volume_node: slicer.vtkMRMLScalarVolumeNode
) -> slicer.vtkMRMLTableNode:
    """Find the table for a volume's scores, or add it."""
    return ensured_node_of_volume(scene, "vtkMRMLTableNode", _SCORED_VOLUME, volume_node, "CAC scores")


def scored_labels(table_node: slicer.vtkMRMLTableNode) -> slicer.vtkMRMLSegmentationNode | None:
    """Return the segmentation that was scored; None where there was none, or it left the scene."""
    return table_node.GetNodeReference(_SCORED_LABELS)


def scores_to_table(
    scored: ScoredScan,
    table_node: slicer.vtkMRMLTableNode,
    volume_node: slicer.vtkMRMLScalarVolumeNode,
    labels_node: slicer.vtkMRMLSegmentationNode | None = None,
    distribution: dict[str, Any] | None = None,
) -> None:
    """Write scores into a table, a row per artery and one for the total.

    Columns are those of :data:`COLUMN_TITLES`; mass only with a calibration factor, and what passes of the
    model leave open only where there is a distribution. Review state and protocol stand in every row, risk
    category and scheme, uncertainty and warnings in the last. What is not known is NaN, never 0.

    Parameters
    ----------
    scored
        The scored scan.
    table_node, volume_node, labels_node
        Where to write, what was scored, and the segmentation that was scored if one was.
    distribution
        What ``prediction.json`` says of the score's uncertainty.
    """
    import slicer.util

    document = as_json(scored)
    rows = [{"artery": name, **scores} for name, scores in document["arteries"].items()]
    rows.append(
        {
            "artery": "Total",
            **document["total"],
            "risk_category": scored.risk_category,
            "risk_scheme": scored.protocol.risk_scheme,
            "warnings": WARNINGS_APART.join(warning.message for warning in scored.scan.warnings),
        }
    )
    for row in rows:
        row |= {
            "review": str(scored.review),
            "slices": scored.review.slices,
            "signed_off": scored.review.signed_off or 0,
            "protocol": scored.protocol.name,
        }
    left_out = set() if scored.protocol.mass_factor is not None else {"mass_mg"}
    if distribution is None:
        left_out |= {"passes_low", "passes_high", "uncertainty"}
    else:
        _add_uncertainty(rows, distribution, scored.protocol.risk_scheme)
    with slicer.util.NodeModify(table_node):
        write_columns(
            table_node,
            [
                Column(name, title, [row.get(name) for row in rows], text=name not in _NUMBERS)
                for name, title in COLUMN_TITLES.items()
                if name not in left_out
            ],
        )
        table_node.SetNodeReferenceID(_SCORED_VOLUME, volume_node.GetID())
        table_node.SetNodeReferenceID(_SCORED_LABELS, labels_node.GetID() if labels_node else None)


def review_of_table(table_node: slicer.vtkMRMLTableNode) -> ReviewState:
    """Read how much of the volume was signed off; only a score of all of it can be a zero."""
    slices, signed_off = (read_column(table_node, name) for name in ("slices", "signed_off"))
    return ReviewState(int(slices[-1]), int(signed_off[-1])) if slices else ReviewState(1, 0)


def uncertainty_text(distribution: dict[str, Any], scheme: str) -> str:
    """Say in a line what passes of the model leave open of the total score, and of a scheme's category."""
    total, passes = distribution["total"], distribution["passes"]
    low, high = total["interval"]
    counted = Counter(risk_category(agatston, scheme) for agatston in total["agatston"])
    category, count = counted.most_common(1)[0]
    return (
        f"{passes} passes of the model: median {total['median']:.0f}, nine in ten between {low:.0f} and "
        f"{high:.0f}; risk category {category} in {count / passes:.0%}, zero in "
        f"{total['zero_probability']:.0%}"
    )


def _add_uncertainty(rows: list[dict[str, Any]], distribution: dict[str, Any], scheme: str) -> None:
    summaries = {**distribution["arteries"], "Total": distribution["total"]}
    for row in rows:
        low, high = summaries.get(row["artery"], {}).get("interval", (None, None))
        row |= {"passes_low": low, "passes_high": high}
    rows[-1]["uncertainty"] = uncertainty_text(distribution, scheme)
