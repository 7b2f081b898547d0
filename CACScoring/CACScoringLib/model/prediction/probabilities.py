"""What a network says about every voxel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import CACError
from ...scans.ct_scan import CTScan
from ..configuration import NetworkConfig
from ..store import Model
from .engines import Device
from .focus import Focus
from .slices import Precision, SliceAnswers, SliceProgress, slice_pass


class Probabilities(NamedTuple):
    """Probabilities on the scan's own grid, float32 ``[slice, class, row, column]``.

    ``region`` follows ``NetworkConfig.region_classes`` and is None for a single-task network. ``lesion`` is
    OTHER and CAC; for a single-task network it has the classes of a region. Both are 0 where
    ``precision="focused"`` did not look.
    """

    region: NDArray[np.float32] | None
    lesion: NDArray[np.float32]

    def put(self, answers: SliceAnswers, focus: Focus) -> None:
        """Fill in what a pass answered for some slices of its focus."""
        place = (answers.slices, slice(None), focus.rows, focus.columns)
        if self.region is not None:
            self.region[place] = answers.region
        self.lesion[place] = answers.lesion

    def write(self, path: Path) -> None:
        """Write ``region`` (where there is one) and ``lesion`` to a NumPy archive; the whole file or none."""
        partial = path.with_name(f".partial-{path.name}")
        arrays = {"lesion": self.lesion} if self.region is None else self._asdict()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as file:
                np.savez(file, **arrays)
            partial.replace(path)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise CACError(f"cannot write {path}: {error.strerror or error}") from error


def probabilities(
    model: Model,
    scan: CTScan,
    precision: Precision = "exact",
    device: Device = "auto",
    *,
    progress: SliceProgress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Probabilities:
    """Compute the probabilities of all voxels.

    Parameters
    ----------
    model
        The network.
    scan
        The scan.
    precision
        ``"exact"`` is within 1e-5 of the network run plainly, slice by slice, in float32.
    device
        ``"auto"``, ``"cpu"`` or ``"cuda"``.
    progress, cancelled
        See :meth:`SlicePass.answers`.

    Raises
    ------
    CACError
        If the device does not exist, memory does not suffice, or the caller cancelled.
    """
    run = slice_pass(model, scan, precision, device)
    found = empty_probabilities(model.config, scan)
    for answers in run.answers(progress, cancelled):
        found.put(answers, run.focus)
    return found


def empty_probabilities(config: NetworkConfig, scan: CTScan) -> Probabilities:
    """Return arrays of 0 that :meth:`Probabilities.put` fills.

    Raises
    ------
    CACError
        If memory does not suffice.
    """
    slices, rows, columns = scan.geometry.shape
    classes = len(config.region_classes)
    single = config.kind == "single_task"
    try:
        region = None if single else np.zeros((slices, classes, rows, columns), np.float32)
        return Probabilities(region, np.zeros((slices, classes if single else 2, rows, columns), np.float32))
    except MemoryError as error:
        raise CACError(
            f"there is not enough memory for the probabilities of {slices} slices of {columns} x {rows}; "
            "predict without --probabilities"
        ) from error
