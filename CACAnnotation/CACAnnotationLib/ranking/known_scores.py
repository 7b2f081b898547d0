"""What the slices of a scan that readers have signed off are worth."""

from __future__ import annotations

import hashlib

import numpy as np
from CACScoringLib.schemes import OTHER, label_scheme
from CACScoringLib.scoring.protocol import ScoringProtocol
from CACScoringLib.scoring.slice_scores import slice_agatston

from ..project.project import Project
from ..store.scan_register import ScanEntry
from ..store.settled_labels import settled_labels
from .doubt_file import DoubtFile


def known_agatston(project: Project, entry: ScanEntry, protocol: ScoringProtocol, doubts: DoubtFile) -> float:
    """Return the Agatston score of a scan's slices that are signed off, as they were labelled.

    The scan is read only where these labels were not scored before.

    Raises
    ------
    CACError
        If it has to be read and cannot be.
    """
    settled = settled_labels(project.store, entry.series, entry.shape)
    if settled is None or not settled.signed_off.any():
        return 0.0
    other = np.uint8(label_scheme()[OTHER].value)
    labels = np.where(settled.signed_off[:, None, None], settled.layers["cac"], np.uint8(0))
    labels[(settled.layers["excluded"] > 0) & (labels > 0)] = other
    if not (labels > other).any():
        return 0.0
    digest = hashlib.sha256(f"{protocol}".encode() + labels.tobytes()).hexdigest()
    known = doubts.known_agatston(entry.id, digest)
    if known is None:
        known = float(slice_agatston(project.read_scan(entry), labels, protocol).sum())
        doubts.keep_known_agatston(entry.id, digest, known)
    return known
