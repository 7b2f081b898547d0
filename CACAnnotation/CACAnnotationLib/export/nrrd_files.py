"""``--format nrrd``: files as the labelling tool of MTAL's authors names them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from CACScoringLib.labels.label_map import write_label_map

from ..training.patients import PATIENTS_NAME
from .exported_scans import ExportedScan
from .written import Exported, write_image


def export_nrrd(scans: Iterable[ExportedScan], out: Path) -> Iterator[Exported]:
    """Write ``<scan>.mhd``, ``<scan>-label.nrrd`` (regions) and ``<scan>-label-lesion.nrrd`` (calcium).

    ``patients.csv`` says which scans are of one patient; ``cac train`` reads the folder as it is. Slices that
    were not looked at are 0.
    """
    with (out / PATIENTS_NAME).open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(("scan", "patient"))
        for scan in scans:
            geometry = scan.scan.geometry
            write_image(out / f"{scan.name}.mhd", scan.scan.values, geometry)
            write_label_map(out / f"{scan.name}-label.nrrd", scan.car, geometry, "car")
            write_label_map(out / f"{scan.name}-label-lesion.nrrd", scan.cac, geometry, "cac")
            table.writerow((scan.name, scan.entry.patient))
            file.flush()
            names = (f"{scan.name}.mhd", f"{scan.name}-label.nrrd", f"{scan.name}-label-lesion.nrrd")
            yield Exported(scan.name, scan.reader, scan.round, scan.labelled, names)
