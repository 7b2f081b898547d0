"""Cells of the panel's tables, and how figures are written in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import qt

from ..schemes import label_scheme

UNKNOWN = "\N{EN DASH}"
"""Stands where nothing is known, which is not the same as 0."""

_SQUARE = 12


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Parameters
    ----------
    text
        What it says.
    artery
        Label whose colour stands in front of it.
    tooltip
        What it says when pointed at.
    figure
        Whether it is a figure, which stands at the right.
    bold
        Whether it stands out.
    """

    text: str
    artery: str | None = None
    tooltip: str = ""
    figure: bool = False
    bold: bool = False


def score(value: float | None) -> str:
    """Write a score or volume: one decimal, a plain 0 where there is nothing."""
    if value is None:
        return UNKNOWN
    return f"{value:,.1f}" if value else "0"


def decimals(value: float | None, digits: int) -> str:
    """Write a figure with so many decimals."""
    return UNKNOWN if value is None else f"{value:,.{digits}f}"


def span(first: int, last: int) -> str:
    """Write the numbers of the slices from the first to the last."""
    return str(first) if first == last else f"{first}{UNKNOWN}{last}"


def artery_icon(name: str) -> qt.QIcon:
    """Square in the colour of a label."""
    picture = qt.QPixmap(_SQUARE, _SQUARE)
    picture.fill(qt.QColor(*label_scheme()[name].colour))
    return qt.QIcon(picture)


def fill_table(table: qt.QTableWidget, headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Replace what a table shows; the selected row keeps its number, and nobody is told of it."""
    selected = table.currentRow()
    table.blockSignals(True)
    table.setColumnCount(len(headings))
    table.setHorizontalHeaderLabels(list(headings))
    table.setRowCount(len(rows))
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            table.setItem(row, column, _item(cell))
    if headings:
        # Names come first and are read whole.
        table.horizontalHeader().setSectionResizeMode(0, qt.QHeaderView.ResizeToContents)
    if 0 <= selected < len(rows):
        table.setCurrentCell(selected, 0)
    table.blockSignals(False)


def prepare_table(table: qt.QTableWidget) -> None:
    """Have columns share the width, and rows stand close."""
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(_row_height(table))
    header = table.horizontalHeader()
    header.setSectionResizeMode(qt.QHeaderView.Stretch)
    header.setStretchLastSection(False)
    header.setHighlightSections(False)
    header.setMinimumSectionSize(24)


def show_all_rows(table: qt.QTableWidget, most: int = 30) -> None:
    """Make a table as high as its rows, or as so many of them as are to be shown at once."""
    rows = min(table.rowCount, most)
    height = table.horizontalHeader().sizeHint.height() + rows * _row_height(table) + 4
    table.setMinimumHeight(height)
    table.setMaximumHeight(height)


def _row_height(table: qt.QTableWidget) -> int:
    return table.fontMetrics().height() + 8


def _item(cell: Cell) -> qt.QTableWidgetItem:
    item = qt.QTableWidgetItem(cell.text)
    if cell.artery is not None:
        item.setIcon(artery_icon(cell.artery))
    if cell.tooltip:
        item.setToolTip(cell.tooltip)
    if cell.figure:
        item.setTextAlignment(int(qt.Qt.AlignRight | qt.Qt.AlignVCenter))
    if cell.bold:
        font = item.font()
        font.setBold(True)
        item.setFont(font)
    return item
