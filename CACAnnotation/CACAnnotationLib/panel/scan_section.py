"""The section *Scan*: reader, project, and the scan to be read, wherever it comes from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer
import slicer.util
from CACScoringLib.errors import CACError
from slicer.i18n import tr as _

from ..controls.keys import Command
from .context import PanelContext
from .volume_files import CT_SERIES_COLUMNS, ct_series_of_database, files_of_series, files_of_volume

_READER_SETTING, _PROJECT_SETTING = "CACAnnotation/reader", "CACAnnotation/project"
_SCAN_COLUMNS = (_("Scan"), _("Slices"), _("Signed off"), _("By you"))


class ScanSection:
    """Chooses reader, project and scan.

    Parameters
    ----------
    context
        Of the panel.
    begin
        Makes the workplace where there is none; False if the user did not want that.
    """

    def __init__(self, context: PanelContext, begin: Callable[[], bool]) -> None:
        self._context, self._begin = context, begin
        self._entries: list[Any] = []
        self._series: list[Any] = []
        self._listed: object = None
        ui = context.ui
        ui.readerEdit.text = slicer.util.settingsValue(_READER_SETTING, "")
        ui.readerEdit.connect("editingFinished()", self._keep_reader)
        ui.openProjectButton.connect("clicked(bool)", lambda *_: self._choose_project(new=False))
        ui.newProjectButton.connect("clicked(bool)", lambda *_: self._choose_project(new=True))
        ui.openScanButton.connect("clicked(bool)", lambda *_: self._open_row(ui.scanTable.currentRow()))
        ui.scanTable.connect("cellDoubleClicked(int,int)", lambda row, _column: self._open_row(row))
        ui.addScansButton.connect("clicked(bool)", lambda *_: self._add_scans())
        ui.closeScanButton.connect("clicked(bool)", lambda *_: self._close())
        ui.readVolumeButton.connect("clicked(bool)", lambda *_: self._read_volume())
        ui.refreshDicomButton.connect("clicked(bool)", lambda *_: self._list_series())
        ui.openDicomButton.connect("clicked(bool)", lambda *_: self._open_series(ui.dicomTable.currentRow()))
        ui.dicomTable.connect("cellDoubleClicked(int,int)", lambda row, _column: self._open_series(row))
        _give_columns(ui.scanTable, _SCAN_COLUMNS)
        _give_columns(ui.dicomTable, CT_SERIES_COLUMNS)

    def refresh(self) -> None:
        """Show the section as things are now."""
        ui, place = self._context.ui, self._context.place
        project = place.project if place is not None else None
        scan = self._context.scan
        ui.projectLabel.text = str(project.folder) if project is not None else _("none chosen")
        for button in (ui.openScanButton, ui.addScansButton, ui.readVolumeButton, ui.openDicomButton):
            button.enabled = project is not None
        ui.closeScanButton.enabled = scan is not None
        shown = (project, scan.entry.series if scan else None)
        if shown != self._listed:
            if scan is None:
                # The next thing to do is in here.
                ui.scanSection.collapsed = False
            self._listed = shown
            self._list_scans()
            self._show_warnings()

    def do(self, _command: Command) -> bool:
        """No key belongs to this section."""
        return False

    def scan_is_open(self, scan: Any) -> None:
        """Make room for a scan that was just opened, and keep with the scene that it was."""
        self._context.ui.scanSection.collapsed = True
        parameters = self._context.parameters
        if parameters is not None:
            parameters.volume = scan.volume_node
            parameters.isReading = True

    def open_again(self) -> None:
        """Go on where the scene, or the last time, left off: its project, and the scan it showed."""
        parameters = self._context.parameters
        if parameters is None or self._context.scan is not None:
            return
        folder = parameters.project or slicer.util.settingsValue(_PROJECT_SETTING, "")
        place = self._context.place
        if folder and Path(folder).is_dir() and (place is None or place.project is None):
            self._open_project(Path(folder), new=False)
        place = self._context.place
        if place is None or place.project is None or str(place.project.folder) != parameters.project:
            return
        volume = parameters.volume
        if parameters.isReading and volume is not None and self._context.ui.readerEdit.text.strip():
            self._open(lambda reader: place.open_volume(volume, files_of_volume(volume), reader))

    def _keep_reader(self) -> None:
        reader, scan = self._context.ui.readerEdit.text.strip(), self._context.scan
        qt.QSettings().setValue(_READER_SETTING, reader)
        if scan is None:
            return
        before = scan.session.desk.reading.reader
        if not _is_name(reader, before):
            # One reader's clicks must not go on under another's name.
            self._close()
            self._context.say(
                _("Labels of {reader} are stored and the scan is closed; open it again as yourself").format(
                    reader=before
                )
            )

    def _choose_project(self, *, new: bool) -> None:
        title = _("Folder for a new project") if new else _("Folder of the project")
        folder = qt.QFileDialog.getExistingDirectory(slicer.util.mainWindow(), title)
        if folder:
            self._open_project(Path(folder), new=new)

    def _open_project(self, folder: Path, *, new: bool) -> None:
        if not self._begin():
            return
        from ..project.project import Project, is_project

        place, parameters = self._context.place, self._context.parameters
        assert place is not None
        with self._context.boxes():
            is_one = is_project(folder)
            if new and not is_one:
                project = Project.create(folder, with_lm=self._context.ui.withLmCheckBox.checked)
            else:
                project = Project.open(folder)
            project.scans  # noqa: B018 (what cannot be read is said now)
            place.choose_project(project)
            qt.QSettings().setValue(_PROJECT_SETTING, str(project.folder))
            if parameters is not None and parameters.project != str(project.folder):
                parameters.project = str(project.folder)
                parameters.isReading = False
            if new and is_one:
                self._context.say(_("This folder was a project already: it is open, and nothing was changed"))
        self.refresh()

    def _add_scans(self) -> None:
        folder = qt.QFileDialog.getExistingDirectory(slicer.util.mainWindow(), _("Folder with scans"))
        if not folder:
            return
        from ..project.adding import ADDED, FAILED, FOUND_AGAIN, AddingOptions, add_images

        place = self._context.place
        assert place is not None
        assert place.project is not None
        with self._context.boxes():
            results = []
            for each in add_images(place.project, [Path(folder)], AddingOptions()):
                results.append(each)
                self._context.say(_("Scans looked at: {count}").format(count=len(results)))
                # Now: nothing else is drawn before all are in.
                self._context.ui.messageLabel.repaint()
            added = sum(each.outcome in (ADDED, FOUND_AGAIN) for each in results)
            self._context.say(_("{count} scans added").format(count=added))
            failed = [f"{each.name}: {each.error}" for each in results if each.outcome == FAILED]
            if failed:
                raise CACError("\n".join(failed))
        self._list_scans()

    def _open_row(self, row: int) -> None:
        place = self._context.place
        if place is None or not 0 <= row < len(self._entries):
            self._context.say(_("Choose a scan of the list first"))
            return
        self._open(lambda reader: place.open_entry(self._entries[row], reader))

    def _read_volume(self) -> None:
        place, parameters = self._context.place, self._context.parameters
        volume = parameters.volume if parameters is not None else None
        if place is None or volume is None:
            self._context.say(_("Choose a volume first"))
            return
        self._open(lambda reader: place.open_volume(volume, files_of_volume(volume), reader))

    def _open_series(self, row: int) -> None:
        place = self._context.place
        if place is None or not 0 <= row < len(self._series):
            self._context.say(_("List the series and choose one first"))
            return
        files = files_of_series(self._series[row].uid)
        self._open(lambda reader: place.open_files(files, reader))

    def _open(self, how: Callable[[str], Any]) -> None:
        reader = self._context.ui.readerEdit.text.strip()
        if not reader:
            self._context.say(_("Enter your name as reader first: it is stored with every label"))
            self._context.ui.readerEdit.setFocus()
            return
        with self._context.boxes():
            how(reader)
            self._context.say("")

    def _close(self) -> None:
        place, parameters = self._context.place, self._context.parameters
        if place is not None:
            place.close()
            self._context.say(_("The scan is closed; all labels are stored"))
        if parameters is not None:
            parameters.isReading = False

    def _list_scans(self) -> None:
        place, table = self._context.place, self._context.ui.scanTable
        self._entries = []
        rows: list[tuple[str, ...]] = []
        if place is not None and place.project is not None:
            from ..project.status import project_status

            with self._context.boxes():
                reader = self._context.ui.readerEdit.text.strip()
                self._entries = place.project.scans
                rows = [_row(scan, reader) for scan in project_status(place.project)["scans"]]
        _fill(table, rows)
        scan = self._context.scan
        listed = [entry.series for entry in self._entries]
        if scan is not None and scan.entry.series in listed:
            table.selectRow(listed.index(scan.entry.series))

    def _list_series(self) -> None:
        with self._context.boxes():
            self._series = ct_series_of_database()
        _fill(
            self._context.ui.dicomTable,
            [(each.patient, each.study, each.description) for each in self._series],
        )
        if not self._series:
            self._context.say(_("The DICOM database holds no CT series: import one in the DICOM module"))

    def _show_warnings(self) -> None:
        """Warnings of a scan stand where they cannot be missed."""
        label, scan = self._context.ui.warningsLabel, self._context.scan
        warnings = scan.session.desk.scan.warnings if scan is not None else ()
        label.text = "<br>".join(f"⚠ {each.message[:1].upper()}{each.message[1:]}" for each in warnings)
        label.visible = bool(warnings)


def _row(scan: dict[str, Any], reader: str) -> tuple[str, ...]:
    mine = [each["signed_off"] for each in scan["readings"] if each["reader"] == reader]
    return scan["name"], str(scan["slices"]), str(scan["signed_off"]), str(max(mine, default=0))


def _is_name(typed: str, stored: str) -> bool:
    """Tell whether what somebody typed is the name of a reader as it is stored."""
    from ..store.label_store import reader_name

    try:
        return reader_name(typed) == stored
    except CACError:
        return False


def _give_columns(table: Any, titles: tuple[str, ...]) -> None:
    table.setColumnCount(len(titles))
    table.setHorizontalHeaderLabels(list(titles))
    table.verticalHeader().hide()
    header = table.horizontalHeader()
    header.setSectionResizeMode(qt.QHeaderView.ResizeToContents)
    header.setSectionResizeMode(0, qt.QHeaderView.Stretch)


def _fill(table: Any, rows: list[tuple[str, ...]]) -> None:
    table.setRowCount(len(rows))
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            table.setItem(number, column, qt.QTableWidgetItem(text))
