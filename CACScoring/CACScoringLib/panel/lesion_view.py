"""The table of lesions: a click jumps there, and a reading that is open is corrected in the row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace

import qt
import slicer
from slicer.i18n import tr as _

from ..scene.lesion_table import ShownLesion, lesions_of_table
from ..schemes import OTHER, Label, label_scheme
from .cells import Cell, artery_icon, decimals, fill_table, prepare_table, score, show_all_rows, span

_ARTERY_COLUMN = 0
_SAME_PLACE_MM = 0.5
_ROWS_AT_ONCE = 10


class LesionView:
    """Shows a lesion table of the scene.

    Parameters
    ----------
    ui
        Widgets of the panel by name.
    jump
        Called with the centre of a lesion, RAS mm, that the reader picks.
    relabel
        Called with a lesion and the name of the label that the reader gives it.
    """

    def __init__(
        self,
        ui: SimpleNamespace,
        jump: Callable[[tuple[float, float, float]], object],
        relabel: Callable[[ShownLesion, str], object],
    ) -> None:
        self._ui, self._jump, self._relabel = ui, jump, relabel
        self._lesions: list[ShownLesion] = []
        self._labels: Sequence[Label] = ()
        table = ui.lesionsTable
        prepare_table(table)
        table.connect("cellClicked(int,int)", self._on_click)
        table.connect("currentCellChanged(int,int,int,int)", self._on_current_cell)
        self._menu = qt.QMenu(table)
        self._menu.connect("triggered(QAction*)", self._on_menu)
        self._shortcuts = [self._shortcut(str(number)) for number in range(1, 6)]

    def show(self, table: slicer.vtkMRMLTableNode | None, labels: Sequence[Label]) -> None:
        """Show a lesion table; the selected lesion stays selected wherever it moves.

        Parameters
        ----------
        table
            The table, None where there is none.
        labels
            Labels that a lesion may be given; none where no reading is open.
        """
        before = self._selected()
        self._lesions = [] if table is None else lesions_of_table(table)
        if tuple(labels) != tuple(self._labels):
            self._labels = tuple(labels)
            self._fill_menu()
        with_mass = any(lesion.mass_mg is not None for lesion in self._lesions)
        headings = [_("Artery"), _("Agatston"), _("Vol. mm³"), _("Density"), _("Peak HU"), _("Slices")]
        if with_mass:
            headings.insert(3, _("Mass mg"))
        fill_table(self._ui.lesionsTable, headings, [self._row(each, with_mass) for each in self._lesions])
        if before is not None:
            self._select_near(before)
        show_all_rows(self._ui.lesionsTable, _ROWS_AT_ONCE)
        self._ui.lesionsTable.setVisible(bool(self._lesions))
        count = len(self._lesions)
        self._ui.lesionsLabel.text = _("Lesions: {count}").format(count=count)
        self._ui.lesionsLabel.setVisible(count > 0)

    def _row(self, lesion: ShownLesion, with_mass: bool) -> list[Cell]:
        title = label_scheme()[lesion.artery].title
        if self._labels:
            artery = Cell(
                f"{lesion.artery} \N{BLACK DOWN-POINTING SMALL TRIANGLE}",
                artery=lesion.artery,
                tooltip=_("{title}. Click to give another artery, or press 1 to 5.").format(title=title),
            )
        else:
            artery = Cell(
                lesion.artery,
                artery=lesion.artery,
                tooltip=_("{title}. To change it, open the scan in CAC Annotation.").format(title=title),
            )
        figures = [
            score(lesion.agatston),
            score(lesion.volume_mm3),
            *([decimals(lesion.mass_mg, 2)] if with_mass else []),
            decimals(lesion.density, 2),
            decimals(lesion.peak_hu, 0),
            span(*lesion.slices),
        ]
        return [artery, *(Cell(each, figure=True) for each in figures)]

    def _fill_menu(self) -> None:
        self._menu.clear()
        for number, label in enumerate(self._labels, start=1):
            action = self._menu.addAction(artery_icon(label.name), f"{number}  {label.name}: {label.title}")
            action.setData(label.name)

    def _shortcut(self, key: str) -> qt.QShortcut:
        shortcut = qt.QShortcut(self._ui.lesionsTable)
        shortcut.setKey(qt.QKeySequence(key))
        # Only while the table has the keyboard.
        shortcut.setContext(qt.Qt.WidgetShortcut)
        shortcut.connect("activated()", lambda: self._on_key(int(key)))
        return shortcut

    def _on_key(self, number: int) -> None:
        if 1 <= number <= len(self._labels):
            self._give(self._labels[number - 1].name)

    def _on_menu(self, action: qt.QAction) -> None:
        self._give(action.data())

    def _give(self, label: str) -> None:
        lesion = self._selected()
        if lesion is not None and label != lesion.artery:
            self._relabel(lesion, label)

    def _on_click(self, row: int, column: int) -> None:
        self._jump_to(row)
        if column == _ARTERY_COLUMN and self._labels:
            table = self._ui.lesionsTable
            place = table.visualItemRect(table.item(row, column)).bottomLeft()
            self._menu.popup(table.viewport().mapToGlobal(place))

    def _on_current_cell(self, row: int, _column: int, before: int, _column_before: int) -> None:
        if row != before:
            self._jump_to(row)

    def _jump_to(self, row: int) -> None:
        if 0 <= row < len(self._lesions):
            self._jump(self._lesions[row].centre_ras_mm)

    def _selected(self) -> ShownLesion | None:
        row = self._ui.lesionsTable.currentRow()
        return self._lesions[row] if 0 <= row < len(self._lesions) else None

    def _select_near(self, before: ShownLesion) -> None:
        """Select the lesion that lies where that one did; none where there is none now."""
        table = self._ui.lesionsTable
        rows = [row for row, lesion in enumerate(self._lesions) if _same_place(lesion, before)]
        table.blockSignals(True)
        table.setCurrentCell(rows[0] if rows else -1, _ARTERY_COLUMN)
        table.blockSignals(False)


def labels_of_scheme(names: Sequence[str]) -> tuple[Label, ...]:
    """Labels that a lesion may be given, in the order of their keys: OTHER first."""
    return tuple(label_scheme()[name] for name in sorted(names, key=lambda name: (name != OTHER,)))


def _same_place(lesion: ShownLesion, other: ShownLesion) -> bool:
    pairs = zip(lesion.centre_ras_mm, other.centre_ras_mm, strict=True)
    return all(abs(one - two) < _SAME_PLACE_MM for one, two in pairs)
