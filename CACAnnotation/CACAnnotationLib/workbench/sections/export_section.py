"""What a reader takes along of a scan: scores as a table or JSON, a report, the labels."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import pickle
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from CACScoringLib.errors import CACError
from CACScoringLib.labels.label_map import write_label_map
from CACScoringLib.report.scan_report import scan_report
from CACScoringLib.scoring.scored_scan import ScoredScan, as_json
from CACScoringLib.scoring.table import COLUMNS, table_row
from CACScoringLib.whole_files import write_whole

from ...controls.open_scan import OpenScan
from ...controls.words import _
from ..context import PageContext
from ..downloads import Downloads
from ..soon import Soon
from .section import Section

_REPORT_PROCESS = "CACScoringLib.report.process"
_REPORTS = {"pdf": "report.pdf", "html": "report.html"}


class ExportSection(Section):
    """Writes files that the browser then fetches.

    Parameters
    ----------
    context
        Of the page.
    downloads
        Where files are kept until then.
    soon
        Does what takes its time.
    """

    def __init__(self, context: PageContext, downloads: Downloads, soon: Soon) -> None:
        super().__init__(context)
        self._downloads, self._soon = downloads, soon

    def actions(self) -> Mapping[str, Callable[..., object]]:
        """Take scores, report or labels along."""
        return {
            "take_csv": self.with_scan(lambda scan: self._write(scan, "scores.csv", _csv)),
            "take_json": self.with_scan(lambda scan: self._write(scan, "scores.json", _json)),
            "take_labels": self.with_scan(self._labels),
            "take_report": self.with_scan(self._report),
        }

    def _write(self, scan: OpenScan, name: str, make: Callable[[OpenScan], str]) -> None:
        path, address = self._downloads.new_file(_file_name(scan, name))
        write_whole(path, make(scan))
        self._context.show("download", address)

    def _labels(self, scan: OpenScan) -> None:
        desk = scan.session.desk
        path, address = self._downloads.new_file(_file_name(scan, "labels.seg.nrrd"))
        write_label_map(path, desk.layers["cac"], desk.scan.geometry, "cac")
        self._context.show("download", address)

    def _report(self, scan: OpenScan, ending: object) -> None:
        if ending not in _REPORTS:
            raise CACError(_("a report is PDF or HTML"))
        path, address = self._downloads.new_file(_file_name(scan, _REPORTS[str(ending)]))

        async def make() -> None:
            report = scan_report(scan.entry.name, _scored(scan), scan.session.desk.counted)
            await _write_report(report, path)
            self._context.show("download", address)

        self._soon.do(_("Making the report …"), make)


async def _write_report(report: object, path: Path) -> None:
    """Have a page drawn by a process of its own: that takes seconds, in which the views stay alive."""
    with TemporaryDirectory(prefix="cac-report-") as folder:
        pickled = Path(folder, "report")
        pickled.write_bytes(pickle.dumps(report))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", _REPORT_PROCESS, str(pickled), str(path), stderr=asyncio.subprocess.PIPE
        )
        _out, said = await process.communicate()
    if process.returncode:
        last = said.decode(errors="replace").strip().splitlines()[-1:]
        raise CACError(_("the report was not written: {why}").format(why="".join(last)))


def _scored(scan: OpenScan) -> ScoredScan:
    session, desk = scan.session, scan.session.desk
    known = bool(session.scores.lesions) or session.review.complete
    return ScoredScan(
        desk.scan, desk.protocol, len(desk.candidates), session.review, session.scores if known else None
    )


def _json(scan: OpenScan) -> str:
    document = as_json(_scored(scan))
    if scan.model.score_distribution is not None:
        document["score_distribution"] = scan.model.score_distribution
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _csv(scan: OpenScan) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerow(table_row(scan.entry.name, as_json(_scored(scan))))
    return text.getvalue()


def _file_name(scan: OpenScan, name: str) -> str:
    """Name of a file, by the number of the scan: names of folders may hold those of patients."""
    return f"scan-{scan.entry.id}-{name}"
