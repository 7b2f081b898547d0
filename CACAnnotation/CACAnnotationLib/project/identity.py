"""By what a project knows a scan and its patient again."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.scans.sources import ScanSource

from ..training.patients import PatientTable


def series_of(scan: CTScan) -> str:
    """Return what labels of a scan go by: its DICOM series UID, or a fingerprint of voxels and geometry.

    The fingerprint is that of the CT, not of the file: renamed, moved, compressed or converted, it is the
    same scan, and its labels fit.
    """
    if scan.acquisition.series_uid:
        return scan.acquisition.series_uid
    geometry = scan.geometry
    # Formats round positions differently, in places that are no difference to a label.
    places = np.round([*geometry.spacing_mm, *geometry.origin_lps_mm, *geometry.direction], 3) + 0.0
    digest = hashlib.blake2b(digest_size=16)
    digest.update(repr((geometry.size, places.tolist())).encode())
    digest.update(scan.values.astype("<i2" if scan.values.dtype == np.int16 else "<f4").tobytes())
    return f"image-{digest.hexdigest()}"


class Pseudonyms:
    """Pseudonyms of patients: from ``patients.csv`` beside the scans, DICOM headers, or one for each scan."""

    def __init__(self) -> None:
        self._tables: dict[Path, PatientTable] = {}

    def patient_of(self, source: ScanSource, series: str) -> str:
        """Return the pseudonym of a scan's patient.

        A scan that says nothing is taken for the only one of its patient.

        Raises
        ------
        CACError
            If there is a ``patients.csv`` that is damaged, or that names no patient for this scan.
        """
        if source.root not in self._tables:
            self._tables[source.root] = PatientTable(source.root)
        patient = self._tables[source.root].patient_of(source)
        return f"S-{short_digest(series)}" if patient == source.name else patient


def short_digest(series: str) -> str:
    """Return 12 characters that stand for a series where a UID is too long."""
    return hashlib.blake2b(series.encode(), digest_size=6).hexdigest()
