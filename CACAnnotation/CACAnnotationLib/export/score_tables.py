"""``--format csv``: scores of scans and lesions as tables."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path

from CACScoringLib.scoring.protocol import ScoringProtocol
from CACScoringLib.scoring.scored_scan import ScoredScan, as_json, scored_scan
from CACScoringLib.scoring.scores import LesionScore
from CACScoringLib.scoring.table import COLUMNS, table_row

from .exported_scans import ExportedScan
from .written import Exported

SCANS, LESIONS = "scores.csv", "lesions.csv"
_LESION_COLUMNS = ("scan", *(field.name for field in dataclasses.fields(LesionScore)))


def export_csv(scans: Iterable[ExportedScan], out: Path) -> Iterator[Exported]:
    """Write ``scores.csv``, a row per scan with its review state, and ``lesions.csv``, a row per lesion."""
    with (
        (out / SCANS).open("w", newline="", encoding="utf-8") as scan_file,
        (out / LESIONS).open("w", newline="", encoding="utf-8") as lesion_file,
    ):
        scan_table = csv.DictWriter(scan_file, ("reader", "round", *COLUMNS))
        lesion_table = csv.DictWriter(lesion_file, _LESION_COLUMNS)
        scan_table.writeheader()
        lesion_table.writeheader()
        for scan in scans:
            scored = scored_export(scan)
            row = table_row(scan.name, as_json(scored)) | {
                "patient_key": scan.entry.patient,
                "series_uid": "",
            }
            scan_table.writerow({"reader": scan.reader, "round": scan.round, **row})
            for lesion in scored.scores.lesions if scored.scores else ():
                lesion_table.writerow({"scan": scan.name, **dataclasses.asdict(lesion)})
            labelled = {"cac": int(scan.signed_off.sum())}
            yield Exported(scan.name, scan.reader, scan.round, labelled, (SCANS, LESIONS))


def scored_export(scan: ExportedScan) -> ScoredScan:
    """Score a scan as it was read: what is kept out does not count, the review is that of its slices."""
    protocol = ScoringProtocol(keep_lm_apart="LM" in scan.scheme.names)
    scored = scored_scan(scan.scan, protocol, scan.counted)
    review = scan.review
    known = scored.scores is not None and (review.complete or scored.scores.lesions)
    return dataclasses.replace(scored, review=review, scores=scored.scores if known else None)
