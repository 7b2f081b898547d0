"""All slices of a scan at a glance: where the reader stands with each."""

from __future__ import annotations

from typing import Any

import numpy as np
from CACScoringLib.candidates.candidates import Candidates

from ..controls.open_scan import OpenScan
from ..store.slice_status import FLAGGED, IN_WORK, SIGNED_OFF, SKIPPED

_SIGNS = {SIGNED_OFF: "s", FLAGGED: "f", SKIPPED: "k", IN_WORK: "w"}
_WAITING, _NOTHING = "c", "."


class SliceStrip:
    """A letter for each slice; which slices hold candidates is found out once."""

    def __init__(self) -> None:
        self._candidates: Candidates | None = None
        self._holds = np.zeros(0, np.bool_)

    def of(self, scan: OpenScan) -> dict[str, Any]:
        """Return which slice is shown, and a letter for each: status, else ``c`` with candidates or ``.``."""
        desk = scan.session.desk
        if desk.candidates is not self._candidates:
            self._candidates = desk.candidates
            slices, rows, columns = desk.scan.geometry.shape
            counts = np.bincount(desk.candidates.all_voxels // (rows * columns), minlength=slices)
            self._holds = counts > 0
        signs = [
            _SIGNS.get(status.status, _WAITING if holds else _NOTHING)
            for status, holds in zip(desk.reading.slice_status, self._holds, strict=True)
        ]
        return {"here": scan.slice_index, "signs": "".join(signs)}
