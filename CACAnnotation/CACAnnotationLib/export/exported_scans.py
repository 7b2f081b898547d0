"""What of a project is exported: scans with the labels that count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from CACScoringLib.errors import CACError
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.schemes import OTHER, LabelScheme, label_scheme
from CACScoringLib.scoring.review import ReviewState
from numpy.typing import NDArray

from ..project.project import Project
from ..store.scan_register import ScanEntry
from ..store.settled_labels import EVERYBODY, ReadingChoice, SettledLabels, settled_labels


@dataclass(frozen=True, eq=False)
class ExportedScan:
    """A scan and the labels that are exported with it.

    Parameters
    ----------
    name
        File names begin with it: pseudonym of the patient and number of the scan, unless asked otherwise.
    project, entry, scan
        The project, the scan in it, and as it was read.
    pseudonym
        What files may call the patient; None where they may say what DICOM headers say.
    reader, round
        Whose labels these are, and of which reading; several are joined by ``+``.
    scheme
        Labels of the project.
    cac, car
        Label maps ``[slice, row, column]``.
    excluded
        Above 0 where a lesion is kept out of the score, same shape.
    origin
        Who made each label: bits of :mod:`~CACAnnotationLib.session.origins`, same shape.
    signed_off
        Which slices were signed off: in these what has no label is none.
    """

    name: str
    project: Project
    entry: ScanEntry
    scan: CTScan
    pseudonym: str | None
    reader: str
    round: str
    scheme: LabelScheme
    cac: NDArray[np.uint8]
    car: NDArray[np.uint8]
    excluded: NDArray[np.uint8]
    origin: NDArray[np.uint8]
    signed_off: NDArray[np.bool_]

    @property
    def counted(self) -> NDArray[np.uint8]:
        """Calcium as it is scored: what is kept out of the score is OTHER."""
        other = np.uint8(label_scheme()[OTHER].value)
        return np.where((self.excluded > 0) & (self.cac > 0), other, self.cac)

    @property
    def review(self) -> ReviewState:
        """How many slices are signed off."""
        return ReviewState(self.signed_off.size, int(self.signed_off.sum()))

    @property
    def labelled(self) -> dict[str, int]:
        """Slices whose labels are whole: signed off for calcium, with regions for regions."""
        return {"cac": int(self.signed_off.sum()), "car": int(self.has_regions.sum())}

    @property
    def has_regions(self) -> NDArray[np.bool_]:
        """Which slices have any region label."""
        return np.asarray(self.car.any(axis=(1, 2)))


@dataclass(frozen=True)
class ExportChoice:
    """Which labels to export, and what files may say.

    Parameters
    ----------
    reading
        Whose labels may count.
    identified
        Name files after the scans' own names instead of pseudonyms.
    """

    reading: ReadingChoice = EVERYBODY
    identified: bool = False


def exported_scans(project: Project, choice: ExportChoice) -> Iterator[ExportedScan]:
    """Read the labelled scans of a project one by one; scans without labels are left out.

    Raises
    ------
    CACError
        If nothing is labelled, or a scan cannot be read.
    """
    some = False
    for entry in project.scans:
        settled = settled_labels(project.store, entry.series, entry.shape, choice.reading)
        if settled is not None:
            some = True
            yield _exported(project, entry, settled, choice)
    if not some:
        of = f" by {choice.reading.reader}" if choice.reading.reader else ""
        raise CACError(f"nothing is labelled{of} in {project.folder}: there is nothing to export")


def _exported(
    project: Project, entry: ScanEntry, settled: SettledLabels, choice: ExportChoice
) -> ExportedScan:
    pseudonymous, identified = exported_names(entry)
    layers = settled.layers
    return ExportedScan(
        identified if choice.identified else pseudonymous,
        project,
        entry,
        project.read_scan(entry),
        None if choice.identified else entry.patient,
        "+".join(settled.readers),
        "+".join(map(str, settled.rounds)),
        project.scheme,
        layers["cac"],
        layers["car"],
        layers["excluded"],
        layers["origin"],
        settled.signed_off,
    )


def exported_names(entry: ScanEntry) -> tuple[str, str]:
    """Return what files of a scan are called, under the patient's pseudonym and under its own name."""
    pseudonymous, identified = (f"{_file_name(each)}-{entry.id:04d}" for each in (entry.patient, entry.name))
    return pseudonymous, identified


def _file_name(name: str) -> str:
    kept = "".join(each if each.isalnum() or each in "-_" else "_" for each in name)
    return kept[:80].strip("_") or "scan"
