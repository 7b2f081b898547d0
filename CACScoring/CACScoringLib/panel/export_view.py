"""Export of results: CSV, JSON, a report, and the clipboard."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import qt
import slicer
from slicer.i18n import tr as _

from ..errors import CACError
from ..scene.clipboard_text import clipboard_text
from ..scene.results import VolumeResult
from ..scoring.scored_scan import as_json
from ..scoring.table import COLUMNS, table_row
from ..whole_files import write_whole
from .background import BackgroundWork
from .packages import ensure_packages

_REPORT_PACKAGES = ("jinja2", "matplotlib")


class ExportView:
    """Writes results where the reader wants them.

    Parameters
    ----------
    ui
        Widgets of the panel by name.
    result_of
        Scores the chosen volume as it is now; a :class:`CACError` if it cannot be.
    volume_of
        Gives the chosen volume.
    title_of
        Gives what files and reports call the scan.
    """

    def __init__(
        self,
        ui: SimpleNamespace,
        result_of: Callable[[], VolumeResult],
        volume_of: Callable[[], slicer.vtkMRMLScalarVolumeNode | None],
        title_of: Callable[[], str],
    ) -> None:
        self._ui, self._result_of, self._volume_of, self._title_of = ui, result_of, volume_of, title_of
        self._report_path: Path | None = None
        self._scored = False
        self._work = BackgroundWork(self._on_report_written)
        ui.csvButton.connect("clicked(bool)", self._on_csv)
        ui.jsonButton.connect("clicked(bool)", self._on_json)
        ui.pdfButton.connect("clicked(bool)", self._on_pdf)
        ui.htmlButton.connect("clicked(bool)", self._on_html)
        ui.copyButton.connect("clicked(bool)", self._on_copy)
        self._say("")

    def enable(self, *, scored: bool, shown: bool) -> None:
        """Say what there is to export.

        Parameters
        ----------
        scored
            Whether labels were scored, so that files and reports can be made of them.
        shown
            Whether there are results to copy, if only those that the scene was saved with.
        """
        ui = self._ui
        self._scored = scored
        ui.copyButton.enabled = shown
        for button in (ui.csvButton, ui.jsonButton):
            button.enabled = scored
        for button in (ui.pdfButton, ui.htmlButton):
            button.enabled = scored and not self._work.running

    def stop(self) -> None:
        """Give up a report that is under way."""
        self._work.stop()

    def _on_csv(self, _checked: bool = False) -> None:
        self._write("csv", _("Table (*.csv)"), self._csv)

    def _on_json(self, _checked: bool = False) -> None:
        self._write("json", _("JSON (*.json)"), self._json)

    def _on_pdf(self, _checked: bool = False) -> None:
        self._report("pdf", _("PDF (*.pdf)"))

    def _on_html(self, _checked: bool = False) -> None:
        self._report("html", _("HTML (*.html)"))

    def _on_copy(self, _checked: bool = False) -> None:
        volume = self._volume_of()
        if volume is not None:
            qt.QApplication.clipboard().setText(clipboard_text(slicer.mrmlScene, volume, self._title_of()))
            self._say(_("Scores and lesions are in the clipboard."))

    def _csv(self) -> str:
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerow(table_row(self._title_of(), as_json(self._result_of().scored)))
        return text.getvalue()

    def _json(self) -> str:
        result = self._result_of()
        document = as_json(result.scored)
        if result.distribution is not None:
            document["score_distribution"] = result.distribution
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"

    def _write(self, ending: str, kind: str, make: Callable[[], str]) -> None:
        path = self._ask_for_path(ending, kind)
        if path is None:
            return
        try:
            write_whole(path, make())
        except CACError as error:
            slicer.util.errorDisplay(_sentence(error))
        else:
            self._say(_("Written: {path}").format(path=path))

    def _report(self, ending: str, kind: str) -> None:
        """Have a report written; its pictures are made here, its page in a process of its own."""
        if not ensure_packages(_("Making a report"), _REPORT_PACKAGES):
            return
        path = self._ask_for_path(ending, kind)
        if path is None:
            return
        self._say(_("Making the report…"))
        slicer.app.processEvents()
        from ..report.scan_report import scan_report

        try:
            with slicer.util.WaitCursor():
                result = self._result_of()
                report = scan_report(self._title_of(), result.scored, result.labels)
                self._work.start("CACScoringLib.report.process", report, str(path))
        except (CACError, OSError) as error:
            self._say("")
            slicer.util.errorDisplay(_sentence(error))
            return
        self._report_path = path
        self.enable(scored=True, shown=True)

    def _on_report_written(self, problem: str) -> None:
        self.enable(scored=self._scored, shown=self._ui.copyButton.enabled)
        if problem:
            self._say("")
            slicer.util.errorDisplay(_("The report was not written: {problem}").format(problem=problem))
        else:
            self._say(_("Written: {path}").format(path=self._report_path))

    def _ask_for_path(self, ending: str, kind: str) -> Path | None:
        name = "".join(each if each.isalnum() or each in " -_." else "_" for each in self._title_of()).strip()
        chosen = qt.QFileDialog.getSaveFileName(
            slicer.util.mainWindow(), _("Export"), f"{name or 'calcium score'}.{ending}", kind
        )
        if not chosen:
            return None
        path = Path(chosen)
        # Not every platform's dialog adds the ending.
        return path if path.suffix.lower() == f".{ending}" else path.with_name(f"{path.name}.{ending}")

    def _say(self, text: str) -> None:
        self._ui.exportStatusLabel.text = text
        self._ui.exportStatusLabel.setVisible(bool(text))


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
