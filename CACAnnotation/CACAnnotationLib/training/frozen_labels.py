"""Labels of a project as they were when a run began: readers go on, and the run knows what it learnt from."""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from CACScoringLib.errors import CACError, os_reason
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.whole_files import write_whole
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ..project.project import Project
    from ..store.scan_register import ScanEntry

INDEX_NAME = "labels.json"
PROJECT_FILE = "project.toml"
"""A folder with it is a project; its package is not imported to tell, as it needs SQLAlchemy."""


def frozen(project_folder: Path, folder: Path) -> Path:
    """Freeze the signed-off slices of a project, unless that was done before; returns the folder.

    Patients of the test part are left out.

    Parameters
    ----------
    project_folder
        Folder of the project.
    folder
        Gets ``labels.json``, which is written last, and a file for each scan.

    Raises
    ------
    CACError
        If no slice is signed off, or the disk is full.
    """
    if (folder / INDEX_NAME).is_file():
        return folder
    from ..project.project import Project
    from ..store.parts import TEST, TRAINING, parts_of_patients
    from ..store.settled_labels import settled_labels

    project = Project.open(project_folder)
    parts = parts_of_patients(project.store)
    scans = []
    for entry in project.scans:
        part = parts.get(entry.patient, TRAINING if parts else None)
        settled = None if part == TEST else settled_labels(project.store, entry.series, entry.shape)
        if settled is not None and settled.signed_off.any():
            slices = np.flatnonzero(settled.signed_off)
            cac, car = (settled.layers[name][slices] for name in ("cac", "car"))
            file = f"scan-{entry.id:05d}.npz"
            content = io.BytesIO()
            np.savez_compressed(content, slices=slices, cac=cac, car=car)
            write_whole(folder / file, content.getvalue())
            facts = {"file": file, "part": part, "slices": slices.size, "readers": settled.readers}
            scans.append({"series": entry.series, "patient": entry.patient, **facts})
    if not scans:
        raise CACError(f"no slice of {project_folder} is signed off: there is nothing to learn from yet")
    document = {"project": str(project.folder), "scans": scans}
    write_whole(folder / INDEX_NAME, json.dumps(document, indent=1) + "\n")
    return folder


def frozen_counts(folder: Path) -> Counter[str]:
    """Number of frozen slices by part of their patients."""
    counts = Counter[str]()
    for scan in _index(folder)["scans"]:
        counts[scan["part"]] += scan["slices"]
    return counts


def frozen_scans(folder: Path) -> Iterator[FrozenScan]:
    """Scans of frozen labels.

    Raises
    ------
    CACError
        If the folder is damaged, or the project is gone or lacks a scan.
    """
    from ..project.project import Project

    document = _index(folder)
    project = Project.open(document["project"])
    entries = {entry.series: entry for entry in project.scans}
    for scan in document["scans"]:
        if scan["series"] not in entries:
            raise CACError(
                f"{project.folder} has no scan {scan['series']} any more, whose labels are to be learnt"
            )
        yield FrozenScan(project, entries[scan["series"]], folder / scan["file"], scan["part"])


@dataclass(frozen=True, eq=False)
class FrozenScan:
    """A scan of a project and its frozen labels.

    Parameters
    ----------
    project, entry
        The project, and the scan in it.
    file
        Its frozen labels.
    part
        Of its patient; None where the project is not split.
    """

    project: Project
    entry: ScanEntry
    file: Path
    part: str | None

    @property
    def name(self) -> str:
        """Number of the scan and the pseudonym of its patient."""
        return f"{self.entry.id:05d} {self.patient}"

    @property
    def patient(self) -> str:
        """Pseudonym of the patient."""
        return self.entry.patient

    @property
    def home(self) -> str:
        """The project."""
        return str(self.project.folder)

    def stamp(self) -> str:
        """Digest of the series and of its labels."""
        return hashlib.sha256(self.entry.series.encode() + self.file.read_bytes()).hexdigest()

    def read(self) -> tuple[CTScan, NDArray[np.uint8], NDArray[np.uint8]]:
        """Read the scan and its labels of regions and of calcium, 0 where a slice is not signed off."""
        scan = self.project.read_scan(self.entry)
        car, cac = np.zeros((2, *scan.geometry.shape), np.uint8)
        with np.load(self.file) as labels:
            car[labels["slices"]], cac[labels["slices"]] = labels["car"], labels["cac"]
        return scan, car, cac


def _index(folder: Path) -> dict[str, Any]:
    path = folder / INDEX_NAME
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CACError(f"cannot read {path}: {os_reason(error)}") from error
    except ValueError as error:
        raise CACError(f"{path} is damaged; start a new folder") from error
    return document
