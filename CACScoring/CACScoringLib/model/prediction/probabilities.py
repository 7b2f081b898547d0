"""What a network says about every voxel."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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
    arrays = {name: np.zeros(shape, np.float32) for name, shape in array_shapes(model.config, scan).items()}
    found = Probabilities(arrays.get("region"), arrays["lesion"])
    for answers in run.answers(progress, cancelled):
        found.put(answers, run.focus)
    return found


def array_shapes(config: NetworkConfig, scan: CTScan) -> dict[str, tuple[int, int, int, int]]:
    """Shape of ``region``, unless it is a single-task network's, and ``lesion`` for all slices of a scan."""
    slices, rows, columns = scan.geometry.shape
    classes = len(config.region_classes)
    if config.kind == "single_task":
        return {"lesion": (slices, classes, rows, columns)}
    return {"region": (slices, classes, rows, columns), "lesion": (slices, 2, rows, columns)}
