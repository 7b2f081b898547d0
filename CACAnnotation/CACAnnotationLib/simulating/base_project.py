"""The project that a simulation begins with: a cohort, divided between training, validation and test."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from CACScoringLib.errors import CACError
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.whole_files import write_whole

from ..project.adding import ADDED, AddingOptions, add_images
from ..project.project import STORE_NAME, Project
from ..project.project_file import FILE_NAME
from ..project.splitting import split_patients
from ..store.copies import copy_store
from ..store.scan_register import ScanEntry
from ..training.labelled_files import labelled_files
from .truth import ScanTruth

TRUTH_NAME = "truth.json"
SPLIT_SEED = 0
"""All repetitions have the same patients to test on."""


def make_base_project(cohort: Path, folder: Path, validation: float, test: float) -> Project:
    """Make a project of all scans of a cohort that have both label maps, and divide its patients.

    Raises
    ------
    CACError
        If a scan cannot be read, or the cohort has none with truth, or too few for such shares.
    """
    shutil.rmtree(folder, ignore_errors=True)
    project = Project.create(folder)
    truth: dict[str, list[str]] = {}
    with labelled_files(cohort) as found:
        for each in found:
            if each.cac is None or each.car is None:
                continue
            image = each.source.image or each.source.folder
            for added in add_images(project, [image], AddingOptions()):
                if added.scan is None:
                    raise CACError(added.error)
                if added.outcome == ADDED:
                    truth[added.scan.series] = [str(each.cac.resolve()), str(each.car.resolve())]
    if not truth:
        raise CACError(f"no scan below {cohort} has both cac.nrrd and car.nrrd: nothing tells what is true")
    split_patients(project, validation, test, SPLIT_SEED)
    write_whole(folder / TRUTH_NAME, json.dumps(truth, indent=1) + "\n")
    return project


def copy_project(source: Path, folder: Path) -> Project:
    """Copy a project with all its labels; what lies in ``folder`` is replaced."""
    shutil.rmtree(folder, ignore_errors=True)
    copy_store(source / STORE_NAME, folder / STORE_NAME)
    for name in (FILE_NAME, TRUTH_NAME):
        shutil.copyfile(source / name, folder / name)
    return Project.open(folder)


def truths_of(project: Project) -> Callable[[ScanEntry, VolumeGeometry], ScanTruth]:
    """Return what reads the truth of a scan, given its geometry."""
    files = json.loads((project.folder / TRUTH_NAME).read_text(encoding="utf-8"))

    def read(entry: ScanEntry, geometry: VolumeGeometry) -> ScanTruth:
        cac, car = (Path(file) for file in files[entry.series])
        return ScanTruth.read(cac, car, geometry, project.scheme)

    return read
