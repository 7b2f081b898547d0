"""Scans with labels to train on, from files or from a project."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np
from CACScoringLib.scans.ct_scan import CTScan
from numpy.typing import NDArray

from .frozen_labels import INDEX_NAME, frozen_scans
from .labelled_files import labelled_files


class LabelledScan(Protocol):
    """A scan with labels; voxels are read when they are asked for."""

    @property
    def name(self) -> str:
        """What messages call it."""

    @property
    def patient(self) -> str:
        """The same for all scans of a patient."""

    @property
    def part(self) -> str | None:
        """``"training"`` or ``"validation"``; None where chance is to decide."""

    @property
    def home(self) -> str:
        """Where it comes from: the data folder, or the project."""

    def stamp(self) -> str:
        """Return what changes whenever its voxels or labels may have changed."""

    def read(self) -> tuple[CTScan, NDArray[np.uint8], NDArray[np.uint8]]:
        """Read the scan and its labels of regions and of calcium, each ``[slice, row, column]``."""


@contextmanager
def labelled_scans(data: Path) -> Iterator[list[LabelledScan]]:
    """Find the labelled scans of a data folder, or of the labels that a run has frozen.

    Raises
    ------
    CACError
        If no scan has labels.
    """
    if (data / INDEX_NAME).is_file():
        yield [*frozen_scans(data)]
    else:
        with labelled_files(data) as found:
            yield [*found]
