"""Projects of small scans whose truth is known, for tests of the simulated reader."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
from CACAnnotationLib.project.project import Project
from CACAnnotationLib.simulating.base_project import make_base_project, truths_of
from CACAnnotationLib.simulating.simulated_reader import SimulatedReader
from CACAnnotationLib.simulating.truth import ScanTruth
from CACAnnotationLib.store.reading_kinds import OWN
from CACAnnotationLib.store.stored_reading import StoredReading
from CACScoringLib.labels.label_map import write_label_map
from CACScoringLib.scans.ct_scan import CTScan
from SimpleITK import WriteImage
from volumes import scan_of

LAD, LCX, RCA = 2, 3, 4


def two_arteries() -> tuple[CTScan, np.ndarray, np.ndarray]:
    """Scan of 3 slices: a lesion of LAD and LCX in two slices that touches bone, one of the RCA, noise."""
    hu = np.full((3, 64, 72), 40, np.int16)
    car = np.ones(hu.shape, np.uint8)
    cac = np.zeros(hu.shape, np.uint8)
    car[:2, 20:30, 20:29], car[:2, 20:30, 29:40] = LAD, LCX
    car[:, 40:47, 50:57] = RCA
    hu[:2, 23:26, 26:33] = 300
    cac[:2, 23:26, 26:29], cac[:2, 23:26, 29:33] = LAD, LCX
    hu[1, 26, 28:31] = 300
    cac[1, 26, 28], cac[1, 26, 29:31] = LCX, LAD
    hu[0, 23:26, 10:26] = 700
    hu[1:, 42:44, 52:55], cac[1:, 42:44, 52:55] = 400, RCA
    hu[2, 10, 10:60:4] = 150
    cac[(hu >= 130) & (cac == 0)] = 1
    return scan_of(hu), cac, car


def write_truth(folder: Path, scan: CTScan, cac: np.ndarray, car: np.ndarray) -> Path:
    """Write a scan and its truth as ``cac phantom`` does."""
    folder.mkdir(parents=True)
    WriteImage(scan.geometry.to_image(scan.values), str(folder / "ct.nrrd"))
    write_label_map(folder / "cac.nrrd", cac, scan.geometry, "cac")
    write_label_map(folder / "car.nrrd", car, scan.geometry, "car")
    return folder


def project_of(cohort: Path, folder: Path) -> Project:
    """Project of a cohort, nobody apart."""
    return make_base_project(cohort, folder, 0.0, 0.0)


def read_all(project: Project, reader: SimulatedReader, **more: object) -> list[StoredReading]:
    """Have every slice of every scan labelled."""
    truth_of = truths_of(project)
    for entry in project.scans:
        scan = project.read_scan(entry)
        truth = truth_of(entry, scan.geometry)
        reader.label(project, entry, scan, range(entry.slices), truth, **more)  # type: ignore[arg-type]
    return [project.store.reading(each.series, each.shape, reader.name, OWN) for each in project.scans]


def truth_in(project: Project, number: int = 0) -> ScanTruth:
    """Truth of a scan of a project."""
    entry = project.scans[number]
    return truths_of(project)(entry, project.read_scan(entry).geometry)


def kinds(reading: StoredReading) -> Counter[str]:
    """How often a reader did what."""
    return Counter(action.kind for action in reading.done)
