"""The total score with its state, and the table per artery."""

from __future__ import annotations

from types import SimpleNamespace

import slicer
from slicer.i18n import tr as _

from ..scene.score_table import WARNINGS_APART, review_of_table
from ..scene.tables import read_column
from ..schemes import label_scheme
from ..scoring.risk import arterial_age_years
from .cells import UNKNOWN, Cell, decimals, fill_table, prepare_table, score, show_all_rows

_BADGE = "QLabel {{ background: {}; color: white; border-radius: 3px; padding: 3px 6px; }}"
_SIGNED_OFF, _WAITING, _PROBLEM = (_BADGE.format(each) for each in ("#1b6e38", "#8a5a00", "#9c2b23"))


class ScoreView:
    """Shows a score table of the scene; the table says all that is shown, so a saved scene shows it again.

    Parameters
    ----------
    ui
        Widgets of the panel by name.
    """

    def __init__(self, ui: SimpleNamespace) -> None:
        self._ui = ui
        prepare_table(ui.scoresTable)

    def show(self, table: slicer.vtkMRMLTableNode | None, source: str) -> None:
        """Show a score table; None where there is none.

        Parameters
        ----------
        table
            The table.
        source
            Says where the labels come from.
        """
        ui = self._ui
        total = (read_column(table, "agatston") or [None])[-1] if table else None
        ui.totalLabel.text = score(total)
        ui.riskLabel.text = _risk(table) if total is not None else ""
        ui.ageLabel.text = (
            _("Arterial age {years} years").format(years=f"{arterial_age_years(total):.0f}")
            if total is not None
            else ""
        )
        protocol = _("Protocol {name}.").format(name=_last(table, "protocol")) if table else ""
        ui.sourceLabel.text = f"{source} {protocol}".strip()
        ui.sourceLabel.setVisible(bool(source))
        self._show_state(table, total)
        uncertainty = _last(table, "uncertainty")
        ui.uncertaintyLabel.text = uncertainty[:1].upper() + uncertainty[1:]
        ui.uncertaintyLabel.setVisible(bool(uncertainty))
        warnings = [each for each in _last(table, "warnings").split(WARNINGS_APART) if each]
        ui.warningsLabel.text = "\n".join(
            f"\N{WARNING SIGN} {each[0].upper()}{each[1:]}." for each in warnings
        )
        ui.warningsLabel.setVisible(bool(warnings))
        self._show_arteries(table)

    def show_problem(self, problem: str) -> None:
        """Say why there is no score; an empty text says that there is no problem."""
        label = self._ui.problemLabel
        label.text = problem[:1].upper() + problem[1:]
        label.styleSheet = _PROBLEM
        label.setVisible(bool(problem))

    def _show_state(self, table: slicer.vtkMRMLTableNode | None, total: float | None) -> None:
        label = self._ui.stateLabel
        label.setVisible(table is not None)
        if table is None:
            return
        review = review_of_table(table)
        if review.complete:
            words = _("Reviewed: all {slices} slices signed off")
        elif total is None:
            words = _("No score yet, which is not a zero: {signed_off} of {slices} slices signed off")
        else:
            words = _("Preliminary: {signed_off} of {slices} slices signed off")
        label.text = words.format(slices=review.slices, signed_off=review.signed_off)
        label.styleSheet = _SIGNED_OFF if review.complete else _WAITING

    def _show_arteries(self, table: slicer.vtkMRMLTableNode | None) -> None:
        columns = {
            name: read_column(table, name) if table else []
            for name in ("artery", "agatston", "volume_mm3", "mass_mg", "density", "lesions")
        }
        low, high = (read_column(table, name) if table else [] for name in ("passes_low", "passes_high"))
        headings = [_("Artery"), _("Agatston"), _("Vol. mm³"), _("Density"), _("Lesions")]
        if columns["mass_mg"]:
            headings.insert(3, _("Mass mg"))
        if low:
            headings.append(_("Model"))
        zero_counts = table is not None and review_of_table(table).complete
        rows = []
        for row, artery in enumerate(columns["artery"]):
            values = {name: cells[row] for name, cells in columns.items() if cells}
            nothing = not values["lesions"]
            unknown = nothing and not zero_counts
            figures = [
                score(values["agatston"]),
                score(values["volume_mm3"]),
                *([decimals(values["mass_mg"], 2)] if columns["mass_mg"] else []),
                decimals(values["density"], 2),
                decimals(values["lesions"], 0),
            ]
            if unknown:
                figures = [UNKNOWN] * len(figures)
            last = row == len(columns["artery"]) - 1
            hint = _("Nothing is labelled here, and not every slice is signed off: not a zero.")
            cells = [Cell(each, figure=True, bold=last, tooltip=hint if unknown else "") for each in figures]
            if low:
                between = UNKNOWN if low[row] is None else f"{low[row]:,.0f}{UNKNOWN}{high[row]:,.0f}"
                passes = _("Between these Agatston scores lie nine in ten passes of the model.")
                cells.append(Cell(between, figure=True, bold=last, tooltip=passes))
            rows.append([_artery_cell(artery, last), *cells])
        fill_table(self._ui.scoresTable, headings, rows)
        show_all_rows(self._ui.scoresTable)
        self._ui.scoresTable.setVisible(bool(rows))


def _artery_cell(artery: str, total: bool) -> Cell:
    if total:
        return Cell(_("Total"), bold=True)
    return Cell(artery, artery=artery, tooltip=label_scheme()[artery].title)


def _last(table: slicer.vtkMRMLTableNode | None, name: str) -> str:
    return (read_column(table, name) or [""])[-1] if table else ""


def _risk(table: slicer.vtkMRMLTableNode | None) -> str:
    return _("Risk category {category} ({scheme})").format(
        category=_last(table, "risk_category"), scheme=_last(table, "risk_scheme")
    )
