"""A second reading beside the first: scores of both, figures of agreement, and the places that differ."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import slicer
from slicer.i18n import tr as _

from ..agreement.differences import Difference, DifferingPart
from ..scene.comparison import VolumeComparison
from ..scene.differences import find_agreement, find_differences, find_parts, parts_of_table
from ..scene.tables import read_column
from ..schemes import label_scheme
from .cells import UNKNOWN, Cell, decimals, fill_table, prepare_table, score, show_all_rows, span

_SHOWN_FIGURES = 12
_PLACES_AT_ONCE = 6


class ComparisonView:
    """Shows what the scene's tables say of two readings of a volume.

    Parameters
    ----------
    ui
        Widgets of the panel by name.
    jump
        Called with the centre of a place, RAS mm, that the reader picks.
    """

    def __init__(self, ui: SimpleNamespace, jump: Callable[[tuple[float, float, float]], object]) -> None:
        self._ui, self._jump = ui, jump
        self._places: list[DifferingPart] = []
        self._outlined: tuple[slicer.vtkMRMLSegmentationDisplayNode, float] | None = None
        for table in (ui.placesTable, ui.agreementTable):
            prepare_table(table)
        ui.placesTable.connect("cellClicked(int,int)", self._on_click)
        ui.placesTable.connect("currentCellChanged(int,int,int,int)", self._on_current_cell)

    def show(
        self,
        volume_node: slicer.vtkMRMLScalarVolumeNode | None,
        comparison: VolumeComparison | None,
        names: tuple[str, str] = ("", ""),
        problem: str = "",
    ) -> None:
        """Show a comparison, as far as the scene holds one.

        Parameters
        ----------
        volume_node
            The volume that was read.
        comparison
            What was just compared; None where the second reading was not chosen or does not fit.
        names
            What the readings are called.
        problem
            Why it does not fit.
        """
        shown = volume_node is not None and comparison is not None
        agreement = find_agreement(slicer.mrmlScene, volume_node) if shown else None
        places = find_parts(slicer.mrmlScene, volume_node) if shown else None
        self._places = parts_of_table(places) if places is not None else []
        ui = self._ui
        ui.comparisonLabel.text = _both(comparison, names) if comparison is not None else problem
        ui.comparisonLabel.setVisible(bool(ui.comparisonLabel.text))
        for widget in (ui.placesLabel, ui.placesTable, ui.agreementLabel, ui.agreementTable):
            widget.setVisible(shown)
        headings = [_("Difference"), _("First"), _("Second"), _("Vol. mm³"), _("Slices")]
        fill_table(ui.placesTable, headings, [_place_row(each) for each in self._places])
        count = len(self._places)
        ui.placesLabel.text = (
            _("Differing places: {count}").format(count=count) if count else _("No voxel differs")
        )
        show_all_rows(ui.placesTable, _PLACES_AT_ONCE)
        ui.placesTable.setVisible(count > 0)
        if agreement is not None:
            fill_table(
                ui.agreementTable, [_("Figure"), _("Value"), _("95 % interval")], _agreement_rows(agreement)
            )
            show_all_rows(ui.agreementTable, _SHOWN_FIGURES)

    def highlight(self, volume_node: slicer.vtkMRMLScalarVolumeNode | None, visible: bool) -> None:
        """Show or hide the differences in the images."""
        node = find_differences(slicer.mrmlScene, volume_node) if volume_node is not None else None
        if node is not None and node.GetDisplayNode() is not None:
            node.GetDisplayNode().SetVisibility(visible)

    def outline(self, second_node: slicer.vtkMRMLSegmentationNode | None) -> None:
        """Show the second reading as outlines, so that the first shows beneath; None shows it as before."""
        display = second_node.GetDisplayNode() if second_node is not None else None
        if self._outlined is not None:
            before, opacity = self._outlined
            if before is display:
                return
            before.SetOpacity2DFill(opacity)
        self._outlined = None if display is None else (display, display.GetOpacity2DFill())
        if display is not None:
            display.SetOpacity2DFill(0.0)

    def _on_click(self, row: int, _column: int) -> None:
        self._jump_to(row)

    def _on_current_cell(self, row: int, _column: int, before: int, _column_before: int) -> None:
        if row != before:
            self._jump_to(row)

    def _jump_to(self, row: int) -> None:
        if 0 <= row < len(self._places):
            self._jump(self._places[row].centre_ras_mm)


def _both(comparison: VolumeComparison, names: tuple[str, str]) -> str:
    return "\n".join(
        _("{which}, {name}: Agatston {agatston}, risk category {category}; {review}").format(
            which=which,
            name=name,
            agatston=UNKNOWN if scored.scores is None else score(scored.scores.total.agatston),
            category=scored.risk_category or UNKNOWN,
            review=scored.review,
        )
        for which, name, scored in (
            (_("First"), names[0], comparison.first),
            (_("Second"), names[1], comparison.second),
        )
    )


def _place_row(part: DifferingPart) -> list[Cell]:
    kinds = {
        Difference.ONLY_REFERENCE: _("Only in the first"),
        Difference.ONLY_TEST: _("Only in the second"),
        Difference.OTHER_ARTERY: _("Another artery"),
    }
    return [
        Cell(kinds[part.kind]),
        _label_cell(part.reference),
        _label_cell(part.test),
        Cell(score(part.volume_mm3), figure=True),
        Cell(span(part.slices[0] + 1, part.slices[1] + 1), figure=True),
    ]


def _label_cell(name: str) -> Cell:
    return Cell(name, artery=name if name in label_scheme().names else None)


def _agreement_rows(table: slicer.vtkMRMLTableNode) -> list[list[Cell]]:
    columns = (read_column(table, name) for name in ("figure", "value", "low", "high", "counts"))
    return [
        [
            Cell(figure, tooltip=counts),
            Cell(decimals(value, 3), figure=True, tooltip=counts),
            Cell(UNKNOWN if low is None else f"{low:.3f}{UNKNOWN}{high:.3f}", figure=True, tooltip=counts),
        ]
        for figure, value, low, high, counts in zip(*columns, strict=True)
    ]
